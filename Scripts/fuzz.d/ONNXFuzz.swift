// The fuzz target of the ONNX importer: compiled by Scripts/fuzz together with the importers.
import ModelFiles
import NetworkGraph

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzONNX(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    if let network = try? Network(onnx: Array(UnsafeBufferPointer(start: bytes, count: count))) {
        runFuzzed(network)
    }
    return 0
}
