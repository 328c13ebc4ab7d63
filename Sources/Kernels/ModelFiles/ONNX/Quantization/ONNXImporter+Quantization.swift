// QuantizeLinear and DequantizeLinear, and how other operators take numbers of 8 bits. A number of 8 bits is kept as
// the real number that it stands for, so that a Q and its DQ become one rounding to a grid.
import NetworkGraph

extension ONNXImporter {
    mutating func quantizeLinear(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        try operands.require("block_size", 0)
        operands.ignore("saturate", "precision")
        let type = try operands.integer("output_dtype").flatMap { $0 == 0 ? nil : $0 }
        let other = try type.map { code throws(ImportFailure) in try ONNXElementType(validating: code) }
        return try quantized(
            operands[0], try quantization(operands, scales: 1, zeroPoints: 2), axis: try operands.integer("axis") ?? 1,
            otherwise: other ?? .uint8)
    }

    mutating func dequantizeLinear(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        try operands.require("block_size", 0)
        operands.ignore("output_dtype")
        return try dequantized(
            operands[0], try quantization(operands, scales: 1, zeroPoints: 2), axis: try operands.integer("axis") ?? 1)
    }

    func quantization(
        _ operands: ONNXOperands, scales: Int, zeroPoints: Int
    ) throws(ImportFailure) -> ONNXQuantization {
        guard let constant = try operands.constant(scales, "the scale") else { throw .invalid("a scale is left out") }
        return try ONNXQuantization(scales: constant, zeroPoints: try operands.constant(zeroPoints, "the zero point"))
    }

    // MARK: Real numbers to whole ones

    /// - Parameter type: of the result, where no zero points say it.
    mutating func quantized(
        _ value: ONNXValue, _ quantization: ONNXQuantization, axis: Int = 1, otherwise type: ONNXElementType = .uint8
    ) throws(ImportFailure) -> ONNXValue {
        let type = quantization.type ?? type
        switch value {
        case .constant(let constant): return .constant(try quantized(constant, quantization, axis, type))
        case .quantized, .unrounded: throw .invalid("what is quantised is whole numbers already")
        case .node(let id):
            guard let unit = type.unitGrid else { throw .unsupported("quantising to numbers of type \(type)") }
            if let grid = try quantization.grid(isSigned: unit.isSigned) {
                return grid.quantized(try emit(.unary(.quantize(grid)), value))
            }
            // Steps are counted from an even number, so that ties go where they would from the zero point.
            guard quantization.zeroPoints.allSatisfy({ $0.isMultiple(of: 2) }) else {
                throw .unsupported("quantising with odd zero points along an axis")
            }
            let extents = draft.nodes[id].shape.extents
            _ = try quantization.slices(extents, axis: axis)
            let scales = along(axis, of: extents, quantization.scales)
            let zeroPoints = along(axis, of: extents, quantization.zeroPoints.map { Float($0) })
            let steps = try emit(.binary(.add), try emit(.binary(.divide), value, scales), zeroPoints)
            return unit.quantized(try emit(.unary(.quantize(unit)), steps))
        case .absent, .unavailable:
            _ = try extents(value)
            return value
        }
    }

    private mutating func quantized(
        _ constant: ONNXConstant, _ quantization: ONNXQuantization, _ axis: Int, _ type: ONNXElementType
    ) throws(ImportFailure) -> ONNXConstant {
        guard let range = type.quantizedRange, type != .int32 else {
            throw .unsupported("quantising to numbers of type \(type)")
        }
        guard case .floats(let values) = constant.asFloats.elements else { return constant }
        try spend(values.count)
        let slice = try quantization.slices(constant.extents, axis: axis)
        let numbers = values.enumerated().map { position, value -> Int in
            let zeroPoint = quantization.zeroPoints[slice(position)]
            let steps = (value / quantization.scales[slice(position)]).rounded(.toNearestOrEven)
            guard !steps.isNaN else { return zeroPoint }
            return Int(min(max(steps, Float(range.lowerBound - zeroPoint)), Float(range.upperBound - zeroPoint)))
                + zeroPoint
        }
        return ONNXConstant(constant.extents, .integers(numbers), type: type)
    }

    // MARK: Whole numbers to real ones

    /// - Parameter axis: of slices with scales of their own.
    mutating func dequantized(
        _ value: ONNXValue, _ quantization: ONNXQuantization, axis: Int = 1
    ) throws(ImportFailure) -> ONNXValue {
        switch value {
        case .constant(let constant): return .constant(try dequantized(constant, quantization, axis))
        case .node: throw .invalid("what is dequantised is not whole numbers of 8 bits")
        case .quantized(let id, let grid):
            guard quantization.type?.unitGrid?.isSigned ?? grid.isSigned == grid.isSigned else {
                throw .invalid("the zero point is of another type than the numbers")
            }
            if let other = try quantization.grid(isSigned: grid.isSigned) {
                if other == grid { return .node(id) }
                let steps = try sum(try wholeNumbers(of: value), -Float(other.zeroPoint))
                let scaled = try emit(.binary(.multiply), steps, .constant(.scalar(other.scale)))
                return try emit(.unary(.quantize(other)), scaled)
            }
            let extents = draft.nodes[id].shape.extents
            _ = try quantization.slices(extents, axis: axis)
            let zeroPoints = along(axis, of: extents, quantization.zeroPoints.map { Float($0) })
            let steps = try emit(.binary(.subtract), try wholeNumbers(of: value), zeroPoints)
            return try emit(.binary(.multiply), steps, along(axis, of: extents, quantization.scales))
        case .unrounded: throw Self.notDequantized
        case .absent, .unavailable:
            _ = try extents(value)
            return value
        }
    }

