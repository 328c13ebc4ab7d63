// Operators that pick or change elements where others say: Gather…, Scatter…, OneHot, ReverseSequence. Indices may be
// known here, or be what a run computes; those lie in the nearest place where they point outside.
import NetworkGraph

extension ONNXImporter {
    mutating func gather(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let extents = try extents(operands[0])
        let axis = try normalizedAxis(try operands.integer("axis") ?? 0, rank: extents.count)
        let extent = extents[axis]
        if case .node = operands[1] { return try emit(.lookup(axis: axis), operands[0], operands[1]) }
        guard let positions = try operands.constant(1, "indices"), case .integers(let values) = positions.elements
        else { throw .invalid("indices must be whole numbers") }
        guard values.allSatisfy({ $0 >= -extent && $0 < extent }) else {
            throw .invalid("indices outside of axis \(axis) of \(extents)")
        }
        let indices = try indices(count: values.count) { values[$0] < 0 ? values[$0] + extent : values[$0] }
        let result = try gathered(operands[0], axis: axis, indices)
        var target = extents
        target.replaceSubrange(axis...axis, with: positions.extents)
        return try reshaped(result, target)
    }

    mutating func gatherElements(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let extents = try extents(operands[0])
        let axis = try normalizedAxis(try operands.integer("axis") ?? 0, rank: extents.count)
        return try emit(.elementLookup(axis: axis), operands[0], try positions(operands[1], in: extents[axis]))
    }

    mutating func gatherCoordinates(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let commonAxes = try operands.integer("batch_dims") ?? 0
        guard (0...ImportLimits.rank).contains(commonAxes) else { throw .invalid("batch_dims \(commonAxes)") }
        let coordinates = try coordinates(operands[1], of: try extents(operands[0]), from: commonAxes)
        return try emit(.coordinateLookup(commonAxes: commonAxes), operands[0], coordinates)
    }

    mutating func scatterElements(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let extents = try extents(operands[0])
        let axis = try normalizedAxis(try operands.integer("axis") ?? 0, rank: extents.count)
        let operation = Operation.elementScatter(axis: axis, try combination(operands))
        return try emit(operation, operands[0], try positions(operands[1], in: extents[axis]), operands[2])
    }

    mutating func scatterCoordinates(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let coordinates = try coordinates(operands[1], of: try extents(operands[0]), from: 0)
        return try emit(.coordinateScatter(try combination(operands)), operands[0], coordinates, operands[2])
    }

    private func combination(_ operands: ONNXOperands) throws(ImportFailure) -> ScatterCombination {
        switch try operands.text("reduction") ?? "none" {
        case "none": return .replace
        case "add": return .add
        case "mul": return .multiply
        case "min": return .minimum
        case "max": return .maximum
        case let other: throw .invalid("reduction '\(other)'")
        }
    }

    /// Indices along an axis, as floats.
    /// - Throws: for known ones outside.
    private mutating func positions(_ value: ONNXValue, in extent: Int) throws(ImportFailure) -> ONNXValue {
        guard case .constant(let constant) = value else { return value }
        guard case .integers(let values) = constant.elements else { throw .invalid("indices must be whole numbers") }
        try spend(values.count)
        guard values.allSatisfy({ $0 >= -extent && $0 < extent }) else { throw .invalid("indices outside of an axis") }
        return .constant(constant.asFloats)
    }

    /// Indices along several axes, as floats, the last axis being those of one place.
    private mutating func coordinates(
        _ value: ONNXValue, of extents: [Int], from axis: Int
    ) throws(ImportFailure) -> ONNXValue {
        guard case .constant(let constant) = value else { return value }
        guard case .integers(let values) = constant.elements else { throw .invalid("indices must be whole numbers") }
        guard let depth = constant.extents.last, depth <= extents.count - axis else {
            throw .invalid("coordinates \(constant.extents) in \(extents)")
        }
        try spend(values.count)
        for (index, value) in values.enumerated() {
            let extent = extents[axis + index % depth]
            guard value >= -extent, value < extent else { throw .invalid("indices outside of \(extents)") }
        }
        return .constant(constant.asFloats)
    }

    /// A new axis, along which an element is the second value where the index points to it, else the first.
    mutating func oneHot(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        guard let stated = try operands.constant(1, "the depth")?.cut(), case .integers(let depths) = stated.elements,
            depths.count == 1, depths[0] > 0
        else { throw .invalid("the depth must be one number above 0") }
        let values = try operands.tensor(2, "values").values
        guard values.count == 2 else { throw .invalid("\(values.count) values for off and on") }
        var extents = try extents(operands[0])
        let axis = try normalizedAxis(try operands.integer("axis") ?? -1, rank: extents.count + 1)
        extents.insert(1, at: axis)
        let indices = try reshaped(operands[0], extents)
        let places = try counting(to: depths[0], along: axis, of: extents.count)
        // Negative ones count from the end.
        let depth = ONNXValue.constant(.scalar(Float(depths[0])))
        let fromEnd = try emit(.binary(.subtract), places, depth)
        let hits = try emit(
            .binary(.maximum), try emit(.binary(.equal), indices, places), try emit(.binary(.equal), indices, fromEnd))
        if values == [0, 1] { return hits }
        return try emit(.selection, hits, .constant(.scalar(values[1])), .constant(.scalar(values[0])))
    }

    /// The first elements of each sequence turned round.
    mutating func reverseSequence(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let extents = try extents(operands[0])
        let time = try normalizedAxis(try operands.integer("time_axis") ?? 0, rank: extents.count)
        let batch = try normalizedAxis(try operands.integer("batch_axis") ?? 1, rank: extents.count)
        guard let lengths = try operands.integers(1, "the lengths"), time != batch, lengths.count == extents[batch],
            lengths.allSatisfy({ (0...extents[time]).contains($0) })
        else { throw .invalid("lengths of sequences don't fit \(extents)") }
        let count = try ONNXConstant.count(of: extents)
        try spend(count)
        let steps = Reference.strides(extents)
        let positions = (0..<count).map { index -> Float in
            let (place, length) = (index / steps[time] % extents[time], lengths[index / steps[batch] % extents[batch]])
            return Float(place < length ? length - 1 - place : place)
        }
        return try emit(.elementLookup(axis: time), operands[0], .constant(ONNXConstant(extents, .floats(positions))))
    }
}
