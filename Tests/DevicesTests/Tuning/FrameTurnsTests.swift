// Frames and measurements take turns: never both, neither for ever.
import CoExec
import Glibc
import Synchronization
import Testing

@testable import Devices

@Suite struct FrameTurnsTests {
    @Test func framesAndMeasurementsAreNeverAtOnce() throws {
        let turns = FrameTurns.of("never at once")
        let frames = Atomic<Int>(0)
        let measurements = Atomic<Int>(0)
        let clashes = Atomic<Int>(0)
        let measured = Atomic<Int>(0)
        let isDone = Atomic<Bool>(false)
        var threads: [CoExec.Thread] = []
        for _ in 0..<2 {
            threads.append(
                try Thread(name: "lane") {
                    while !isDone.load(ordering: .relaxed) {
                        turns.beginFrame()
                        frames.add(1, ordering: .sequentiallyConsistent)
                        if measurements.load(ordering: .sequentiallyConsistent) > 0 {
                            clashes.add(1, ordering: .relaxed)
                        }
                        usleep(500)
                        frames.subtract(1, ordering: .sequentiallyConsistent)
                        turns.endFrame()
                    }
                })
        }
        for _ in 0..<2 {
            threads.append(
                try Thread(name: "measures") {
                    for _ in 0..<20 {
                        turns.begin { false }
                        for run in 0..<3 {
                            if run > 0 { turns.giveWay { false } }
                            let others = measurements.add(1, ordering: .sequentiallyConsistent).oldValue
                            if others > 0 || frames.load(ordering: .sequentiallyConsistent) > 0 {
                                clashes.add(1, ordering: .relaxed)
                            }
                            usleep(200)
                            measurements.subtract(1, ordering: .sequentiallyConsistent)
                        }
                        turns.end()
                        measured.add(1, ordering: .relaxed)
                    }
                })
        }
        // Measurements come to their end although frames want all of the time.
        for thread in threads.suffix(2) { thread.join() }
        isDone.store(true, ordering: .relaxed)
        for thread in threads.prefix(2) { thread.join() }
        #expect(clashes.load(ordering: .relaxed) == 0)
        #expect(measured.load(ordering: .relaxed) == 40)
    }

    @Test func aMeasurementThatIsOverWaitsForNoFrame() {
        let turns = FrameTurns.of("over")
        turns.beginFrame()
        turns.begin { true }
        turns.end()
        turns.endFrame()
    }

    @Test func withoutFramesNothingWaits() {
        let turns = FrameTurns.of("idle")
        for _ in 0..<100 {
            turns.begin { false }
            turns.giveWay { false }
            turns.end()
        }
    }

    @Test func devicesOfOneNameShareTurns() {
        let turns = FrameTurns.of("shared")
        #expect(turns === FrameTurns.of("shared"))
        #expect(turns !== FrameTurns.of("another"))
    }
}
