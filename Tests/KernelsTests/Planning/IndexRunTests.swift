// Slices picked along an axis, as regular walks.
import Testing

@testable import EnginePlanning

@Suite("Index runs")
struct IndexRunTests {
    @Test func regularPicksAreOneRun() {
        #expect(IndexRun.runs([2, 3, 4]) == [IndexRun(first: 2, position: 0, count: 3, step: 1, repeats: 1)])
        #expect(IndexRun.runs([1, 3, 5]) == [IndexRun(first: 1, position: 0, count: 3, step: 2, repeats: 1)])
        #expect(IndexRun.runs([0, 0, 1, 1]) == [IndexRun(first: 0, position: 0, count: 2, step: 1, repeats: 2)])
        #expect(IndexRun.runs([3, 2, 1]) == [IndexRun(first: 3, position: 0, count: 3, step: -1, repeats: 1)])
        #expect(IndexRun.runs([4, 4, 4]) == [IndexRun(first: 4, position: 0, count: 1, step: 0, repeats: 3)])
        #expect(IndexRun.runs([]).isEmpty)
    }

    /// Whatever they are cut into, they are the same picks.
    @Test func othersAreCut() {
        for indices in [[0, 0, 1, 2, 2, 3], [3, 4, 5, 20, 0, 7, 2, 2, 9], [1, 2, 2], [5, 1]] {
            var picked = [Int](repeating: -1, count: indices.count)
            for run in IndexRun.runs(indices) {
                for place in 0..<run.count * run.repeats {
                    picked[run.position + place] = run.first + place / run.repeats * run.step
                }
            }
            #expect(picked == indices)
        }
    }
}
