// How whole numbers of a model stand for real ones. Value types.
import NetworkGraph

/// scale × (q − zero point), with one pair for a whole tensor or one for each slice along an axis.
struct ONNXQuantization {
    /// At least one. Finite, 0 or above, but for products that are too large.
    let scales: [Float]
    /// As many.
    let zeroPoints: [Int]
    /// The zero points' type; nil where they are left out.
    let type: ONNXElementType?

    /// - Throws: unless scales are finite numbers, none below 0, with as many zero points of a type that can be
    ///   quantised to.
    init(scales: ONNXConstant, zeroPoints: ONNXConstant?) throws(ImportFailure) {
        guard scales.extents.count <= 1 || scales.elements.count == 1 else {
            throw .unsupported("scales for blocks of elements")
        }
        guard case .floats(let values) = scales.elements, !values.isEmpty else {
            throw .invalid("scales must be floats, one at least")
        }
        guard values.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
            throw .invalid("a scale that is below 0, or no finite number")
        }
        self.scales = values.flushed
        guard let zeroPoints else {
            (self.zeroPoints, type) = ([Int](repeating: 0, count: values.count), nil)
            return
        }
        guard case .integers(let numbers) = zeroPoints.elements, numbers.count == values.count else {
            throw .invalid("\(values.count) scales for \(zeroPoints.elements.count) zero points, or these are floats")
        }
        type = zeroPoints.type
        guard let range = type?.quantizedRange else { throw .unsupported("zero points of this type") }
        guard numbers.allSatisfy(range.contains) else { throw .invalid("a zero point that its type cannot hold") }
        self.zeroPoints = numbers
    }

    /// Of whole numbers taken as they are, less their zero points.
    init(zeroPoints: ONNXConstant?) throws(ImportFailure) {
        let count = zeroPoints?.elements.count ?? 1
        try self.init(
            scales: ONNXConstant([count], .floats([Float](repeating: 1, count: count))), zeroPoints: zeroPoints)
    }

    /// Of biases, which are sums of products of two others' numbers; one of `inputs`.
    init(productOf inputs: ONNXQuantization, and weights: ONNXQuantization, scale: Float = 1) {
        scales = weights.scales.map { $0 * inputs.scales[0] * scale }.flushed
        (zeroPoints, type) = ([Int](repeating: 0, count: scales.count), nil)
    }

    /// - Throws: if there are several.
    func requireOne(_ what: String) throws(ImportFailure) {
        guard scales.count == 1 else { throw .unsupported("\(what) with several scales") }
    }

    /// The one grid; nil where there are several.
    func grid(isSigned: Bool) throws(ImportFailure) -> QuantizationGrid? {
        guard scales.count == 1 else { return nil }
        guard QuantizationGrid.indices(isSigned: isSigned).contains(zeroPoints[0]) else {
            throw .invalid("the zero point is of another type than the numbers")
        }
        guard scales[0] > 0, scales[0].isFinite else { throw .invalid("a scale that is not above 0") }
        return QuantizationGrid(scale: scales[0], zeroPoint: zeroPoints[0], isSigned: isSigned)
    }

    /// The slice that an element belongs to.
    /// - Throws: unless the axis has as many slices as there are scales.
    func slices(_ extents: [Int], axis: Int) throws(ImportFailure) -> (Int) -> Int {
        if scales.count == 1 { return { _ in 0 } }
        let axis = try normalizedAxis(axis, rank: extents.count)
        guard extents[axis] == scales.count else {
            throw .invalid("\(scales.count) scales along axis \(axis) of \(extents)")
        }
        let (inner, count) = (extents[(axis + 1)...].reduce(1, *), scales.count)
        return { $0 / inner % count }
    }
}

/// The grids of a constant that was dequantised.
struct ONNXWeightGrid: Equatable {
    let grid: WeightGrid
    /// Which slices have a grid each, if there are several.
    let axis: Int

    /// The grids of slices along the first axis; nil where slices are others.
    var ofRows: WeightGrid? { grid.scales.count == 1 || axis == 0 ? grid : nil }

    func transposed(_ permutation: [Int]) -> ONNXWeightGrid? {
        if grid.scales.count == 1 { return self }
        return permutation.firstIndex(of: axis).map { ONNXWeightGrid(grid: grid, axis: $0) }
    }

    /// Nil where slices are cut up.
    func reshaped(_ old: [Int], _ new: [Int]) -> ONNXWeightGrid? {
        if grid.scales.count == 1 { return self }
        let outer = old[..<axis].reduce(1, *)
        let place = new.indices.first { new[$0] == old[axis] && new[..<$0].reduce(1, *) == outer }
        return place.map { ONNXWeightGrid(grid: grid, axis: $0) }
    }
}

extension ONNXElementType {
    /// What whole numbers that stand for real ones can be.
    var quantizedRange: ClosedRange<Int>? {
        switch self {
        case .uint8: 0...255
        case .int8: -128...127
        case .uint16: 0...65535
        case .int16: -32768...32767
        case .int32: Int(Int32.min)...Int(Int32.max)
        default: nil
        }
    }

    /// Of numbers of 8 bits: themselves as a grid.
    var unitGrid: QuantizationGrid? {
        switch self {
        case .uint8: QuantizationGrid(scale: 1, zeroPoint: 0, isSigned: false)
        case .int8: QuantizationGrid(scale: 1, zeroPoint: 0, isSigned: true)
        default: nil
        }
    }
}

extension QuantizationGrid {
    /// A node's value as numbers of this grid; other values as they are.
    func quantized(_ value: ONNXValue) -> ONNXValue {
        if case .node(let id) = value { .quantized(id, self) } else { value }
    }
}
