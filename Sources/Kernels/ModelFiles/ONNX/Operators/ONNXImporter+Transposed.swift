// Operators that undo windows: ConvTranspose, MaxUnpool. One-dimensional ones run as maps of one row.
import NetworkGraph

extension ONNXImporter {
    mutating func transposedConvolution(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let map = try featureMap(operands[0])
        var weights = try operands.tensor(1, "weights")
        guard weights.shape.rank == map.rank, weights.shape[0] == map.extents[1] else {
            throw .invalid("weights \(weights.shape) for an input of \(map.extents)")
        }
        if map.rank == 3 {
            weights = Tensor([weights.shape[0], weights.shape[1], 1, weights.shape[2]], weights.values)
        }
        let kernel = [weights.shape[2], weights.shape[3]]
        if let stated = try operands.integers("kernel_shape"), stated != Array(kernel.suffix(map.rank - 2)) {
            throw .invalid("kernel_shape \(stated) for weights \(weights.shape)")
        }
        let groups = try operands.integer("group") ?? 1
        let (outputs, overflow) = weights.shape[1].multipliedReportingOverflow(by: groups)
        guard groups > 0, !overflow, map.extents[1].isMultiple(of: groups) else {
            throw .invalid("weights \(weights.shape) in \(groups) groups for \(map.extents[1]) channels")
        }
        let bias: [Float]
        if case .absent = operands[2] {
            bias = [Float](repeating: 0, count: outputs)
        } else {
            bias = try operands.tensor(2, "biases").values
        }
        guard bias.count == outputs else { throw .invalid("\(bias.count) biases for \(outputs) channels") }
        let (rows, columns) = try transposedWindow(operands, kernel, map)
        let layer = TransposedConvolution(
            weights: weights, bias: bias, window: Window(rows: rows.axis, columns: columns.axis), extraRows: rows.extra,
            extraColumns: columns.extra, groups: groups)
        return try spatialResult(try emit(.transposedConvolution(layer), map.value), map)
    }

    private typealias TransposedAxis = (axis: Window.Axis, extra: Int)

    private func transposedWindow(
        _ operands: ONNXOperands, _ kernel: [Int], _ map: FeatureMap
    ) throws(ImportFailure) -> (TransposedAxis, TransposedAxis) {
        let count = map.rank - 2
        guard kernel.allSatisfy({ (1...ImportLimits.window).contains($0) }) else {
            throw .invalid("a kernel of \(kernel)")
        }
        let strides = try windowNumbers(operands, "strides", count, default: 1, from: 1)
        let dilations = try windowNumbers(operands, "dilations", count, default: 1, from: 1)
        let pads = try windowNumbers(operands, "pads", 2 * count, default: 0, from: 0)
        let extra = try windowNumbers(operands, "output_padding", count, default: 0, from: 0)
        let automatic = try operands.text("auto_pad") ?? "NOTSET"
        guard ["NOTSET", "", "VALID", "SAME_UPPER", "SAME_LOWER"].contains(automatic) else {
            throw .invalid("auto_pad '\(automatic)'")
        }
        // Of the spatial axes; some exporters state all of them.
        let stated = try operands.integers("output_shape").map { Array($0.suffix(count)) }
        guard stated.map({ $0.count == count && $0.allSatisfy((1...ImportLimits.elements).contains) }) ?? true else {
            throw .invalid("output_shape for \(count) axes")
        }
        var axes: [TransposedAxis] = []
        for axis in 0..<2 {
            // A map of one row has no such axis in the model.
            let index = axis - (2 - count)
            guard index >= 0 else {
                axes.append((Window.Axis(kernel: kernel[axis]), 0))
                continue
            }
            let extent = map.extents[axis + 2]
            let plain = Window.Axis(kernel: kernel[axis], stride: strides[index], dilation: dilations[index])
            let isSame = automatic.hasPrefix("SAME")
            if stated != nil || isSame {
                let target = stated?[index] ?? extent * plain.stride
                axes.append(plain.transposed(extent, to: target, extra[index], largerNear: automatic != "SAME_UPPER"))
            } else {
                let isPadded = automatic != "VALID"
                axes.append(plain.cut(isPadded ? pads[index] : 0, (isPadded ? pads[count + index] : 0) - extra[index]))
            }
        }
        return (axes[0], axes[1])
    }

    /// Elements put back to where they were the largest ones, zeros around them.
    mutating func unpooling(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let extents = try extents(operands[0])
        guard extents.count >= 3 else { throw .invalid("\(extents) has no axes behind the channels") }
        let count = extents.count - 2
        let kernel = try windowNumbers(operands, "kernel_shape", count, default: 0, from: 1)
        let strides = try windowNumbers(operands, "strides", count, default: 1, from: 1)
        let pads = try windowNumbers(operands, "pads", 2 * count, default: 0, from: 0)
        var inferred = Array(extents.prefix(2))
        for axis in 0..<count {
            let (steps, overflow) = (extents[axis + 2] - 1).multipliedReportingOverflow(by: strides[axis])
            guard !overflow, steps < ImportLimits.elements else { throw .invalid("strides \(strides)") }
            inferred.append(steps + kernel[axis] - pads[axis] - pads[count + axis])
        }
        guard let shape = Shape(validating: inferred) else { throw .invalid("a result of \(inferred)") }
        let result = try emit(.unpooling(shape), operands[0], operands[1])
        guard let stated = try operands.integers(2, "output_shape"), stated != inferred else { return result }
        // Positions are counted over what the window says; the rest lies behind.
        guard stated.count == inferred.count, zip(stated, inferred).allSatisfy({ $0 >= $1 }) else {
            throw .unsupported("an output_shape of \(stated) below \(inferred)")
        }
        let padding = ConstantPadding(before: inferred.map { _ in 0 }, after: zip(stated, inferred).map { $0 - $1 })
        return try emit(.pad(padding), result)
    }
}

extension Window.Axis {
    /// With so much cut off; what is below 0 at the far edge is added there instead.
    fileprivate func cut(_ near: Int, _ far: Int) -> (axis: Window.Axis, extra: Int) {
        let axis = Window.Axis(kernel: kernel, stride: stride, dilation: dilation, near: near, far: max(far, 0))
        return (axis, max(-far, 0))
    }

    /// Cut so that so many elements become a given number.
    fileprivate func transposed(
        _ extent: Int, to target: Int, _ extra: Int, largerNear: Bool
    ) -> (axis: Window.Axis, extra: Int) {
        let whole = (extent - 1) * stride + extra + span
        let total = max(whole - target, 0)
        let near = largerNear ? total - total / 2 : total / 2
        return cut(near, whole - extra - near - target)
    }
}
