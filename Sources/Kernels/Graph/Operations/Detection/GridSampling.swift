// A feature map sampled where a run says. A value.

/// N×C×H×W and N×H'×W'×2 (x, y from −1 to 1 over the map) give N×C×H'×W' (ONNX's GridSample, PyTorch's grid_sample).
public struct GridSampling: Hashable, Sendable {
    public enum Interpolation: String, Sendable { case nearest, linear, cubic }
    /// What lies around the map.
    public enum Border: String, CaseIterable, Sendable { case zeros, edge, reflection }
    public let interpolation: Interpolation
    public let border: Border
    /// Whether −1 and 1 are the centres of the corner pixels, not their outer edges.
    public let alignsCorners: Bool

    public init(_ interpolation: Interpolation, border: Border, alignsCorners: Bool) {
        (self.interpolation, self.border, self.alignsCorners) = (interpolation, border, alignsCorners)
    }
}

extension GridSampling: OperationDefinition {
    package var name: String { "grid_sampling" }
    package var inputCount: ClosedRange<Int> { 2...2 }
    package var structure: String { "\(interpolation) \(border) \(alignsCorners)" }

    package func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
        let (map, grid) = (inputs[0], inputs[1])
        try map.checkFeatureMap(for: name)
        guard grid.rank == 4, grid[0] == map[0], grid[3] == 2, max(map[2], map[3]) <= 1 << 31 else {
            throw ShapeMismatch(reason: "\(name) of \(map) needs \(map[0])×H×W×2, got \(grid)")
        }
        return try .checked([map[0], map[1], grid[1], grid[2]])
    }

    package func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count(times: 16) }

    package func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        let (batch, channels, height, width) = inputs[0].shape.nchw
        let area = output.shape[2] * output.shape[3]
        for n in 0..<batch {
            for place in 0..<area {
                let at = (n * area + place) * 2
                let columns = taps(Double(inputs[1].values[at]), width)
                let rows = taps(Double(inputs[1].values[at + 1]), height)
                for channel in 0..<channels {
                    let plane = (n * channels + channel) * height * width
                    var sum = 0.0
                    for row in rows {
                        for column in columns {
                            let value = Double(inputs[0].values[plane + row.position * width + column.position])
                            sum += row.weight * column.weight * value
                        }
                    }
                    output.values[(n * channels + channel) * area + place] = Float(sum)
                }
            }
        }
    }

    /// The pixels along one axis that a place is made of; those in zeros around the map are left out.
    private func taps(_ coordinate: Double, _ extent: Int) -> [(position: Int, weight: Double)] {
        // Times the extent of any map, it is still a whole number.
        guard coordinate.isFinite, abs(coordinate) < 0x1p28 else { return [] }
        let size = Double(extent)
        var x = alignsCorners ? (coordinate + 1) / 2 * (size - 1) : ((coordinate + 1) * size - 1) / 2
        switch interpolation {
        case .nearest:
            x = x.rounded(.toNearestOrEven)
            return inside(Int(x), extent).map { [($0, 1)] } ?? []
        case .linear:
            if border == .edge { x = min(max(x, 0), size - 1) }
            let low = x.rounded(.down)
            return [(Int(low), low + 1 - x), (Int(low) + 1, x - low)].compactMap { tap in
                tap.1 == 0 ? nil : inside(tap.0, extent).map { ($0, tap.1) }
            }
        case .cubic:
            let low = x.rounded(.down)
            return (-1...2).compactMap { offset in
                inside(Int(low) + offset, extent).map { ($0, Self.cubic(abs(x - low - Double(offset)))) }
            }
        }
    }

    /// Keys' kernel with a = −0.75, as PyTorch has it.
    private static func cubic(_ x: Double) -> Double {
        let a = -0.75
        return x <= 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    }

    /// The pixel of the map that stands for one; nil for zeros.
    private func inside(_ position: Int, _ extent: Int) -> Int? {
        if (0..<extent).contains(position) { return position }
        switch border {
        case .zeros: return nil
        case .edge: return min(max(position, 0), extent - 1)
        case .reflection:
            // Around the corner pixels' centres, or their outer edges.
            let period = alignsCorners ? max(2 * (extent - 1), 1) : 2 * extent
            let place = ((position % period) + period) % period
            if place < extent { return place }
            return alignsCorners ? period - place : period - 1 - place
        }
    }
}
