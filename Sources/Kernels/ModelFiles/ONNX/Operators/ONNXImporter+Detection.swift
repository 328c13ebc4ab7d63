// Operators of detectors and of maps sampled where a run says: GridSample, RoiAlign, NonMaxSuppression.
import NetworkGraph

extension ONNXImporter {
    mutating func gridSampling(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let interpolation: GridSampling.Interpolation
        switch try operands.text("mode") ?? "linear" {
        case "linear", "bilinear": interpolation = .linear
        case "nearest": interpolation = .nearest
        case "cubic", "bicubic": interpolation = .cubic
        case let other: throw .invalid("mode '\(other)'")
        }
        let border: GridSampling.Border
        switch try operands.text("padding_mode") ?? "zeros" {
        case "zeros": border = .zeros
        case "border": border = .edge
        case "reflection": border = .reflection
        case let other: throw .invalid("padding_mode '\(other)'")
        }
        guard try extents(operands[0]).count == 4 else { throw .unsupported("samples of other tensors than maps") }
        let sampling = GridSampling(interpolation, border: border, alignsCorners: try operands.flag("align_corners"))
        return try emit(.gridSampling(sampling), operands[0], operands[1])
    }

    mutating func regionAlignment(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let (height, width) = (try operands.integer("output_height") ?? 1, try operands.integer("output_width") ?? 1)
        let samples = try operands.integer("sampling_ratio") ?? 0
        guard (1...ImportLimits.window).contains(height), (1...ImportLimits.window).contains(width),
            (0...ImportLimits.window).contains(samples)
        else { throw .invalid("regions of \(height)×\(width), \(samples) samples") }
        let takesMaximum: Bool
        switch try operands.text("mode") ?? "avg" {
        case "avg": takesMaximum = false
        case "max": takesMaximum = true
        case let other: throw .invalid("mode '\(other)'")
        }
        let isHalfPixel: Bool
        switch try operands.text("coordinate_transformation_mode") ?? (opset < 16 ? "output_half_pixel" : "half_pixel")
        {
        case "half_pixel": isHalfPixel = true
        case "output_half_pixel": isHalfPixel = false
        case let other: throw .invalid("coordinate_transformation_mode '\(other)'")
        }
        let alignment = RegionAlignment(
            height: height, width: width, samples: samples, scale: try operands.float("spatial_scale") ?? 1,
            isHalfPixel: isHalfPixel, takesMaximum: takesMaximum)
        var images = operands[2]
        if case .constant(let constant) = images { images = .constant(constant.asFloats) }
        return try emit(.regionAlignment(alignment), operands[0], operands[1], images)
    }

    /// Rows of image, class and box. What a run selects has a fixed number of rows, the rest being −1; what is known
    /// here has as many as there are.
    mutating func boxSelection(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let stated = try operands.integers(2, "the number of boxes") ?? [0]
        guard let limit = stated.first, stated.count == 1 else { throw .invalid("\(stated.count) numbers of boxes") }
        guard limit > 0 else { throw .unsupported("a result without elements") }
        let hasCentres = try operands.flag("center_point_box")
        let selection = BoxSelection(
            limit: limit, overlap: try operands.scalar(3, "the threshold") ?? 0,
            threshold: try operands.scalar(4, "the threshold"), hasCentres: hasCentres)
        let result = try emit(.boxSelection(selection), operands[0], operands[1])
        guard case .constant(let constant) = result, case .floats(let values) = constant.elements else { return result }
        let found = Array(values.prefix { $0 >= 0 })
        guard !found.isEmpty else { throw .unsupported("a result without elements") }
        return .constant(ONNXConstant([found.count / 3, 3], .floats(found)))
    }
}
