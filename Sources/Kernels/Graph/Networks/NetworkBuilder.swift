// Writes built-in networks down layer by layer. A value type, used on any thread.

/// Appends layers, knowing shapes so that a definition states only what the paper states.
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

    /// How a picture's bytes become values.
    enum Normalization {
        /// By the mean and standard deviation of ImageNet's training pictures, as torchvision's models take them.
        case imageNet
        /// From −1 to 1.
        case symmetric
        /// One channel, from −1 to 1.
        case grey

        fileprivate var parameters: (mean: [Float], deviation: [Float]) {
            switch self {
            case .imageNet: ([123.675, 116.28, 103.53], [58.395, 57.12, 57.375])
            case .symmetric: ([127.5, 127.5, 127.5], [127.5, 127.5, 127.5])
            case .grey: ([127.5], [127.5])
            }
        }
    }

    private(set) var network: Network
    private let batch: Int
    private let side: Int?
    private let random: RandomWeights?

    /// - Parameters:
    ///   - side: the pictures' height and width, if not those of the definition.
    ///   - weights: nil for zeros, which take no time to draw.
    init(name: String, batch: Int, side: Int?, weights: RandomWeights?) {
        network = Network(name: name)
        (self.batch, self.side, random) = (batch, side, weights)
    }

    /// The network's input: square pictures.
    mutating func picture(side: Int, _ normalization: Normalization) -> Network.NodeID {
        let side = self.side ?? side
        let (mean, deviation) = normalization.parameters
        let input = ImageInput(
            batch: batch, height: side, width: side, channels: mean.count == 1 ? .grey : .rgb, mean: mean,
            scale: deviation.map { 1 / $0 })
        return append(.image(input), [], "image")
    }

    /// - Parameters:
    ///   - height: the kernel's.
    ///   - width: the same as its height, if left out.
    ///   - gain: scales the weights.
    mutating func convolution(
        _ name: String, _ input: Network.NodeID, outputs: Int, kernel height: Int, by width: Int? = nil,
        stride: Int = 1, edges: Edges = .pad(0), groups: Int = 1, activation: Activation = .relu, gain: Float = 1
    ) -> Network.NodeID {
        let window = window(input, (height, width ?? height), stride, edges)
        let weights = weights([outputs, shape(input)[1] / groups, window.height, window.width], name, gain)
        let layer = Convolution(
            weights: weights, bias: bias(outputs, name), window: window, groups: groups, activation: activation)
        return append(.convolution(layer), [input], name)
    }

    /// A filter of its own for each channel.
    mutating func depthwise(
        _ name: String, _ input: Network.NodeID, kernel: Int, stride: Int = 1, edges: Edges = .pad(0),
        activation: Activation = .relu
    ) -> Network.NodeID {
        let channels = shape(input)[1]
        return convolution(
            name, input, outputs: channels, kernel: kernel, stride: stride, edges: edges, groups: channels,
            activation: activation)
    }

    /// - Parameter countsPadding: whether padding counts for the mean.
    mutating func pooling(
        _ name: String, _ input: Network.NodeID, _ kind: Pooling.Kind = .maximum, kernel: Int, stride: Int,
        edges: Edges = .pad(0), countsPadding: Bool = false
    ) -> Network.NodeID {
        let window = window(input, (kernel, kernel), stride, edges)
        return append(.pooling(Pooling(kind, window: window, countsPadding: countsPadding)), [input], name)
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
            weights: weights([outputs, features], name, gain), bias: bias(outputs, name), activation: activation)
        return append(.fullyConnected(layer), [input], name)
    }

    mutating func addition(
        _ name: String, _ a: Network.NodeID, _ b: Network.NodeID, activation: Activation = .identity
    ) -> Network.NodeID {
        append(.addition(activation), [a, b], name)
    }

    mutating func concatenation(_ name: String, _ inputs: Network.NodeID...) -> Network.NodeID {
        append(.concatenation(), inputs, name)
    }

    mutating func relu(_ name: String, _ input: Network.NodeID) -> Network.NodeID {
        append(.activation(.relu), [input], name)
    }

    /// Ends a classifier: probabilities out.
    mutating func softmax(_ input: Network.NodeID) {
        network.setOutputs(append(.softmax(), [input], "softmax"))
    }

    func shape(_ node: Network.NodeID) -> Shape { network.nodes[node].shape }

    mutating func append(_ operation: Operation, _ inputs: [Network.NodeID], _ name: String) -> Network.NodeID {
        do {
            return try network.append(operation, inputs, name: name)
        } catch {
            preconditionFailure("built-in network '\(network.name)': \(error)")
        }
    }

    private func weights(_ shape: Shape, _ layer: String, _ gain: Float) -> Tensor {
        random?.weights(shape, layer: layer, gain: gain) ?? Tensor(zeros: shape)
    }

    private func bias(_ count: Int, _ layer: String) -> [Float] {
        random?.bias(count, layer: layer) ?? [Float](repeating: 0, count: count)
    }

    private func window(
        _ input: Network.NodeID, _ kernel: (height: Int, width: Int), _ stride: Int, _ edges: Edges
    ) -> Window {
        let (_, _, height, width) = shape(input).nchw
        let padding =
            switch edges {
            case .pad(let all): Padding(all)
            case .same:
                Padding.same(
                    height: height, width: width, kernelHeight: kernel.height, kernelWidth: kernel.width,
                    stride: stride)
            case .ceil:
                Padding.none.roundingUp(
                    height: height, width: width, kernelHeight: kernel.height, kernelWidth: kernel.width,
                    stride: stride)
            }
        return Window(height: kernel.height, width: kernel.width, stride: stride, padding: padding)
    }
}
