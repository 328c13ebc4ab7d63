// When a choice is measured, and when it is taken from what is known.
import Foundation
import Testing

@testable import EnginePlanning

@Suite struct TuningTests {
    let test = CacheFolderOfTest()
    let key = TuningKey("lanes", ["processor": "core"])

    /// Asks for a choice that, when measured, is `value`.
    private func choice(
        _ tuning: Tuning, _ value: Int?, isValid: (Int) -> Bool = { _ in true }
    ) -> (value: Int?, isMeasured: Bool) {
        var isMeasured = false
        let result = tuning.choice(for: key, isValid: isValid) {
            isMeasured = true
            return value
        }
        return (result, isMeasured)
    }

    @Test func aChoiceIsMeasuredOnceAndRemembered() {
        #expect(choice(Tuning(.remembered, cache: test.cache), 1) == (1, true))
        // As another process would.
        #expect(choice(Tuning(.remembered, cache: test.cache), 2) == (1, false))
    }

    @Test func anewMeasuresOnceAProcessAndOverwrites() {
        #expect(choice(Tuning(.remembered, cache: test.cache), 1) == (1, true))
        let anew = Tuning(.anew, cache: test.cache)
        #expect(choice(anew, 2) == (2, true))
        #expect(choice(anew, 3) == (2, false))
        #expect(choice(Tuning(.remembered, cache: test.cache), 4) == (2, false))
    }

    @Test func offMeasuresReadsAndKeepsNothing() {
        #expect(choice(Tuning(.off, cache: test.cache), 1) == (nil, false))
        #expect(choice(Tuning(.remembered, cache: test.cache), 2) == (2, true))
        #expect(choice(Tuning(.off, cache: test.cache), 3) == (nil, false))
        #expect(choice(.off, 4) == (nil, false))
    }

    @Test func withoutACacheOneProcessRemembers() {
        let tuning = Tuning(.remembered, cache: nil)
        #expect(choice(tuning, 1) == (1, true))
        #expect(choice(tuning, 2) == (1, false))
        #expect(choice(Tuning(.remembered, cache: nil), 3) == (3, true))
    }

    @Test func aCacheThatCannotBeWrittenCostsMeasuringAgain() {
        let cache = TuningCache(folder: "/dev/null/coexec")
        #expect(choice(Tuning(.remembered, cache: cache), 1) == (1, true))
        #expect(choice(Tuning(.remembered, cache: cache), 2) == (2, true))
    }

    @Test func aRememberedChoiceThatIsNoneIsMeasured() {
        #expect(choice(Tuning(.remembered, cache: test.cache), 7) == (7, true))
        #expect(choice(Tuning(.remembered, cache: test.cache), 2, isValid: { $0 < 5 }) == (2, true))
        #expect(choice(Tuning(.remembered, cache: test.cache), 3, isValid: { $0 < 5 }) == (2, false))
    }

    @Test func whatGaveUpIsNotKept() {
        let tuning = Tuning(.anew, cache: test.cache)
        #expect(choice(tuning, nil) == (nil, true))
        #expect(choice(tuning, 1) == (1, true))
    }

    @Test func whileRunningTakesWhatIsKeptAndMeasuresInTurnOnly() {
        let running = Tuning(.whileRunning, cache: test.cache)
        #expect(choice(running, 1) == (nil, false))
        #expect(choice(running.measuring(in: CountedTurns(of: .max)), 2) == (2, true))
        #expect(choice(running, 3) == (2, false))
        #expect(choice(Tuning(.whileRunning, cache: test.cache), 4) == (2, false))
    }

    @Test func whatWasBegunIsNoChoiceYet() throws {
        let running = Tuning(.whileRunning, cache: test.cache)
        running.measuring(in: CountedTurns(of: .max)).keep(begun: 1, for: key)
        #expect(choice(running, 2) == (nil, false))
        // As another process would.
        let another = Tuning(.whileRunning, cache: test.cache).measuring(in: CountedTurns(of: .max))
        #expect(another.begun(for: key, as: Int.self) == 1)
        // Nobody measures the rest in quiet, nor anew.
        #expect(Tuning(.remembered, cache: test.cache).begun(for: key, as: Int.self) == nil)
        #expect(Tuning(.anew, cache: test.cache).begun(for: key, as: Int.self) == nil)
        // The whole takes its place.
        #expect(choice(another, 2) == (2, true))
        #expect(another.begun(for: key, as: Int.self) == nil)
        let files = try FileManager.default.contentsOfDirectory(atPath: test.folder)
        #expect(files == [TuningCache.fileName(key.betweenFrames)])
    }

    @Test func whatWasMeasuredBetweenFramesIsForThatAlone() {
        func running() -> Tuning { Tuning(.whileRunning, cache: test.cache) }
        #expect(choice(running().measuring(in: CountedTurns(of: .max)), 1) == (1, true))
        #expect(choice(running(), 2) == (1, false))
        // Others measure in quiet, which is better for all.
        #expect(choice(Tuning(.remembered, cache: test.cache), 3) == (3, true))
        #expect(choice(running(), 4) == (3, false))
        #expect(choice(running().measuring(in: CountedTurns(of: .max)), 5) == (3, false))
    }

    @Test func anErrorIsTheCallersAndNothingIsKept() {
        struct Failure: Error {}
        let tuning = Tuning(.remembered, cache: test.cache)
        #expect(throws: Failure.self) { () throws(any Error) -> Int? in
            try tuning.choice(for: key) { throw Failure() }
        }
        #expect(choice(tuning, 1) == (1, true))
    }
}
