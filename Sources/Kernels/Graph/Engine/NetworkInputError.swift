// What a caller can feed wrongly to a network, found before an engine touches it.

/// Inputs that a network cannot take: which input node, and why.
public struct NetworkInputError: Error, CustomStringConvertible {
    /// Name of the network.
    public let network: String
    /// Name of the input node, nil if the number of inputs is wrong.
    public let node: String?
    public let reason: String

    public init(network: String, node: String?, reason: String) {
        (self.network, self.node, self.reason) = (network, node, reason)
    }

    public var description: String {
        "network '\(network)'" + (node.map { ", input '\($0)'" } ?? "") + ": \(reason)"
    }
}

extension Network {
    /// Checks what is fed to a run; every engine calls it first.
    /// - Throws: where the number of inputs, a kind, a shape or a number of frames is not what the network takes.
    package func check(_ given: [NetworkInput]) throws(NetworkInputError) {
        guard given.count == inputs.count else {
            throw NetworkInputError(
                network: name, node: nil, reason: "takes \(inputs.count) inputs, got \(given.count)")
        }
        for (id, input) in zip(inputs, given) {
            if let reason = mismatch(nodes[id], input) {
                throw NetworkInputError(network: name, node: nodes[id].name, reason: reason)
            }
        }
    }

    /// Checks the tensors that a run writes to; every engine calls it first.
    /// - Throws: where they are not one an output, of its shape, as `makeOutputs()` gives them.
    package func check(outputs tensors: [Tensor]) throws(NetworkInputError) {
        guard tensors.count == outputs.count else {
            throw NetworkInputError(
                network: name, node: nil,
                reason: "gives \(outputs.count) outputs, and \(tensors.count) tensors are for them")
        }
        for (id, tensor) in zip(outputs, tensors) where tensor.shape != nodes[id].shape {
            throw NetworkInputError(
                network: name, node: nil,
                reason: "output '\(nodes[id].name)' is \(nodes[id].shape), and the tensor for it \(tensor.shape)")
        }
    }

    private func mismatch(_ node: Node, _ input: NetworkInput) -> String? {
        switch (node.operation, input) {
        case (.image(let image), .images(let frames)):
            frames.count == image.batch ? nil : "takes \(image.batch) frames, got \(frames.count)"
        case (.tensor(let shape), .tensor(let tensor)):
            tensor.shape == shape ? nil : "takes \(shape), got \(tensor.shape)"
        case (.image, _): "takes frames, got a tensor"
        default: "takes a tensor, got frames"
        }
    }
}
