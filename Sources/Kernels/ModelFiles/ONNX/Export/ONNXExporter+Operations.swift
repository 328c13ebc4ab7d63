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
        case .reduction(let reduction): add(reduction, inputs, to: name)
        case .normalization(let layer): add(layer, node, inputs)
        case .argMax(let axis, let selectsLast):
            let positions = unique(name, "positions")
            add(
                "ArgMax", inputs, to: positions, name: name,
                [
                    "axis": .integer(axis), "keepdims": .integer(1),
                    "select_last_index": .integer(selectsLast ? 1 : 0),
                ])
            addCast(positions, .float, to: name)
        case .transposedConvolution(let layer): translate(layer, id)
        case .selection:
            let condition = cast(inputs[0], .bool, "condition")
            add("Where", [condition, inputs[1], inputs[2]], to: name)
        case .cumulativeSum(let sum):
            let axis = constant(unique(name, "axis"), [], .int64, [Int64(sum.axis)])
            add(
                "CumSum", inputs + [axis], to: name,
                ["exclusive": .integer(sum.isExclusive ? 1 : 0), "reverse": .integer(sum.isReversed ? 1 : 0)])
        case .topK, .lookup, .elementLookup, .coordinateLookup, .elementScatter, .coordinateScatter, .poolingPositions,
            .unpooling, .gridSampling, .regionAlignment, .boxSelection:
            try select(node, inputs)
        case .anchoredDetection: throw .unsupported(node: name, reason: "ONNX has no such operator")
        }
    }

    private mutating func add(_ reduction: Reduction, _ inputs: [String], to name: String) {
        let operators: [Reduction.Kind: String] = [
            .mean: "ReduceMean", .sum: "ReduceSum", .maximum: "ReduceMax", .minimum: "ReduceMin",
            .product: "ReduceProd",
        ]
        let axes = constant(unique(name, "axes"), [reduction.axes.count], .int64, reduction.axes.map { Int64($0) })
        // Without axes, ONNX would reduce over all.
        add(operators[reduction.kind]!, inputs + [axes], to: name, ["noop_with_empty_axes": .integer(1)])
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
