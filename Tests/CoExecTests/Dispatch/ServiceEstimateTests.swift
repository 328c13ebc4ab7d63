import Testing

@testable import CoExec

@Suite struct ServiceEstimateTests {
    private func estimate(_ times: [Int], prior: Int? = nil) -> Int? {
        var estimate = ServiceEstimate(prior: prior)
        for time in times { estimate.record(time) }
        return estimate.nanoseconds
    }

    @Test func nothingIsKnownBeforeTheFirstFrame() {
        #expect(estimate([]) == nil)
        #expect(estimate([], prior: 80) == 80)
        #expect(estimate([70]) == 70)
    }

    /// Warming up costs one frame's estimate, not seven.
    @Test func aFirstFrameTenTimesSlowerCountsForOneFrameOnly() {
        #expect(estimate([1000]) == 1000)
        #expect(estimate([1000, 100]) == 100)
        #expect(estimate([1000, 100, 100]) == 100)
    }

    @Test(arguments: 0..<7) func anOutlierDoesNotMoveIt(position: Int) {
        var times = [100, 101, 99, 100, 102, 98, 100]
        times[position] = 100_000
        #expect((98...102).contains(estimate(times)!))
        times[position] = 1
        #expect((98...102).contains(estimate(times)!))
    }

    @Test func driftReplacesItWithinFourFrames() {
        let before = Array(repeating: 100, count: 50)
        #expect(estimate(before + [200, 200, 200]) == 100)
        #expect(estimate(before + [200, 200, 200, 200]) == 200)
        #expect(estimate(before + [50, 50, 50, 50]) == 50)
    }

    @Test func aWrongPriorIsForgotten() {
        #expect(estimate([100, 100], prior: 5) == 100)
        #expect(estimate([100], prior: 1_000_000) == 100)
    }

    /// The definition, on every prefix of a random series.
    @Test func itIsTheLowerMedianOfTheLastSeven() {
        var random = SplitMix64(seed: 3)
        var estimate = ServiceEstimate()
        var times: [Int] = []
        for _ in 0..<200 {
            times.append(Int.random(in: 1...20, using: &random))
            estimate.record(times.last!)
            let latest = times.suffix(7).sorted()
            #expect(estimate.nanoseconds == latest[(latest.count - 1) / 2])
        }
    }
}
