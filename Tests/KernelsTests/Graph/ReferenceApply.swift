// What tests of the reference engine share.
import Kernels

/// Runs one operation over tensors in the reference engine.
func apply(_ operation: Operation, _ inputs: Tensor...) throws -> Tensor {
    var network = Network(name: "one node")
    let ids = try inputs.map { tensor throws(NetworkError) in try network.append(.tensor(tensor.shape)) }
    network.setOutputs(try network.append(operation, ids))
    var outputs = network.makeOutputs()
    try ReferenceEngine().compile(network).makeContext().run(inputs.map(NetworkInput.tensor), into: &outputs)
    return outputs[0]
}
