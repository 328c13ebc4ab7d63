// Numbers of 8 bits. A quantised network is an ordinary one whose values were rounded to grids: what each node means is
// said in real numbers, and engines that compute with integers find out where they can.

/// The numbers scale × (q − zeroPoint), where q is whole and fits in 8 bits. Zero is always one of them. (Equations 6
/// and 7 of V. Peluso et al., "Inference on the Edge", 2019, whose S is 1 ÷ scale.)
public struct QuantizationGrid: Hashable, Sendable {
    public let scale: Float
    public let zeroPoint: Int
    /// q is from −128 to 127, or else from 0 to 255.
    public let isSigned: Bool

    /// - Precondition: a positive, finite scale, and a zero point that fits.
    public init(scale: Float, zeroPoint: Int, isSigned: Bool) {
        precondition(scale > 0 && scale.isFinite, "a grid's scale is above 0")
        precondition(Self.indices(isSigned: isSigned).contains(zeroPoint), "a grid's zero point fits in 8 bits")
        (self.scale, self.zeroPoint, self.isSigned) = (scale, zeroPoint, isSigned)
    }

    /// What q can be.
    public var indices: ClosedRange<Int> { Self.indices(isSigned: isSigned) }

    public static func indices(isSigned: Bool) -> ClosedRange<Int> { isSigned ? -128...127 : 0...255 }

    /// q of the nearest number, ties to even q − zeroPoint as ONNX's QuantizeLinear has it; the ends for what is
    /// beyond, and the zero point for what is no number.
    public func index(of value: Float) -> Int {
        let steps = (value / scale).rounded(.toNearestOrEven)
        guard !steps.isNaN else { return zeroPoint }
        let low = Float(indices.lowerBound - zeroPoint)
        let high = Float(indices.upperBound - zeroPoint)
        return Int(min(max(steps, low), high)) + zeroPoint
    }

    /// - Parameter index: in `indices`.
    public func value(of index: Int) -> Float { scale * Float(index - zeroPoint) }

    /// The nearest number of the grid.
    public func rounded(_ value: Float) -> Float { self.value(of: index(of: value)) }

    /// The least and the greatest number.
    public var range: (low: Float, high: Float) { (value(of: indices.lowerBound), value(of: indices.upperBound)) }
}

/// The grids that a layer's weights lie on: one for all, or one an output channel.
public struct WeightGrid: Hashable, Sendable {
    /// One, or one an output channel.
    public let scales: [Float]
    /// As many as scales.
    public let zeroPoints: [Int]
    public let isSigned: Bool

    /// - Precondition: positive, finite scales, at least one, and as many zero points, which fit in 8 bits.
    public init(scales: [Float], zeroPoints: [Int], isSigned: Bool) {
        precondition(!scales.isEmpty && scales.count == zeroPoints.count, "a scale for each zero point")
        precondition(scales.allSatisfy { $0 > 0 && $0.isFinite }, "a grid's scale is above 0")
        let indices = QuantizationGrid.indices(isSigned: isSigned)
        precondition(zeroPoints.allSatisfy(indices.contains), "a grid's zero point fits in 8 bits")
        (self.scales, self.zeroPoints, self.isSigned) = (scales, zeroPoints, isSigned)
    }

    /// The grid of an output channel.
    public subscript(channel: Int) -> QuantizationGrid {
        let index = scales.count == 1 ? 0 : channel
        return QuantizationGrid(scale: scales[index], zeroPoint: zeroPoints[index], isSigned: isSigned)
    }
}