    /// Keeps the grid of numbers of 8 bits: weights may stay what they are.
    private mutating func dequantized(
        _ constant: ONNXConstant, _ quantization: ONNXQuantization, _ axis: Int
    ) throws(ImportFailure) -> ONNXConstant {
        guard case .integers(let numbers) = constant.elements, let type = constant.type,
            let range = type.quantizedRange
        else { throw .invalid("what is dequantised is not whole numbers of a type that stands for real ones") }
        guard numbers.allSatisfy(range.contains) else { throw .invalid("a number that its type cannot hold") }
        guard quantization.type ?? type == type else {
            throw .invalid("the zero point is of another type than the numbers")
        }
        try spend(numbers.count)
        let slice = try quantization.slices(constant.extents, axis: axis)
        let values = numbers.enumerated().map { position, number in
            quantization.scales[slice(position)] * Float(number - quantization.zeroPoints[slice(position)])
        }
        guard let unit = type.unitGrid, quantization.scales.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
            return ONNXConstant(constant.extents, .floats(values))
        }
        let grid = WeightGrid(
            scalesOfFile: quantization.scales, zeroPoints: quantization.zeroPoints, isSigned: unit.isSigned)
        let place = quantization.scales.count == 1 ? 0 : try normalizedAxis(axis, rank: constant.extents.count)
        return ONNXConstant(constant.extents, .floats(values), grid: ONNXWeightGrid(grid: grid, axis: place))
    }

    /// Whole numbers as floats: what leaves the network, and what a cast gives.
    mutating func wholeNumbers(of value: ONNXValue) throws(ImportFailure) -> ONNXValue {
        guard case .quantized(let id, let grid) = value else { return value }
        if grid.scale == 1 { return try sum(.node(id), Float(grid.zeroPoint)) }
        let steps = QuantizationGrid(scale: 1, zeroPoint: grid.zeroPoint, isSigned: grid.isSigned)
        let divided = try emit(.binary(.divide), .node(id), .constant(.scalar(grid.scale)))
        // Exact again, however the division rounds.
        return try sum(try emit(.unary(.quantize(steps)), divided), Float(grid.zeroPoint))
    }

    private mutating func sum(_ value: ONNXValue, _ addend: Float) throws(ImportFailure) -> ONNXValue {
        addend == 0 ? value : try emit(.binary(.add), value, .constant(.scalar(addend)))
    }

    /// Numbers that repeat over all axes but one.
    private func along(_ axis: Int, of extents: [Int], _ values: [Float]) -> ONNXValue {
        let axis = axis < 0 ? axis + extents.count : axis
        let ones = [Int](repeating: 1, count: extents.count - axis - 1)
        return .constant(ONNXConstant([values.count] + ones, .floats(values)))
    }

    // MARK: Operators on whole numbers

    static let notDequantized = ImportFailure.unsupported(
        "this operator on numbers of 8 bits that were not dequantised")

    private static let moving: Set = [
        "MaxPool", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Slice", "Split", "Gather", "Identity",
        "Dropout", "Concat", "Pad", "Expand", "Tile", "DepthToSpace", "SpaceToDepth", "GatherElements", "GatherND",
    ]

    /// Puts real numbers in the place of those of 8 bits, for operators that only move or compare them.
    /// - Returns: the grid that the results lie on; nil where they are no such numbers.
    mutating func takeReal(_ inputs: inout [ONNXValue], of name: String) throws(ImportFailure) -> QuantizationGrid? {
        // Others say themselves that they take none, unless they aren't known at all.
        guard Self.moving.contains(name) || name == "ArgMax" else { return nil }
        for case .unrounded in inputs { throw Self.notDequantized }
        var common: QuantizationGrid?
        for (index, input) in inputs.enumerated() {
            guard case .quantized(let id, let grid) = input else { continue }
            guard common ?? grid == grid else { throw .unsupported("joining numbers of 8 bits with different scales") }
            (common, inputs[index]) = (grid, .node(id))
        }
        guard let grid = common else { return nil }
        for (index, input) in inputs.enumerated() {
            guard case .constant(let constant) = input, let unit = constant.type?.unitGrid,
                case .integers(let numbers) = constant.elements
            else { continue }
            guard unit.isSigned == grid.isSigned, numbers.allSatisfy(grid.indices.contains) else {
                throw .invalid("a constant of another type than the numbers beside it")
            }
            try spend(numbers.count)
            inputs[index] = .constant(ONNXConstant(constant.extents, .floats(numbers.map { grid.value(of: $0) })))
        }
        if name == "Pad", opset >= 11 {
            while inputs.count < 3 { inputs.append(.absent) }
            if case .absent = inputs[2] { inputs[2] = .constant(.scalar(grid.value(of: 0))) }
        }
        return name == "ArgMax" ? nil : grid
    }
}
