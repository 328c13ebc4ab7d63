// Regions of a feature map brought to one size. A value.

/// N×C×H×W, R×4 regions (x1, y1, x2, y2) and R image numbers give R×C×height×width (ONNX's RoiAlign; He, Gkioxari,
/// Dollár, Girshick, "Mask R-CNN", 2017).
public struct RegionAlignment: Hashable, Sendable {
    public let height: Int
    public let width: Int
    /// Samples along each side of a result's pixel; 0 for as many as pixels that it covers.
    public let samples: Int
    /// Pixels of the map for one of the regions' units.
    public let scale: Float
    /// Half a pixel is taken off coordinates: pixels' centres lie at .5.
    public let isHalfPixel: Bool
    /// The largest of all weighted corners, not the mean of the samples.
    public let takesMaximum: Bool

    /// - Precondition: positive sizes, no negative number of samples.
    public init(
        height: Int, width: Int, samples: Int = 0, scale: Float = 1, isHalfPixel: Bool = true,
        takesMaximum: Bool = false
    ) {
        precondition(height > 0 && width > 0 && samples >= 0)
        (self.height, self.width, self.samples, self.scale) = (height, width, samples, scale)
        (self.isHalfPixel, self.takesMaximum) = (isHalfPixel, takesMaximum)
    }
}

extension RegionAlignment: OperationDefinition {
    package var name: String { "region_alignment" }
    package var inputCount: ClosedRange<Int> { 3...3 }
    package var structure: String { "\(samples) \(scale) \(isHalfPixel) \(takesMaximum)" }

    package func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
        try inputs[0].checkFeatureMap(for: name)
        guard inputs[1].rank == 2, inputs[1][1] == 4, inputs[2].extents == [inputs[1][0]] else {
            throw ShapeMismatch(reason: "\(name) needs R×4 and R, got \(inputs[1]) and \(inputs[2])")
        }
        // Samples are kept along each side.
        let most = samples > 0 ? samples : max(inputs[0][2], inputs[0][3]) + 1
        guard max(height, width) <= (1 << 24) / most else {
            throw ShapeMismatch(reason: "\(height)×\(width) results of \(most) samples are too many")
        }
        return try .checked([inputs[1][0], inputs[0][1], height, width])
    }

    package func work(_ inputs: [Shape], _ output: Shape) -> Int {
        let most = samples > 0 ? samples : max(inputs[0][2], inputs[0][3])
        return output.count(times: min(most, 1 << 20) * min(most, 1 << 20))
    }

    package func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        let (_, channels, mapHeight, mapWidth) = inputs[0].shape.nchw
        var index = 0
        for region in 0..<output.shape[0] {
            let image = inputs[2].position(region, of: inputs[0].shape[0])
            let offset = isHalfPixel ? 0.5 : 0
            let ends = (0..<4).map { Double(inputs[1].values[region * 4 + $0]) * Double(scale) - offset }
            // Without half pixels, regions have at least one.
            let least = isHalfPixel ? -Double.infinity : 1
            let columns = axis(ends[0], max(ends[2] - ends[0], least), width, mapWidth)
            let rows = axis(ends[1], max(ends[3] - ends[1], least), height, mapHeight)
            for channel in 0..<channels {
                let plane = (image * channels + channel) * mapHeight * mapWidth
                for row in rows {
                    for column in columns {
                        let value = pool(inputs[0].values, plane, mapWidth, row, column)
                        output.values[index] = Float(value)
                        index += 1
                    }
                }
            }
        }
    }

    /// Two pixels of the map and their weights; nil where a sample lies outside.
    private typealias Sample = (low: Int, high: Int, share: Double)?

    /// The samples of each of the result's rows or columns.
    private func axis(_ start: Double, _ size: Double, _ count: Int, _ extent: Int) -> [[Sample]] {
        guard start.isFinite, size.isFinite else { return [[Sample]](repeating: [], count: count) }
        let bin = size / Double(count)
        let samples = self.samples > 0 ? self.samples : min(Int(min(max(bin.rounded(.up), 0), 1e6)), extent + 1)
        return (0..<count).map { place in
            (0..<samples).map { sample -> Sample in
                let x = start + Double(place) * bin + (Double(sample) + 0.5) * bin / Double(samples)
                guard x >= -1, x <= Double(extent) else { return nil }
                let clamped = min(max(x, 0), Double(extent - 1))
                let low = Int(clamped)
                return (low, min(low + 1, extent - 1), clamped - Double(low))
            }
        }
    }

    private func pool(
        _ values: UnsafeBufferPointer<Float>, _ plane: Int, _ width: Int, _ rows: [Sample], _ columns: [Sample]
    ) -> Double {
        var (sum, largest) = (0.0, -Double.infinity)
        for row in rows {
            for column in columns {
                guard let row, let column else {
                    largest = max(largest, 0)
                    continue
                }
                func weighted(_ y: Int, _ x: Int, _ weight: Double) -> Double {
                    weight * Double(values[plane + y * width + x])
                }
                let corners = [
                    weighted(row.low, column.low, (1 - row.share) * (1 - column.share)),
                    weighted(row.low, column.high, (1 - row.share) * column.share),
                    weighted(row.high, column.low, row.share * (1 - column.share)),
                    weighted(row.high, column.high, row.share * column.share),
                ]
                for corner in corners {
                    sum += corner
                    largest = max(largest, corner)
                }
            }
        }
        let count = rows.count * columns.count
        if takesMaximum { return count == 0 ? 0 : largest }
        return count == 0 ? 0 : sum / Double(count)
    }
}
