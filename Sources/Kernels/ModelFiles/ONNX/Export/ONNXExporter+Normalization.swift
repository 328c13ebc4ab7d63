// How normalisation by mean and variance is written: as LayerNormalization over the last axes, else by its parts.
import NetworkGraph

extension ONNXExporter {
    mutating func add(_ layer: Normalization, _ node: Network.Node, _ inputs: [String]) {
        let (name, shape) = (node.name, node.shape)
        let rank = shape.rank
        let isLast = !layer.axes.isEmpty && layer.axes == Array(rank - layer.axes.count..<rank)
        // The operator's scale is one that repeats to what is normalised.
        let fits = node.inputs.dropFirst().allSatisfy {
            network.nodes[$0].shape.extents(ofRank: rank).prefix(rank - layer.axes.count).allSatisfy { $0 == 1 }
        }
        if layer.isCentred, isLast, fits {
            var operands = inputs
            let extents = Array(shape.extents.suffix(layer.axes.count))
            for (index, input) in node.inputs.enumerated().dropFirst() {
                operands[index] = parameter(input, inputs[index], extents, name)
            }
            if operands.count == 1 {
                let ones = [Float](repeating: 1, count: extents.reduce(1, *))
                operands.append(constant(unique(name, "scale"), extents, ones))
            }
            add(
                "LayerNormalization", operands, to: name,
                ["axis": .integer(rank - layer.axes.count), "epsilon": .float(layer.epsilon)])
            return
        }
        addParts(layer, name, inputs)
    }

    /// A scale or bias in the extents that runtimes insist on.
    private mutating func parameter(_ id: Network.NodeID, _ input: String, _ extents: [Int], _ name: String) -> String {
        let shape = network.nodes[id].shape
        if shape.extents == extents { return input }
        let result = unique(name, "parameter")
        if shape.count == extents.reduce(1, *) {
            addReshape(input, extents, to: result)
        } else {
            let target = constant(unique(name, "extents"), [extents.count], .int64, extents.map { Int64($0) })
            let flat = unique(name, "flat")
            let padded = shape.extents(ofRank: max(shape.rank, extents.count))
            addReshape(input, Array(padded.suffix(extents.count)), to: flat)
            add("Expand", [flat, target], to: result)
        }
        return result
    }

    private mutating func addParts(_ layer: Normalization, _ name: String, _ inputs: [String]) {
        let axes = constant(unique(name, "axes"), [layer.axes.count], .int64, layer.axes.map { Int64($0) })
        func named(_ operation: String, _ operands: [String], _ what: String) -> String {
            let result = unique(name, what)
            add(operation, operands, to: result)
            return result
        }
        func mean(_ value: String, _ what: String) -> String {
            let result = unique(name, what)
            add("ReduceMean", [value, axes], to: result, ["noop_with_empty_axes": .integer(1)])
            return result
        }
        let centred = layer.isCentred ? named("Sub", [inputs[0], mean(inputs[0], "mean")], "centred") : inputs[0]
        let variance = mean(named("Mul", [centred, centred], "squares"), "variance")
        let sum = named("Add", [variance, constant(unique(name, "epsilon"), [], [layer.epsilon])], "sum")
        let divisor = named("Sqrt", [sum], "deviation")
        guard inputs.count > 1 else { return add("Div", [centred, divisor], to: name) }
        let normal = named("Div", [centred, divisor], "normal")
        guard inputs.count > 2 else { return add("Mul", [normal, inputs[1]], to: name) }
        add("Add", [named("Mul", [normal, inputs[1]], "scaled"), inputs[2]], to: name)
    }
}
