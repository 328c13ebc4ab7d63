// What of a network decides how fast each way of computing it is: everything but its weights' values. Pure.

extension Network {
    /// A digest of operations, shapes, windows, groups, activations, wiring and the nodes' names, by which choices are
    /// remembered (they name nodes). Networks that differ only in the values of weights, biases and constants, or in
    /// their own names, share it. The same in every process.
    public var structureDigest: String {
        var digest = StableDigest()
        func add(_ text: String) {
            // With its length, so that no text can pass for two.
            digest.add("\(text.utf8.count) ".utf8)
            digest.add(text.utf8)
        }
        for node in nodes {
            add(node.name)
            add("\(node.operation.structure) \(node.inputs) \(node.shape)")
        }
        add("\(inputs) \(outputs)")
        return digest.text
    }
}

extension Operation {
    /// Its name and parameters. The output's shape stands beside it, and says what parameters would repeat.
    fileprivate var structure: String {
        let parameters =
            switch self {
            case .image(let image): "\(image.batch) \(image.mean) \(image.scale) \(image.resampling)"
            case .convolution(let convolution):
                "\(convolution.weights.shape) \(convolution.window.structure) \(convolution.groups) "
                    + "\(convolution.activation.structure) \(convolution.weightGrid.structure)"
            case .pooling(let pooling): "\(pooling.window.structure) \(pooling.countsPadding)"
            case .fullyConnected(let layer):
                "\(layer.weights.shape) \(layer.activation.structure) \(layer.weightGrid.structure)"
            case .concatenation(let axis), .softmax(let axis), .logSoftmax(let axis): "\(axis)"
            case .addition(let activation), .activation(let activation): activation.structure
            case .unary(let function): function.structure
            case .localResponseNormalization(let norm): "\(norm.size) \(norm.alpha) \(norm.beta) \(norm.bias)"
            case .transpose(let permutation): "\(permutation)"
            case .gather(let axis, let indices): "\(axis) \(indices)"
            case .pad(let padding): "\(padding.before) \(padding.after) \(padding.value)"
            case .resampling(let resampling):
                "\(resampling.axis) \(resampling.taps.map { $0.map { "\($0.index) \($0.weight)" } })"
            case .reduction(let reduction): "\(reduction.axes)"
            case .argMax(let axis, let selectsLast): "\(axis) \(selectsLast)"
            case .tensor, .globalAveragePooling, .constant, .binary, .matrixMultiplication, .reshape: ""
            }
        return "\(name) \(parameters)"
    }
}

extension Window {
    fileprivate var structure: String { "\(rows.structure) \(columns.structure)" }
}

extension Window.Axis {
    fileprivate var structure: String { "\(kernel) \(stride) \(dilation) \(near) \(far)" }
}

extension Activation {
    /// By its range: identity, relu and clip have one each.
    fileprivate var structure: String { "\(range.low) \(range.high)" }
}

extension WeightGrid? {
    /// What decides how a layer is computed: not the scales' values.
    fileprivate var structure: String {
        map { grid in
            "\(grid.isSigned) \(grid.scales.count == 1) \(grid.zeroPoints.allSatisfy { $0 == 0 })"
        } ?? ""
    }
}

extension UnaryFunction {
    fileprivate var structure: String {
        switch self {
        case .leakyRelu(let slope): "\(slope)"
        case .hardSigmoid(let slope, let offset): "\(slope) \(offset)"
        case .quantize(let grid): "\(grid.scale) \(grid.zeroPoint) \(grid.isSigned)"
        case .sigmoid, .hardSwish, .tanh, .gelu, .geluByTanh, .errorFunction, .exponential, .logarithm, .squareRoot,
            .reciprocal, .negation, .absolute, .floor:
            ""
        }
    }
}
