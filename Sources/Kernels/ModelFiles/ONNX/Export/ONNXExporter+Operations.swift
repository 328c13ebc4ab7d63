// Which operators compute what a node does.
import NetworkGraph

extension ONNXExporter {
    /// Adds what gives a node's value.
    mutating func translate(_ id: Network.NodeID, _ node: Network.Node) throws(ONNXExportError) {
        let inputs = node.inputs.map { value($0) }
        // Runtimes compute with whole numbers between such pairs only; where a value lies on a grid anyway, they change
        // nothing.
        if let grid = grids[id], node.inputs.contains(where: { grids[$0] != nil }), !node.operation.isRounding,
            !network.outputs.contains(id)
        {
            try compute(id, node, inputs)
            setValue(addRounding(node.name, to: grid, unique(node.name, "rounded")), of: id)
        } else {
            try compute(id, node, inputs)
        }
    }

    private mutating func compute(
        _ id: Network.NodeID, _ node: Network.Node, _ inputs: [String]
    ) throws(ONNXExportError) {
        let name = node.name
        switch node.operation {
        case .tensor: break
        case .image(let image): translate(image, id)
        case .constant(let tensor): _ = constant(name, tensor.shape.extents, tensor.values)
        case .convolution(let layer): translate(layer, id)
        case .fullyConnected(let layer): translate(layer, id)
        case .pooling(let pooling): try translate(pooling, id)
        case .globalAveragePooling: add("GlobalAveragePool", inputs, to: name)
        case .addition(let activation): addActivated("Add", inputs, id, activation)
        case .activation(let activation): addActivation(activation, inputs[0], to: name, as: name)
        case .unary(let function): add(function, inputs, to: name)
        case .binary(let function): try add(function, node)
        case .concatenation(let axis): add("Concat", inputs, to: name, ["axis": .integer(axis)])
        case .softmax(let axis): add("Softmax", inputs, to: name, ["axis": .integer(axis)])
        case .logSoftmax(let axis): add("LogSoftmax", inputs, to: name, ["axis": .integer(axis)])
        case .localResponseNormalization(let norm):
            add(
                "LRN", inputs, to: name,
                [
                    "size": .integer(norm.size), "alpha": .float(norm.alpha), "beta": .float(norm.beta),
                    "bias": .float(norm.bias),
                ])
        case .matrixMultiplication: add("MatMul", inputs, to: name)
        case .reshape(let shape): addReshape(inputs[0], shape.extents, to: name)
        case .transpose(let permutation): add("Transpose", inputs, to: name, ["perm": .integers(permutation)])
        case .gather(let axis, let indices):
            let positions = constant(unique(name, "indices"), [indices.count], .int64, indices.map { Int64($0) })
            add("Gather", inputs + [positions], to: name, ["axis": .integer(axis)])
        case .pad(let padding):
            let counts = (padding.before + padding.after).map { Int64($0) }
            let pads = constant(unique(name, "pads"), [counts.count], .int64, counts)
            add("Pad", inputs + [pads, constant(unique(name, "value"), [], [padding.value])], to: name)
        case .resampling(let resampling): add(resampling, node)
        case .reduction(let reduction) where reduction.axes.isEmpty:
            // Without axes, ONNX reduces over all.
            add("Identity", inputs, to: name)
        case .reduction(let reduction):
            add(
                reduction.kind == .mean ? "ReduceMean" : "ReduceMax", inputs, to: name,
                ["axes": .integers(reduction.axes), "keepdims": .integer(1)])
        case .argMax(let axis, let selectsLast):
            let positions = unique(name, "positions")
            add(
                "ArgMax", inputs, to: positions, name: name,
                [
                    "axis": .integer(axis), "keepdims": .integer(1),
                    "select_last_index": .integer(selectsLast ? 1 : 0),
                ])
            let type = ONNXElementType.float.rawValue
            add("Cast", [positions], to: name, name: unique(name, "floats"), ["to": .integer(type)])
        case .transposedConvolution, .selection, .topK, .cumulativeSum, .lookup, .elementLookup, .coordinateLookup,
            .elementScatter, .coordinateScatter, .poolingPositions, .unpooling, .gridSampling, .regionAlignment,
            .boxSelection, .anchoredDetection:
            throw .unsupported(node: name, reason: "\(node.operation.name) can't be written yet")
        }
    }

