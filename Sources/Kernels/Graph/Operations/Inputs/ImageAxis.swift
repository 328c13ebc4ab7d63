// How a component of a frame is resized along an axis: what all engines share. Values.

/// What a result is a sum of: `head` of the sample at `low`, `tail` of that at `high`, and all between.
package struct ImageSpan: Equatable, Sendable {
    package let low: Int
    package let high: Int
    package let head: Float
    package let tail: Float
}

/// Results along an axis, of samples each of which stands for `pixels` pixels: a pixel begins at pixel ÷ pixels.
package struct ImageAxis: Sendable {
    /// In samples from the plane's edge.
    package let spans: [ImageSpan]
    /// What sums are multiplied by.
    package let factor: Double

    /// The samples that are looked at.
    package var first: Int { spans.first!.low }
    package var last: Int { spans.last!.high }

    /// - Parameters:
    ///   - start, length: the part of the frame, in pixels.
    ///   - count: results.
    package init(_ start: Int, _ length: Int, pixels: Int, to count: Int, _ resampling: ImageResampling) {
        // In parts of a sample, `unit` of which are one.
        let unit = pixels * count
        if resampling == .area, length > unit {
            spans = (0..<count).map { index in
                let begin = start * count + index * length
                let end = begin + length
                let (low, high) = (begin / unit, (end - 1) / unit)
                return ImageSpan(
                    low: low, high: high, head: Float((low + 1) * unit - begin) / Float(unit),
                    tail: Float(end - high * unit) / Float(unit))
            }
            factor = Double(unit) / Double(length)
            return
        }
        let (first, last) = (start / pixels, (start + length - 1) / pixels)
        spans = (0..<count).map { index in
            // In halves of such parts, so that centres are whole numbers.
            let centre = 2 * start * count + (2 * index + 1) * length - unit
            let position = min(max(centre, first * 2 * unit), last * 2 * unit)
            let (low, rest) = position.quotientAndRemainder(dividingBy: 2 * unit)
            let share = Float(rest) / Float(2 * unit)
            return ImageSpan(low: low, high: rest > 0 ? low + 1 : low, head: 1 - share, tail: share)
        }
        factor = 1
    }
}
