// The fuzz target of the ONNX importer: compiled by Scripts/fuzz together with the importer's sources.

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzONNX(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard let network = try? Network(onnx: Array(UnsafeBufferPointer(start: bytes, count: count))) else { return 0 }
    let work = network.nodes.reduce(0) { sum, node in
        let (total, overflow) = sum.addingReportingOverflow(
            node.operation.work(node.inputs.map { network.nodes[$0].shape }, node.shape))
        return overflow ? .max : total
    }
    guard work < 100_000 else { return 0 }
    var outputs = network.makeOutputs()
    let inputs = network.inputs.map { NetworkInput.tensor(Tensor(zeros: network.nodes[$0].shape)) }
    do {
        try ReferenceEngine().compile(network).makeContext().run(inputs, into: &outputs)
    } catch {
        fatalError("an imported network does not run: \(error)")
    }
    return 0
}
