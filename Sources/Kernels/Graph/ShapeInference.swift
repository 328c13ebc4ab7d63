// Which inputs an operation takes, and the shape of what it gives.

/// Why an operation can't take its inputs; `Network.append` adds the node's name.
struct ShapeMismatch: Error {
    let reason: String
}

extension Operation {
    /// The shape of the output for inputs of these shapes.
    func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
        try checkCount(inputs)
        switch self {
        case .image(let image): return [image.batch, 3, image.height, image.width]
        case .tensor(let shape): return shape
        case .convolution(let convolution):
            let input = try featureMap(inputs[0])
            guard input.channels == convolution.inputChannels else {
                throw ShapeMismatch(
                    reason: "weights are for \(convolution.inputChannels) channels, the input has \(input.channels)")
            }
            let size = try windowed(convolution.window, inputs[0])
            return [input.batch, convolution.outputChannels, size.height, size.width]
        case .pooling(let pooling):
            let input = try featureMap(inputs[0])
            let size = try windowed(pooling.window, inputs[0])
            let (window, padding) = (pooling.window, pooling.window.padding)
            // Otherwise a window could lie in the padding alone, and hold nothing to pool.
            guard max(padding.top, padding.bottom) < window.height, max(padding.left, padding.right) < window.width
            else { throw ShapeMismatch(reason: "padding as large as the pooling window") }
            return [input.batch, input.channels, size.height, size.width]
        case .globalAveragePooling:
            let input = try featureMap(inputs[0])
            return [input.batch, input.channels, 1, 1]
        case .fullyConnected(let layer):
            let features = inputs[0].count / inputs[0][0]
            guard layer.weights.shape[1] == features else {
                throw ShapeMismatch(
                    reason: "weights are for \(layer.weights.shape[1]) features, the input has \(features)")
            }
            return [inputs[0][0], layer.weights.shape[0]]
        case .concatenation:
            let first = inputs[0].extents
            guard first.count >= 2 else { throw ShapeMismatch(reason: "\(inputs[0]) has no channel axis") }
            var channels = 0
            for input in inputs {
                var expected = first
                expected[1] = input.rank > 1 ? input[1] : 0
                guard input.extents == expected else {
                    throw ShapeMismatch(reason: "cannot join \(inputs[0]) and \(input) along the channels")
                }
                channels += input[1]
            }
            var extents = first
            extents[1] = channels
            return Shape(extents)
        case .addition:
            guard inputs[0] == inputs[1] else {
                throw ShapeMismatch(reason: "cannot add \(inputs[0]) and \(inputs[1])")
            }
            return inputs[0]
        case .softmax:
            guard inputs[0].rank == 2 || inputs[0].rank == 4 else {
                throw ShapeMismatch(reason: "\(inputs[0]) has no channel axis")
            }
            return inputs[0]
        case .activation: return inputs[0]
        }
    }

    private func checkCount(_ inputs: [Shape]) throws(ShapeMismatch) {
        let fits =
            switch self {
            case .image, .tensor: inputs.isEmpty
            case .concatenation: !inputs.isEmpty
            case .addition: inputs.count == 2
            default: inputs.count == 1
            }
        guard fits else { throw ShapeMismatch(reason: "\(name) does not take \(inputs.count) inputs") }
    }

    private func featureMap(_ shape: Shape) throws(ShapeMismatch) -> (batch: Int, channels: Int) {
        guard shape.rank == 4 else { throw ShapeMismatch(reason: "\(name) needs N×C×H×W, got \(shape)") }
        return (shape[0], shape[1])
    }

    private func windowed(_ window: Window, _ shape: Shape) throws(ShapeMismatch) -> (height: Int, width: Int) {
        let padding = window.padding
        guard min(padding.top, padding.left, padding.bottom, padding.right) >= 0 else {
            throw ShapeMismatch(reason: "negative padding")
        }
        guard let size = window.outputSize(height: shape[2], width: shape[3]) else {
            throw ShapeMismatch(reason: "a \(window.height)×\(window.width) window does not fit in \(shape)")
        }
        return size
    }
}
