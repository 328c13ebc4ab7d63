// Resize and Upsample: one axis after another, as gathers (nearest) or weighted sums (linear, cubic).
import NetworkGraph

extension ONNXImporter {
    mutating func resize(_ operands: ONNXOperands, isUpsample: Bool) throws(ImportFailure) -> ONNXValue {
        let sampling = try ONNXSampling(operands, opset: opset, isUpsample: isUpsample)
        let extents = try extents(operands[0])
        let stated = try operands.integers("axes") ?? Array(extents.indices)
        _ = try normalizedAxes(stated, rank: extents.count)
        var axes: [Int] = []
        for axis in stated { axes.append(try normalizedAxis(axis, rank: extents.count)) }
        let scaleIndex = isUpsample || opset < 11 ? 1 : 2
        let scales = try operands.floats("scales", orInput: scaleIndex, "scales") ?? []
        let sizes = opset < 11 ? [] : try operands.integers(3, "sizes") ?? []
        let lines = try self.lines(
            axes.map { extents[$0] }, scales: scales.map(Double.init), sizes: sizes,
            policy: try operands.text("keep_aspect_ratio_policy") ?? "stretch")
        var resized = operands[0]
        for (axis, line) in zip(axes, lines) where line.target != line.extent || line.scale != 1 {
            if let rounding = sampling.rounding {
                let positions = try indices(count: line.target) { sampling.nearest($0, line, rounding) }
                resized = try gathered(resized, axis: axis, positions)
            } else {
                try spend(sampling.cost(line))
                let taps = (0..<line.target).map { sampling.taps($0, line) }
                resized = try emit(.resampling(Resampling(axis: axis, taps: taps)), resized)
            }
        }
        return resized
    }

    /// What becomes of each axis, by scales or by sizes.
    /// - Parameter policy: whether sizes are met, or bound one scale for all axes.
    private func lines(
        _ extents: [Int], scales: [Double], sizes: [Int], policy: String
    ) throws(ImportFailure) -> [ONNXSampling.Line] {
        guard sizes.isEmpty != scales.isEmpty, max(sizes.count, scales.count) == extents.count else {
            throw .invalid("either scales or sizes must be given, one for each of \(extents.count) axes")
        }
        guard extents.allSatisfy({ $0 > 0 }), sizes.allSatisfy({ (1...ImportLimits.elements).contains($0) }) else {
            throw .invalid("cannot resize \(extents) to \(sizes)")
        }
        var ratios = sizes.isEmpty ? scales : zip(sizes, extents).map { Double($0) / Double($1) }
        switch policy {
        case "stretch": break
        case "not_larger": ratios = ratios.map { _ in ratios.min() ?? 1 }
        case "not_smaller": ratios = ratios.map { _ in ratios.max() ?? 1 }
        default: throw .invalid("keep_aspect_ratio_policy '\(policy)'")
        }
        var lines: [ONNXSampling.Line] = []
        for (index, (extent, ratio)) in zip(extents, ratios).enumerated() {
            let exact = ratio * Double(extent)
            guard exact >= 1, exact <= Double(ImportLimits.elements) else { throw .invalid("a scale of \(ratio)") }
            let target: Int
            if sizes.isEmpty {
                // In FP32, as runtimes and ONNX's shape inference round it.
                target = Int(Float(ratio) * Float(extent))
            } else {
                target = policy == "stretch" ? sizes[index] : Int(exact.rounded())
            }
            lines.append(ONNXSampling.Line(extent: extent, target: target, scale: ratio))
        }
        return lines
    }
}
