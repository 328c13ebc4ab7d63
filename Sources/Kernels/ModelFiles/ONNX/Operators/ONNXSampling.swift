// Where the elements of a resized axis come from: nearest ones, or weighted sums. A value type.
import NetworkGraph

/// Where the elements of a resized axis come from, as ONNX's Resize defines it.
struct ONNXSampling {
    /// One axis: its extent before and after, and the stated ratio of the two.
    struct Line {
        let extent: Int
        let target: Int
        let scale: Double
    }

    enum Coordinates: String {
        case halfPixel = "half_pixel"
        case halfPixelSymmetric = "half_pixel_symmetric"
        case pytorchHalfPixel = "pytorch_half_pixel"
        case alignCorners = "align_corners"
        case asymmetric
    }

    enum Rounding: String {
        case preferFloor = "round_prefer_floor"
        case preferCeil = "round_prefer_ceil"
        case floor
        case ceil
    }

    private let coordinates: Coordinates
    /// Of the nearest element; nil for weighted sums.
    let rounding: Rounding?
    /// Elements to either side that count: 1 for linear, 2 for cubic.
    private let reach: Double
    private let cubicCoefficient: Double
    private let smoothes: Bool
    private let excludesOutside: Bool

    init(_ operands: ONNXOperands, opset: Int, isUpsample: Bool) throws(ImportFailure) {
        let isOld = isUpsample || opset < 11
        let mode = try operands.text("mode") ?? "nearest"
        let coordinates = try operands.text("coordinate_transformation_mode") ?? (isOld ? "asymmetric" : "half_pixel")
        guard let known = Coordinates(rawValue: coordinates) else {
            throw .unsupported("coordinate_transformation_mode '\(coordinates)' is not supported")
        }
        self.coordinates = known
        let nearest = try operands.text("nearest_mode") ?? (isOld ? "floor" : "round_prefer_floor")
        guard let rounding = Rounding(rawValue: nearest) else { throw .invalid("nearest_mode '\(nearest)'") }
        cubicCoefficient = Double(try operands.float("cubic_coeff_a") ?? -0.75)
        smoothes = try operands.flag("antialias")
        excludesOutside = try operands.flag("exclude_outside")
        operands.ignore("extrapolation_value")
        switch mode {
        case "nearest": (self.rounding, reach) = (rounding, 0)
        case "linear", "bilinear": (self.rounding, reach) = (nil, 1)
        case "cubic": (self.rounding, reach) = (nil, 2)
        default: throw .unsupported("mode '\(mode)' is not supported")
        }
    }

    /// Where an element of the result lies between those of the input.
    private func position(_ index: Int, _ line: Line) -> Double {
        let (index, extent, target) = (Double(index), Double(line.extent), Double(line.target))
        switch coordinates {
        case .halfPixel: return (index + 0.5) / line.scale - 0.5
        case .halfPixelSymmetric:
            let offset = extent / 2 * (1 - target / (line.scale * extent))
            return offset + (index + 0.5) / line.scale - 0.5
        case .pytorchHalfPixel: return target > 1 ? (index + 0.5) / line.scale - 0.5 : 0
        case .alignCorners:
            // By the stated scale, not by what it was rounded to.
            let length = line.scale * extent
            return length == 1 ? 0 : index * (extent - 1) / (length - 1)
        case .asymmetric: return index / line.scale
        }
    }

    func nearest(_ index: Int, _ line: Line, _ rounding: Rounding) -> Int {
        let position = position(index, line)
        let nearest =
            switch rounding {
            case .preferFloor: (position - 0.5).rounded(.up)
            case .preferCeil: (position + 0.5).rounded(.down)
            case .floor: position.rounded(.down)
            case .ceil: position.rounded(.up)
            }
        return Int(min(max(nearest, 0), Double(line.extent - 1)))
    }

    /// How far the weights are drawn out, to smooth what is made smaller.
    private func stretch(_ line: Line) -> Double { smoothes ? min(line.scale, 1) : 1 }

    private func first(_ line: Line) -> Int { Int((-reach / stretch(line)).rounded(.down)) + 1 }

    /// Bytes that the taps take, several times: making them takes longer than reading as much.
    func cost(_ line: Line) -> Int {
        let (cost, overflow) = line.target.multipliedReportingOverflow(by: 8 * (32 + 16 * (2 - 2 * first(line))))
        return overflow ? .max : cost
    }

    /// The elements around a position with their weights; those outside are the edge's.
    func taps(_ index: Int, _ line: Line) -> [Resampling.Tap] {
        let position = position(index, line)
        let base = position.rounded(.up) - 1
        let first = first(line)
        var weights: [(index: Double, weight: Double)] = (first..<2 - first).map { offset in
            (base + Double(offset), weight(stretch(line) * (Double(offset) - (position - base))))
        }
        if excludesOutside {
            let inside = 0...Double(line.extent - 1)
            weights = weights.map { ($0.index, inside.contains($0.index) ? $0.weight : 0) }
        }
        let sum = smoothes || excludesOutside ? weights.reduce(0) { $0 + $1.weight } : 1
        return weights.map {
            Resampling.Tap(
                index: Int(min(max($0.index, 0), Double(line.extent - 1))), weight: Float($0.weight / sum))
        }
    }

    /// The interpolating function: a triangle, or Keys' cubic ("Cubic Convolution Interpolation", 1981).
    private func weight(_ distance: Double) -> Double {
        let x = abs(distance)
        guard reach == 2 else { return max(1 - x, 0) }
        let a = cubicCoefficient
        if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
        return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0
    }
}
