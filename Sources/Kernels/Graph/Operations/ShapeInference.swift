// Which inputs an operation takes, and the shape of what it gives.

/// Why an operation can't take its inputs; `Network.append` adds the node's name.
package struct ShapeMismatch: Error {
    package let reason: String
}

extension Operation {
    /// The shape of the output for inputs of these shapes.
    package func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
        try checkCount(inputs)
        switch self {
        case .image(let image): return image.shape
        case .tensor(let shape): return shape
        case .constant(let tensor): return tensor.shape
        case .convolution(let convolution):
            let input = try featureMap(inputs[0])
            guard input.channels == convolution.inputChannels else {
                throw ShapeMismatch(
                    reason: "weights are for \(convolution.inputChannels) channels, the input has \(input.channels)")
            }
            let size = try windowed(convolution.window, inputs[0])
            return try checked([input.batch, convolution.outputChannels, size.height, size.width])
        case .pooling(let pooling):
            let input = try featureMap(inputs[0])
            let size = try windowed(pooling.window, inputs[0])
            guard Self.holdsInput(pooling.window.rows, size.height, inputs[0][2]),
                Self.holdsInput(pooling.window.columns, size.width, inputs[0][3])
            else { throw ShapeMismatch(reason: "a pooling window lies in the padding alone") }
            return try checked([input.batch, input.channels, size.height, size.width])
        case .globalAveragePooling:
            let input = try featureMap(inputs[0])
            return [input.batch, input.channels, 1, 1]
        case .fullyConnected(let layer):
            guard inputs[0].rank > 0 else { throw ShapeMismatch(reason: "a scalar has no features") }
            let features = inputs[0].count / inputs[0][0]
            guard layer.weights.shape[1] == features else {
                throw ShapeMismatch(
                    reason: "weights are for \(layer.weights.shape[1]) features, the input has \(features)")
            }
            return try checked([inputs[0][0], layer.weights.shape[0]])
        case .concatenation(let axis): return try joined(inputs, axis)
        case .addition:
            guard inputs[0] == inputs[1] else {
                throw ShapeMismatch(reason: "cannot add \(inputs[0]) and \(inputs[1])")
            }
            return inputs[0]
        case .binary(let function):
            guard let extents = Shape.broadcast(inputs[0], inputs[1]) else {
                throw ShapeMismatch(reason: "cannot \(function.rawValue) \(inputs[0]) and \(inputs[1])")
            }
            return try checked(extents)
        case .softmax(let axis), .logSoftmax(let axis):
            try checkAxis(axis, inputs[0])
            return inputs[0]
        case .activation, .unary: return inputs[0]
        case .localResponseNormalization:
            _ = try featureMap(inputs[0])
            return inputs[0]
        case .matrixMultiplication: return try product(inputs[0], inputs[1])
        case .reshape(let shape):
            guard shape.count == inputs[0].count else { throw ShapeMismatch(reason: "\(inputs[0]) is not \(shape)") }
            return shape
        case .transpose(let permutation):
            guard permutation.sorted() == Array(0..<inputs[0].rank) else {
                throw ShapeMismatch(reason: "\(permutation) does not order the axes of \(inputs[0])")
            }
            return try checked(permutation.map { inputs[0][$0] })
        case .gather(let axis, let indices): return try gathered(inputs[0], axis, indices)
        case .pad(let padding): return try padded(inputs[0], padding)
        case .resampling(let resampling): return try resampled(inputs[0], resampling)
        case .reduction(let reduction): return try reduced(inputs[0], reduction.axes)
        case .argMax(let axis, _): return try reduced(inputs[0], [axis])
        }
    }

    private func checkCount(_ inputs: [Shape]) throws(ShapeMismatch) {
        guard traits.inputs.contains(inputs.count) else {
            throw ShapeMismatch(reason: "\(name) does not take \(inputs.count) inputs")
        }
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

    /// Whether every window has an element of the input to pool.
    private static func holdsInput(_ axis: Window.Axis, _ positions: Int, _ extent: Int) -> Bool {
        (0..<positions).allSatisfy { !axis.taps(at: $0, extent: extent).isEmpty }
    }

    private func joined(_ inputs: [Shape], _ axis: Int) throws(ShapeMismatch) -> Shape {
        try checkAxis(axis, inputs[0])
        var extents = inputs[0].extents
        extents[axis] = 0
        for input in inputs {
            var expected = inputs[0].extents
            expected[axis] = input.rank > axis ? input[axis] : 0
            guard input.extents == expected else {
                throw ShapeMismatch(reason: "cannot join \(inputs[0]) and \(input) along axis \(axis)")
            }
            extents[axis] += input[axis]
        }
        return try checked(extents)
    }

    private func product(_ a: Shape, _ b: Shape) throws(ShapeMismatch) -> Shape {
        guard a.rank >= 2, b.rank >= 2, a[a.rank - 1] == b[b.rank - 2],
            let outer = Shape.broadcast(Shape(a.extents.dropLast(2)), Shape(b.extents.dropLast(2)))
        else { throw ShapeMismatch(reason: "cannot multiply matrices \(a) and \(b)") }
        return try checked(outer + [a[a.rank - 2], b[b.rank - 1]])
    }

    private func gathered(_ input: Shape, _ axis: Int, _ indices: [Int]) throws(ShapeMismatch) -> Shape {
        try checkAxis(axis, input)
        guard let low = indices.min(), let high = indices.max(), low >= 0, high < input[axis] else {
            throw ShapeMismatch(reason: "indices outside axis \(axis) of \(input)")
        }
        return try replacing(axis, of: input, by: indices.count)
    }

    private func padded(_ input: Shape, _ padding: ConstantPadding) throws(ShapeMismatch) -> Shape {
        guard padding.before.count == input.rank else {
            throw ShapeMismatch(reason: "padding for \(padding.before.count) axes, \(input) has \(input.rank)")
        }
        var extents = input.extents
        for axis in extents.indices {
            let (first, overflow) = extents[axis].addingReportingOverflow(padding.before[axis])
            let (second, overflowToo) = first.addingReportingOverflow(padding.after[axis])
            guard !overflow && !overflowToo else { throw ShapeMismatch(reason: "padding is too large") }
            extents[axis] = second
        }
        return try checked(extents)
    }

    private func resampled(_ input: Shape, _ resampling: Resampling) throws(ShapeMismatch) -> Shape {
        try checkAxis(resampling.axis, input)
        let indices = 0..<input[resampling.axis]
        guard resampling.taps.allSatisfy({ $0.allSatisfy { indices.contains($0.index) } }) else {
            throw ShapeMismatch(reason: "samples outside axis \(resampling.axis) of \(input)")
        }
        return try replacing(resampling.axis, of: input, by: resampling.taps.count)
    }

    private func reduced(_ input: Shape, _ axes: [Int]) throws(ShapeMismatch) -> Shape {
        var extents = input.extents
        for axis in axes {
            try checkAxis(axis, input)
            extents[axis] = 1
        }
        return try checked(extents)
    }

    private func replacing(_ axis: Int, of input: Shape, by extent: Int) throws(ShapeMismatch) -> Shape {
        var extents = input.extents
        extents[axis] = extent
        return try checked(extents)
    }

    private func checkAxis(_ axis: Int, _ shape: Shape) throws(ShapeMismatch) {
        guard shape.extents.indices.contains(axis) else {
            throw ShapeMismatch(reason: "\(shape) has no axis \(axis)")
        }
    }

    private func checked(_ extents: [Int]) throws(ShapeMismatch) -> Shape {
        guard let shape = Shape(validating: extents) else {
            throw ShapeMismatch(reason: "the result would be \(extents), which is no shape")
        }
        return shape
    }
}
