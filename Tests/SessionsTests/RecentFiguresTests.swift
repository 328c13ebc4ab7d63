import Testing

@testable import Sessions

@Suite struct RecentFiguresTests {
    @Test func quantilesAndRatesAreOfTheLatest() {
        var recent = RecentFigures()
        #expect(recent.latency(0.5) == 0 && recent.rate(now: 0) == 0)
        // A result a millisecond, the first 500 of which are slow.
        for index in 0..<1500 { recent.note(latency: index < 500 ? 1_000_000 : index, now: index * 1_000_000) }
        #expect(recent.resultCount == 1000)
        #expect(recent.latency(0.5) == 1000 && recent.latency(0.99) == 1490)
        #expect(abs(recent.rate(now: 1_499_000_000) - 1000) < 1.5)
        #expect(recent.rate(now: 1_999_500_000) == 500)
        #expect(recent.rate(now: 10_000_000_000) == 0)
    }
}
