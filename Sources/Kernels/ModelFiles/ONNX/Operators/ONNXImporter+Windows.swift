// Operators that slide windows: Conv, MaxPool, AveragePool, LpPool. One-dimensional ones run as maps of one row.
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

    /// The largest elements, and where they are.
    mutating func maximumPooling(_ operands: ONNXOperands) throws(ImportFailure) -> [ONNXValue] {
        let map = try featureMap(operands[0])
        let isColumnMajor = try operands.flag("storage_order")
        let pooling = Pooling(.maximum, window: try poolingWindow(operands, map).window)
        let result = try spatialResult(try emit(.pooling(pooling), map.value), map)
        guard operands.wants(output: 1) else { return [result] }
        let positions = try emit(.poolingPositions(pooling, isColumnMajor: isColumnMajor), map.value)
        return [result, try spatialResult(positions, map)]
    }

    /// (Σ |x|^p)^(1 ÷ p) over windows: padding adds nothing.
    mutating func lpPooling(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let map = try featureMap(operands[0])
        let p = Float(try operands.integer("p") ?? 2)
        guard p > 0 else { throw .invalid("p is \(p)") }
        let window = try poolingWindow(operands, map).window
        let sizes = try emit(.unary(.absolute), map.value)
        let powers = try emit(.binary(.power), sizes, .constant(.scalar(p)))
        let means = try emit(.pooling(Pooling(.average, window: window, countsPadding: true)), powers)
        let count = ONNXValue.constant(.scalar(Float(window.height) * Float(window.width)))
        let sums = try emit(.binary(.multiply), means, count)
        return try spatialResult(try emit(.binary(.power), sums, .constant(.scalar(1 / p))), map)
    }

    /// A pooling's window: as it is stated, and with what hangs over where positions round up.
    private func poolingWindow(
        _ operands: ONNXOperands, _ map: FeatureMap
    ) throws(ImportFailure) -> (declared: Window, window: Window) {
        guard var kernel = try operands.integers("kernel_shape"), kernel.count == map.rank - 2 else {
            throw .invalid("kernel_shape is left out, or not for \(map.rank) axes")
        }
        if map.rank == 3 { kernel = [1] + kernel }
        let declared = try window(operands, kernel: kernel, map)
        guard try operands.flag("ceil_mode") else { return (declared, declared) }
        let (rows, columns) = (declared.rows, declared.columns)
        return (
            declared,
            Window(
                rows: rows.roundingUp(extent: map.extents[2]), columns: columns.roundingUp(extent: map.extents[3]))
        )
    }

    mutating func averagePooling(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let map = try featureMap(operands[0])
        let countsPadding = try operands.flag("count_include_pad")
        let (declared, window) = try poolingWindow(operands, map)
        guard countsPadding, window != declared else {
            let layer = Pooling(.average, window: window, countsPadding: countsPadding)
            return try spatialResult(try emit(.pooling(layer), map.value), map)
        }
        // Declared padding counts, what hangs over beyond it doesn't: only explicit zeros tell them apart.
        let padding = declared.padding
        let zeros = ConstantPadding(
            before: [0, 0, padding.top, padding.left], after: [0, 0, padding.bottom, padding.right])
        let overhang = Window(rows: window.rows.beyond(declared.rows), columns: window.columns.beyond(declared.columns))
        let padded = try emit(.pad(zeros), map.value)
        return try spatialResult(try emit(.pooling(Pooling(.average, window: overhang)), padded), map)
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

    mutating func featureMap(_ value: ONNXValue) throws(ImportFailure) -> FeatureMap {
        let extents = try extents(value)
        guard extents.count == 3 || extents.count == 4 else {
            throw .unsupported("windows over \(extents.count - 2) axes; one and two are supported")
        }
        guard extents.count == 3 else { return FeatureMap(value: value, extents: extents, rank: 4) }
        let map = [extents[0], extents[1], 1, extents[2]]
        return FeatureMap(value: try reshaped(value, map), extents: map, rank: 3)
    }

    /// A result with the axes that the input had.
    mutating func spatialResult(_ result: ONNXValue, _ map: FeatureMap) throws(ImportFailure) -> ONNXValue {
        guard map.rank == 3 else { return result }
        let extents = try extents(result)
        return try reshaped(result, [extents[0], extents[1], extents[3]])
    }

    /// An attribute of a window: so many numbers within bounds.
    func windowNumbers(
        _ operands: ONNXOperands, _ name: String, _ count: Int, default value: Int, from least: Int
    ) throws(ImportFailure) -> [Int] {
        let numbers = try operands.integers(name) ?? [Int](repeating: value, count: count)
        guard numbers.count == count, numbers.allSatisfy({ (least...ImportLimits.window).contains($0) }) else {
            throw .invalid("\(name) \(numbers) are not \(count) numbers from \(least) to \(ImportLimits.window)")
        }
        return numbers
    }

    private func window(
        _ operands: ONNXOperands, kernel: [Int], _ map: FeatureMap
    ) throws(ImportFailure) -> Window {
        let count = map.rank - 2
        guard kernel.allSatisfy({ (1...ImportLimits.window).contains($0) }) else {
            throw .invalid("a kernel of \(kernel)")
        }
        let strides = try windowNumbers(operands, "strides", count, default: 1, from: 1)
        let dilations = try windowNumbers(operands, "dilations", count, default: 1, from: 1)
        let pads = try windowNumbers(operands, "pads", 2 * count, default: 0, from: 0)
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
