// Operators that slide windows: Conv, MaxPool, AveragePool. One-dimensional ones run as maps of one row.
import NetworkGraph

extension ONNXImporter {
    mutating func convolution(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let map = try featureMap(operands[0])
        var weights = try operands.tensor(1, "weights")
        guard weights.shape.rank == map.rank else {
            throw .invalid("weights \(weights.shape) for an input of \(map.rank) axes")
        }
        if map.rank == 3 {
            weights = Tensor([weights.shape[0], weights.shape[1], 1, weights.shape[2]], weights.values)
        }
        let kernel = [weights.shape[2], weights.shape[3]]
        if let stated = try operands.integers("kernel_shape"), stated != Array(kernel.suffix(map.rank - 2)) {
            throw .invalid("kernel_shape \(stated) for weights \(weights.shape)")
        }
        let outputs = weights.shape[0]
        let bias: [Float]
        if case .absent = operands[2] {
            bias = [Float](repeating: 0, count: outputs)
        } else {
            bias = try operands.tensor(2, "biases").values
        }
        guard bias.count == outputs else { throw .invalid("\(bias.count) biases for \(outputs) channels") }
        let groups = try operands.integer("group") ?? 1
        guard groups > 0, outputs % groups == 0, map.extents[1] % groups == 0,
            weights.shape[1] == map.extents[1] / groups
        else { throw .invalid("weights \(weights.shape) in \(groups) groups for \(map.extents[1]) channels") }
        let window = try window(operands, kernel: kernel, map)
        let layer = Convolution(
            weights: weights, bias: bias, window: window, groups: groups,
            weightGrid: try operands.constant(1, "weights")?.grid?.ofRows)
        return try spatialResult(try emit(.convolution(layer), map.value), map)
    }

    mutating func pooling(_ operands: ONNXOperands, _ kind: Pooling.Kind) throws(ImportFailure) -> ONNXValue {
        let map = try featureMap(operands[0])
        guard var kernel = try operands.integers("kernel_shape"), kernel.count == map.rank - 2 else {
            throw .invalid("kernel_shape is left out, or not for \(map.rank) axes")
        }
        if map.rank == 3 { kernel = [1] + kernel }
        // The order only matters to the second output.
        operands.ignore("storage_order")
        let roundsUp = try operands.flag("ceil_mode")
        let countsPadding = kind == .average ? try operands.flag("count_include_pad") : false
        let declared = try window(operands, kernel: kernel, map)
        let window =
            roundsUp
            ? Window(
                rows: declared.rows.roundingUp(extent: map.extents[2]),
                columns: declared.columns.roundingUp(extent: map.extents[3])) : declared
        guard countsPadding, window != declared else {
            let layer = Pooling(kind, window: window, countsPadding: countsPadding)
            return try spatialResult(try emit(.pooling(layer), map.value), map)
        }
        // Declared padding counts, what hangs over beyond it doesn't: only explicit zeros tell them apart.
        let padding = declared.padding
        let zeros = ConstantPadding(
            before: [0, 0, padding.top, padding.left], after: [0, 0, padding.bottom, padding.right])
        let overhang = Window(rows: window.rows.beyond(declared.rows), columns: window.columns.beyond(declared.columns))
        let padded = try emit(.pad(zeros), map.value)
        return try spatialResult(try emit(.pooling(Pooling(kind, window: overhang)), padded), map)
    }

    mutating func globalPooling(_ operands: ONNXOperands, _ kind: Reduction.Kind) throws(ImportFailure) -> ONNXValue {
        let extents = try extents(operands[0])
        guard extents.count >= 3 else { throw .invalid("\(extents) has no axes behind the channels") }
        guard extents.count == 4 else {
            return try emit(.reduction(Reduction(kind, axes: Array(2..<extents.count))), operands[0])
        }
        if kind == .mean { return try emit(.globalAveragePooling, operands[0]) }
        guard extents[2] > 0, extents[3] > 0 else { throw .invalid("\(extents) has no elements") }
        return try emit(
            .pooling(Pooling(.maximum, window: Window(height: extents[2], width: extents[3]))), operands[0])
    }

    // MARK: What windows are made of

    /// An input as N×C×H×W.
    struct FeatureMap {
        let value: ONNXValue
        let extents: [Int]
        /// Before it became a map: 3 or 4.
        let rank: Int
    }

    private mutating func featureMap(_ value: ONNXValue) throws(ImportFailure) -> FeatureMap {
        let extents = try extents(value)
        guard extents.count == 3 || extents.count == 4 else {
            throw .unsupported("windows over \(extents.count - 2) axes; one and two are supported")
        }
        guard extents.count == 3 else { return FeatureMap(value: value, extents: extents, rank: 4) }
        let map = [extents[0], extents[1], 1, extents[2]]
        return FeatureMap(value: try reshaped(value, map), extents: map, rank: 3)
    }

    /// A result with the axes that the input had.
    private mutating func spatialResult(_ result: ONNXValue, _ map: FeatureMap) throws(ImportFailure) -> ONNXValue {
        guard map.rank == 3 else { return result }
        let extents = try extents(result)
        return try reshaped(result, [extents[0], extents[1], extents[3]])
    }

    private func window(
        _ operands: ONNXOperands, kernel: [Int], _ map: FeatureMap
    ) throws(ImportFailure) -> Window {
        let count = map.rank - 2
        func numbers(_ name: String, _ count: Int, default value: Int, from least: Int) throws(ImportFailure) -> [Int] {
            let numbers = try operands.integers(name) ?? [Int](repeating: value, count: count)
            guard numbers.count == count, numbers.allSatisfy({ (least...ImportLimits.window).contains($0) }) else {
                throw .invalid("\(name) \(numbers) are not \(count) numbers from \(least) to \(ImportLimits.window)")
            }
            return numbers
        }
        guard kernel.allSatisfy({ (1...ImportLimits.window).contains($0) }) else {
            throw .invalid("a kernel of \(kernel)")
        }
        let strides = try numbers("strides", count, default: 1, from: 1)
        let dilations = try numbers("dilations", count, default: 1, from: 1)
        let pads = try numbers("pads", 2 * count, default: 0, from: 0)
        let automatic = try operands.text("auto_pad") ?? "NOTSET"
        var axes: [Window.Axis] = []
        for axis in 0..<2 {
            // A map of one row has no such axis in the model.
            let index = axis - (2 - count)
            guard index >= 0 else {
                axes.append(Window.Axis(kernel: kernel[axis]))
                continue
            }
            let padded = automatic == "NOTSET" || automatic.isEmpty
            let plain = Window.Axis(
                kernel: kernel[axis], stride: strides[index], dilation: dilations[index],
                near: padded ? pads[index] : 0, far: padded ? pads[count + index] : 0)
            switch automatic {
            case "NOTSET", "", "VALID": axes.append(plain)
            case "SAME_UPPER": axes.append(plain.same(extent: map.extents[axis + 2]))
            case "SAME_LOWER": axes.append(plain.same(extent: map.extents[axis + 2], largerNear: true))
            default: throw .invalid("auto_pad '\(automatic)'")
            }
        }
        return Window(rows: axes[0], columns: axes[1])
    }
}

extension Window.Axis {
    /// What is left of the padding when the input has been given that of `other`.
    fileprivate func beyond(_ other: Window.Axis) -> Window.Axis {
        Window.Axis(kernel: kernel, stride: stride, dilation: dilation, near: near - other.near, far: far - other.far)
    }
}
