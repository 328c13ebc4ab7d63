// What several built-in networks are made of beside plain layers. Part of a value type.

extension NetworkBuilder {
    /// A convolution of each channel by itself and one across channels, with nothing between them.
    /// - Parameter gain: scales the weights of the second.
    mutating func separable(
        _ name: String, _ input: Network.NodeID, outputs: Int, kernel: Int, stride: Int = 1, edges: Edges = .same,
        activation: Activation = .identity, gain: Float = .behindLinear
    ) -> Network.NodeID {
        let each = depthwise(
            "\(name)/depthwise", input, kernel: kernel, stride: stride, edges: edges, activation: .identity)
        return convolution(
            "\(name)/pointwise", each, outputs: outputs, kernel: 1, activation: activation, gain: gain)
    }

    /// MobileNet v2's block: channels are multiplied by a 1×1 convolution, filtered each by itself, and reduced by a
    /// linear 1×1 convolution; with the input added, where it has the result's shape.
    mutating func invertedResidual(
        _ name: String, _ input: Network.NodeID, outputs: Int, expansion: Int, kernel: Int, stride: Int,
        activation: Activation
    ) -> Network.NodeID {
        let channels = shape(input)[1]
        let adds = stride == 1 && channels == outputs
        var last = input
        if expansion > 1 {
            // The block in front ends without an activation: nothing halves the squares of what comes in.
            last = convolution(
                "\(name)/expand", last, outputs: expansion * channels, kernel: 1, activation: activation,
                gain: .behindLinear)
        }
        last = depthwise(
            "\(name)/depthwise", last, kernel: kernel, stride: stride, edges: .pad(kernel / 2), activation: activation)
        // Small branches: with whole ones, each block would double the variance of what runs through.
        last = convolution(
            "\(name)/project", last, outputs: outputs, kernel: 1, activation: .identity, gain: adds ? 0.5 : 1)
        return adds ? addition("\(name)/sum", input, last) : last
    }

    /// Some of the channels, in an order.
    mutating func channels(_ name: String, _ input: Network.NodeID, _ indices: [Int]) -> Network.NodeID {
        append(.gather(axis: 1, indices: indices), [input], name)
    }

    /// Ends a network for ImageNet: each channel's mean, a fully connected layer, probabilities.
    mutating func classifier(_ input: Network.NodeID) {
        let means = globalAveragePooling("pool", input)
        // Half-size logits, so that no class takes all of the softmax.
        softmax(fullyConnected("fc", means, outputs: 1000, gain: 0.5))
    }
}
