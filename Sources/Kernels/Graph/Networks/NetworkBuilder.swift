// Writes built-in networks down layer by layer. A value type, used on any thread.

/// Appends layers with random weights, knowing shapes so that a definition states only what the paper states.
/// A definition that doesn't fit together is a bug, so it traps.
struct NetworkBuilder {
    /// How a sliding window treats the edges of its input.
    enum Edges {
        case pad(Int)
        /// TensorFlow's SAME.
        case same
        /// No padding, but the far edge hangs over where windows don't divide it (pooling in Caffe and PyTorch).
        case ceil
    }

    private(set) var network: Network
    private let random: RandomWeights

    init(name: String, seed: UInt64 = 1) {
        network = Network(name: name)
        random = RandomWeights(seed: seed)
    }

    mutating func image(_ input: ImageInput) -> Network.NodeID { append(.image(input), [], "image") }

    /// - Parameter gain: scales the weights.
    mutating func convolution(
        _ name: String, _ input: Network.NodeID, outputs: Int, kernel: Int, stride: Int = 1, edges: Edges = .pad(0),
        groups: Int = 1, activation: Activation = .relu, gain: Float = 1
    ) -> Network.NodeID {
        let weights = random.weights([outputs, shape(input)[1] / groups, kernel, kernel], layer: name, gain: gain)
        let layer = Convolution(
            weights: weights, bias: random.bias(outputs, layer: name), window: window(input, kernel, stride, edges),
            groups: groups, activation: activation)
        return append(.convolution(layer), [input], name)
    }

    /// A filter of its own for each channel.
    mutating func depthwise(
        _ name: String, _ input: Network.NodeID, kernel: Int, stride: Int = 1, edges: Edges,
        activation: Activation = .relu
    ) -> Network.NodeID {
        let channels = shape(input)[1]
        return convolution(
            name, input, outputs: channels, kernel: kernel, stride: stride, edges: edges, groups: channels,
            activation: activation)
    }

    mutating func pooling(
        _ name: String, _ input: Network.NodeID, _ kind: Pooling.Kind = .maximum, kernel: Int, stride: Int,
        edges: Edges = .pad(0)
    ) -> Network.NodeID {
        append(.pooling(Pooling(kind, window: window(input, kernel, stride, edges))), [input], name)
    }

    mutating func globalAveragePooling(_ name: String, _ input: Network.NodeID) -> Network.NodeID {
        append(.globalAveragePooling, [input], name)
    }

    /// - Parameter gain: scales the weights.
    mutating func fullyConnected(
        _ name: String, _ input: Network.NodeID, outputs: Int, activation: Activation = .identity, gain: Float = 1
    ) -> Network.NodeID {
        let features = shape(input).count / shape(input)[0]
        let layer = FullyConnected(
            weights: random.weights([outputs, features], layer: name, gain: gain),
            bias: random.bias(outputs, layer: name), activation: activation)
        return append(.fullyConnected(layer), [input], name)
    }

    mutating func addition(
        _ name: String, _ a: Network.NodeID, _ b: Network.NodeID, activation: Activation
    ) -> Network.NodeID {
        append(.addition(activation), [a, b], name)
    }

    mutating func concatenation(_ name: String, _ inputs: Network.NodeID...) -> Network.NodeID {
        append(.concatenation(), inputs, name)
    }

    /// Ends a classifier: probabilities out.
    mutating func softmax(_ input: Network.NodeID) -> Network {
        network.setOutputs(append(.softmax(), [input], "softmax"))
        return network
    }

    private func shape(_ node: Network.NodeID) -> Shape { network.nodes[node].shape }

    private func window(_ input: Network.NodeID, _ kernel: Int, _ stride: Int, _ edges: Edges) -> Window {
        let (_, _, height, width) = shape(input).nchw
        let padding =
            switch edges {
            case .pad(let all): Padding(all)
            case .same:
                Padding.same(height: height, width: width, kernelHeight: kernel, kernelWidth: kernel, stride: stride)
            case .ceil:
                Padding.none.roundingUp(
                    height: height, width: width, kernelHeight: kernel, kernelWidth: kernel, stride: stride)
            }
        return Window(height: kernel, width: kernel, stride: stride, padding: padding)
    }

    private mutating func append(_ operation: Operation, _ inputs: [Network.NodeID], _ name: String) -> Network.NodeID {
        do {
            return try network.append(operation, inputs, name: name)
        } catch {
            preconditionFailure("built-in network '\(network.name)': \(error)")
        }
    }
}
