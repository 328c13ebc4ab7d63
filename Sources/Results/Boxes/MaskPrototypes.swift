// Masks of single things out of masks that all share: YOLACT's way (Bolya et al., "YOLACT: Real-time Instance
// Segmentation", 2019), as YOLO's segmentation networks go it. Pure.

import NetworkGraph

/// Shared masks, of which each candidate has a number for each: their sum in these shares is above 0 inside the thing.
struct MaskPrototypes: Equatable, Sendable {
    /// A map of as many columns as there are shared masks.
    let columns: OutputColumns
    let width: Int
    let height: Int

    /// The second of two outputs, where that is a map at a quarter of the input's size.
    init?(_ network: NetworkFacts) {
        guard network.outputs.count == 2 else { return nil }
        (width, height) = (network.input.width / 4, network.input.height / 4)
        guard let map = network.outputs[1].map(1, width: width, height: height) else { return nil }
        columns = map
    }

    /// Added to how a head was told.
    var reason: String { ", and \(columns.count) masks of \(width)×\(height) that they share" }

    /// The mask of a box, a cell a pixel of the input, cut to the box and to where the picture lies; between the shared
    /// masks' cells straight lines are drawn.
    /// - Parameters:
    ///   - shares: the candidate's numbers, one a shared mask.
    /// - Returns: nil where nothing of the box is in the picture, or the outputs don't fit.
    func mask(_ shares: [Float], _ corners: Corners, _ outputs: [Tensor], _ geometry: FrameGeometry) -> InstanceMask? {
        let input = geometry.input
        guard shares.count == columns.count, corners.isFinite, outputs.indices.contains(columns.output),
            columns.fits(candidates: width * height, in: outputs[columns.output].values.count),
            let part = Self.pixels(corners, geometry)
        else { return nil }
        let across = Self.taps(part.x, part.width, step: Float(input.width) / Float(width), limit: width)
        let down = Self.taps(part.y, part.height, step: Float(input.height) / Float(height), limit: height)
        let (left, right) = (across[0].low, across[part.width - 1].high)
        let (top, bottom) = (down[0].low, down[part.height - 1].high)
        let logits: [Float] = outputs[columns.output].values.withUnsafeBufferPointer { values in
            sums(shares, values, columns: left...right, rows: top...bottom)
        }
        let rowLength = right - left + 1
        var isInside = [Bool](repeating: false, count: part.width * part.height)
        logits.withUnsafeBufferPointer { sums in
            for (y, vertical) in down.enumerated() {
                let (first, second) = ((vertical.low - top) * rowLength, (vertical.high - top) * rowLength)
                for (x, horizontal) in across.enumerated() {
                    let (low, high) = (horizontal.low - left, horizontal.high - left)
                    func between(_ row: Int) -> Float {
                        sums[row + low] + (sums[row + high] - sums[row + low]) * horizontal.share
                    }
                    let (above, below) = (between(first), between(second))
                    isInside[y * part.width + x] = above + (below - above) * vertical.share > 0
                }
            }
        }
        let (x, y) = (Float(part.x), Float(part.y))
        let cells = Corners(left: x, top: y, right: x + Float(part.width), bottom: y + Float(part.height))
        return geometry.area(cells).map { area in
            InstanceMask(area: area, width: part.width, height: part.height, isInside: isInside)
        }
    }

    /// The pixels of the input whose middles are in a box, where the picture lies; nil for none.
    private static func pixels(_ corners: Corners, _ geometry: FrameGeometry) -> ImageArea? {
        let target = geometry.placement.target
        func range(_ low: Float, _ high: Float, _ start: Int, _ count: Int) -> Range<Int>? {
            let first = max((low - 0.5).rounded(.up), Float(start))
            let end = min((high - 0.5).rounded(.up), Float(start + count))
            return first < end ? Int(first)..<Int(end) : nil
        }
        guard let columns = range(corners.left, corners.right, target.x, target.width),
            let rows = range(corners.top, corners.bottom, target.y, target.height)
        else { return nil }
        return ImageArea(x: columns.lowerBound, y: rows.lowerBound, width: columns.count, height: rows.count)
    }

    /// For each pixel's middle the shared masks' cells whose middles are around it, and the second one's share.
    private static func taps(
        _ start: Int, _ count: Int, step: Float, limit: Int
    ) -> [(low: Int, high: Int, share: Float)] {
        (start..<start + count).map { pixel in
            let place = max((Float(pixel) + 0.5) / step - 0.5, 0)
            let low = min(Int(place), limit - 1)
            return (low, min(low + 1, limit - 1), min(place - Float(low), 1))
        }
    }

    /// A candidate's sums in a part of the map, row by row.
    private func sums(
        _ shares: [Float], _ values: UnsafeBufferPointer<Float>, columns part: ClosedRange<Int>, rows: ClosedRange<Int>
    ) -> [Float] {
        var sums = [Float](repeating: 0, count: part.count * rows.count)
        sums.withUnsafeMutableBufferPointer { sums in
            for (number, share) in shares.enumerated() {
                var target = 0
                for row in rows {
                    var source = columns.at(row * width + part.lowerBound, number)
                    for _ in part {
                        sums[target] += share * values[source]
                        source += columns.row
                        target += 1
                    }
                }
            }
        }
        return sums
    }
}
