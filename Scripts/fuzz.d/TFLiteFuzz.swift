// The fuzz target of the TFLite importer: compiled by Scripts/fuzz together with the importers.
import NetworkGraph

@testable import ModelFiles

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTFLite(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let content = Array(UnsafeBufferPointer(start: bytes, count: count))
    if let network = try? Network(tflite: content) { runFuzzed(network) }
    _ = try? PackedFiles(ByteSlice(ByteStorage(content))).content(of: "imagenet_labels.txt")
    return 0
}
