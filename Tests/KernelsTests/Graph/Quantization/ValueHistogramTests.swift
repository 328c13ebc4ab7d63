// Percentiles from bins against those of sorted numbers, however the range grows.
import Testing

@testable import NetworkGraph

@Suite struct ValueHistogramTests {
    private func histogram(_ runs: [[Float]]) -> ValueHistogram {
        var histogram = ValueHistogram()
        for run in runs {
            let finite = run.filter(\.isFinite)
            histogram.add(run, within: finite.min()!...finite.max()!)
        }
        return histogram
    }

    @Test("a range holds the percentage asked for", arguments: [50, 90, 99, 99.9, 100])
    func holds(_ percent: Double) throws {
        var random = SeededValues(seed: 5)
        // Each run reaches further than the one before, to both sides.
        let runs = [0.001, 1, 3, 40].map { random.floats(5000, within: $0) }
        let all = runs.flatMap(\.self)
        let range = try #require(histogram(runs).range(holding: percent))
        let (low, high) = (all.min()!, all.max()!)
        #expect(range.lowerBound >= low && range.upperBound <= high)
        let outside = Double(all.count) * (100 - percent) / 200
        // Bins are a 2048th of the range at most, and hold some numbers each.
        let slack = 40.0
        #expect(abs(Double(all.count { $0 < range.lowerBound }) - outside) < slack)
        #expect(abs(Double(all.count { $0 > range.upperBound }) - outside) < slack)
    }

    @Test func outliersAreLeftOut() throws {
        let runs: [[Float]] = [(0..<10_000).map { Float($0) / 10_000 }, [1000]]
        let range = try #require(histogram(runs).range(holding: 99.9))
        // In bins of half of 1000 ÷ 1024.
        #expect(range.lowerBound < 0.01 && range.upperBound > 0.9 && range.upperBound < 1.5)
        #expect(histogram(runs).range(holding: 100) == 0...1000)
    }

    @Test("what is the same everywhere", arguments: [0, 5, -1e-30, 1e30, -3] as [Float])
    func oneValue(_ value: Float) {
        #expect(histogram([[value, value], [value]]).range(holding: 99) == value...value)
    }

    @Test func whatIsNoNumberDoesNotCount() {
        #expect(histogram([[.nan, 1, .infinity, 2, -.infinity]]).range(holding: 100) == 1...2)
        #expect(ValueHistogram().range(holding: 100) == nil)
    }

    @Test("farthest apart") func extremes() {
        let greatest = Float.greatestFiniteMagnitude
        let range = histogram([[1e-38], [-greatest, greatest]]).range(holding: 100)
        #expect(range == -greatest...greatest)
    }
}
