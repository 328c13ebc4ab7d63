// The fuzz target of the TFLite importer: compiled by Scripts/fuzz together with the importers.
import NetworkGraph

@testable import ModelFiles

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTFLite(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let content = Array(UnsafeBufferPointer(start: bytes, count: count))
    if let network = try? Network(tflite: content) { runFuzzed(network) }
    let files = PackedFiles(ByteSlice(ByteStorage(content)))
    _ = try? files.content(of: "imagenet_labels.txt")
    if let metadata = try? UltralyticsMetadata(files) { _ = (metadata.image, metadata.labels) }
    return 0
}