    private mutating func add(_ function: UnaryFunction, _ inputs: [String], to name: String) {
        switch function {
        case .leakyRelu(let slope): add("LeakyRelu", inputs, to: name, ["alpha": .float(slope)])
        case .sigmoid: add("Sigmoid", inputs, to: name)
        case .hardSigmoid(let slope, let offset):
            add("HardSigmoid", inputs, to: name, ["alpha": .float(slope), "beta": .float(offset)])
        case .hardSwish: add("HardSwish", inputs, to: name)
        case .tanh: add("Tanh", inputs, to: name)
        case .gelu, .geluByTanh: addGelu(function, inputs[0], to: name)
        case .errorFunction: add("Erf", inputs, to: name)
        case .exponential: add("Exp", inputs, to: name)
        case .logarithm: add("Log", inputs, to: name)
        case .squareRoot: add("Sqrt", inputs, to: name)
        case .reciprocal: add("Reciprocal", inputs, to: name)
        case .negation: add("Neg", inputs, to: name)
        case .absolute: add("Abs", inputs, to: name)
        case .floor: add("Floor", inputs, to: name)
        case .quantize(let grid): addRounding(inputs[0], to: grid, name)
        default: preconditionFailure("TODO onnx helper")
        }
    }

    /// The file's opset has no Gelu: x ÷ 2 · (1 + S(x)) of other operators.
    private mutating func addGelu(_ function: UnaryFunction, _ input: String, to name: String) {
        func number(_ value: Float, _ what: String) -> String { constant(unique(name, what), [], [value]) }
        func combined(_ operation: String, _ a: String, _ b: String, _ what: String) -> String {
            let result = unique(name, what)
            add(operation, [a, b], to: result)
            return result
        }
        let (half, one) = (number(0.5, "half"), number(1, "one"))
        let bend = unique(name, "bend")
        if function == .gelu {
            add("Erf", [combined("Mul", input, number(Float(0.5).squareRoot(), "factor"), "scaled")], to: bend)
        } else {
            let square = combined("Mul", input, input, "square")
            let cubic = combined("Mul", square, number(0.044715, "cubic_factor"), "cubic")
            let slope = combined("Mul", combined("Add", cubic, one, "sum"), input, "slope")
            let factor = number((2 / Float.pi).squareRoot(), "factor")
            add("Tanh", [combined("Mul", slope, factor, "scaled")], to: bend)
        }
        let share = combined("Mul", combined("Add", bend, one, "share"), half, "half_share")
        add("Mul", [input, share], to: name)
    }

    private mutating func add(_ function: BinaryFunction, _ node: Network.Node) throws(ONNXExportError) {
        let operators: [BinaryFunction: String] = [
            .add: "Add", .subtract: "Sub", .multiply: "Mul", .divide: "Div", .power: "Pow",
            .parametricRelu: "PRelu", .minimum: "Min", .maximum: "Max",
        ]
        if function == .parametricRelu, network.nodes[node.inputs[0]].shape != node.shape {
            throw .unsupported(node: node.name, reason: "its slopes have more elements than what they slope")
        }
        add(operators[function]!, node.inputs.map { value($0) }, to: node.name)
    }

    /// Weighted sums along an axis: the product with a matrix, that axis being the last.
    private mutating func add(_ resampling: Resampling, _ node: Network.Node) {
        let shape = network.nodes[node.inputs[0]].shape
        let (count, last) = (resampling.taps.count, shape.rank - 1)
        var matrix = [Float](repeating: 0, count: shape[resampling.axis] * count)
        for (column, taps) in resampling.taps.enumerated() {
            for tap in taps { matrix[tap.index * count + column] += tap.weight }
        }
        let weights = constant(unique(node.name, "weights"), [shape[resampling.axis], count], matrix)
        let source = value(node.inputs[0])
        guard resampling.axis != last else {
            add("MatMul", [source, weights], to: node.name)
            return
        }
        var permutation = Array(0...last)
        permutation.swapAt(resampling.axis, last)
        let (turned, product) = (unique(node.name, "turned"), unique(node.name, "product"))
        add("Transpose", [source], to: turned, ["perm": .integers(permutation)])
        add("MatMul", [turned, weights], to: product)
        add("Transpose", [product], to: node.name, ["perm": .integers(permutation)])
    }
}

extension Operation {
    fileprivate var isRounding: Bool { if case .unary(.quantize) = self { true } else { false } }
}
