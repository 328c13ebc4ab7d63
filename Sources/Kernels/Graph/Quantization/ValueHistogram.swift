// How often numbers lay where, in memory that doesn't grow with them. A value type.
import Glibc

/// Counts numbers in bins of one width, which doubles whenever the bins don't reach from the least to the greatest any
/// more.
///
/// Widths are powers of two and bins begin at their multiples, so that two bins become one exactly. The numbers' range
/// takes up at least half of the bins, or very nearly so.
struct ValueHistogram {
    /// Sixteen bins for each step of an 8-bit grid; 32 KiB.
    private static let binCount = 4096

    /// Of numbers from (first + index) · width up; empty before the first numbers.
    private var counts: [Int] = []
    private var first = 0.0
    private var width = 1.0
    private var total = 0
    private var (low, high) = (Float.infinity, -Float.infinity)

    /// Counts numbers; those that are not finite are left out.
    /// - Parameter range: of the finite ones, not wider.
    mutating func add(_ values: [Float], within range: ClosedRange<Float>) {
        reach(range)
        // Exact: a power of two.
        let (inverse, first) = (1 / width, first)
        var added = 0
        counts.withUnsafeMutableBufferPointer { counts in
            for value in values where value.isFinite {
                counts[Int((Double(value) * inverse).rounded(.down) - first)] += 1
                added += 1
            }
        }
        total += added
    }

    /// What holds so many percent of the numbers, half of the others lying below and half above; nil without numbers.
    func range(holding percent: Double) -> ClosedRange<Float>? {
        precondition(percent > 0 && percent <= 100, "a percentile is above 0, and 100 at most")
        guard total > 0 else { return nil }
        let cut = Double(total) * (100 - percent) / 200
        let lower = Float((first + Self.position(cut, counts)) * width)
        let upper = Float((first + Double(counts.count) - Self.position(cut, counts.reversed())) * width)
        // Rounding may cross them where all numbers are the same.
        let bound = min(max(lower, low), high)
        return bound...min(max(upper, bound), high)
    }

    /// How many bins so many numbers fill, the last one in part.
    private static func position(_ cut: Double, _ counts: some Sequence<Int>) -> Double {
        var left = cut
        var position = 0.0
        for count in counts {
            if Double(count) > left { return position + left / Double(count) }
            left -= Double(count)
            position += 1
        }
        return position
    }

    /// Sees to it that bins reach over all numbers so far and those of a range.
    private mutating func reach(_ range: ClosedRange<Float>) {
        (low, high) = (min(low, range.lowerBound), max(high, range.upperBound))
        if counts.isEmpty {
            counts = [Int](repeating: 0, count: Self.binCount)
            // Where all numbers are the same, so wide that the bins tell others of their size apart.
            let span = max(Double(high) - Double(low), Double(max(abs(low), abs(high))) / 1024, 0x1p-100)
            width = exp2((log2(span / Double(Self.binCount))).rounded(.up))
            first = bin(low)
        }
        let old = (first: first, width: width, counts: counts)
        let reach = Double(Self.binCount)
        while bin(high) - bin(low) >= reach { width *= 2 }
        guard width != old.width || bin(low) < first || bin(high) >= first + reach else { return }
        first = bin(low)
        counts = [Int](repeating: 0, count: Self.binCount)
        let merged = width / old.width
        for (index, count) in old.counts.enumerated() where count > 0 {
            counts[Int(((old.first + Double(index)) / merged).rounded(.down) - first)] += count
        }
    }

    private func bin(_ value: Float) -> Double { (Double(value) / width).rounded(.down) }
}
