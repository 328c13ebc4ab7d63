// Combinations of devices: which there are, which is best, and what is said of all together.

import Testing

@testable import StreamDemo

@Suite struct SubsetsTests {
    @Test func combinationsAreAllButSingleOnesAndAll() {
        #expect(InterferenceRound.combinations(of: 2, sizes: 2...7).isEmpty)
        #expect(InterferenceRound.combinations(of: 3, sizes: 2...7) == [[0, 1], [0, 2], [1, 2]])
        #expect(InterferenceRound.combinations(of: 4, sizes: 2...7).count == 10)
        #expect(InterferenceRound.combinations(of: 4, sizes: 2...2).count == 6)
        #expect(InterferenceRound.combinations(of: 1, sizes: 2...7).isEmpty)
    }

    /// Rounds of three devices of 10, 20 and 5 frames/s, with these figures for b + c and for all.
    private func rounds(_ figures: [(pair: Double, all: Double)]) -> [InterferenceRound] {
        figures.map { pair, all in
            let groups: [([Int], [Double])] = [
                ([0, 1], [10, 19]), ([0, 2], [10, 4]), ([1, 2], [pair, 0]), ([0, 1, 2], [all / 2, all / 4, all / 4]),
            ]
            return InterferenceRound(
                deviceNames: ["a", "b", "c"], alone: [10, 20, 5],
                groups: groups.map { InterferenceRound.Group(members: $0, framesPerSecond: $1) })
        }
    }

    @Test func theBestIsNamedAndThePromiseKept() throws {
        let subsets = Subsets(network: "net", rounds: rounds([(24, 33), (24, 34), (25, 33)]))
        #expect(subsets.rows.count == 7 && subsets.rows.filter(\.isBest).map(\.devices) == [["a", "b", "c"]])
        let promise = try #require(subsets.promise)
        #expect(promise.beside == ["a", "b"] && promise.verdict == .faster)
        #expect(promise.ratio > 1.13 && promise.ratio < 1.15)
        #expect(subsets.text.contains("kept: all together are faster than the best other combination, a + b"))
    }

    @Test func whatRoundsCannotTellApartIsSaid() throws {
        let subsets = Subsets(network: "net", rounds: rounds([(24, 28), (24, 30), (25, 29)]))
        #expect(subsets.promise?.verdict == .equal)
        #expect(subsets.text.contains("as far as these rounds tell"))
    }

    @Test func aBrokenPromiseIsSaid() throws {
        let subsets = Subsets(network: "net", rounds: rounds([(24, 20), (24, 20.1), (25, 20.2)]))
        #expect(subsets.promise?.verdict == .slower)
        #expect(subsets.rows.filter(\.isBest).map(\.devices) == [["a", "b"]])
        #expect(subsets.text.contains("broken: all together are slower than a + b"))
    }
}
