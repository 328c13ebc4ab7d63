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
                        turns.beginFrame(lasting: 500_000)
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
                        var hasTurn = turns.begin { false }
                        for run in 0..<3 {
                            if run > 0 { hasTurn = turns.giveWay { false } }
                            guard hasTurn else { break }
                            let others = measurements.add(1, ordering: .sequentiallyConsistent).oldValue
                            if others > 0 || frames.load(ordering: .sequentiallyConsistent) > 0 {
                                clashes.add(1, ordering: .relaxed)
                            }
                            usleep(200)
                            measurements.subtract(1, ordering: .sequentiallyConsistent)
                        }
                        guard hasTurn else { continue }
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
        turns.beginFrame(lasting: nil)
        #expect(!turns.begin { true })
        turns.endFrame()
        // Nor do frames wait for it.
        turns.beginFrame(lasting: nil)
        turns.endFrame()
    }

    /// As a hung lane's.
    @Test func aFrameWithoutAnEndHoldsUpNoOtherLane() throws {
        let turns = FrameTurns.of("two lanes, one hangs")
        turns.beginFrame(lasting: nil)
        let hasTurn = Atomic<Bool>(true)
        let isOver = Atomic<Bool>(false)
        let measures = try Thread(name: "measures") {
            hasTurn.store(turns.begin { false }, ordering: .relaxed)
            isOver.store(true, ordering: .relaxed)
        }
        var frames = 0
        while !isOver.load(ordering: .relaxed) {
            turns.beginFrame(lasting: 1_000_000)
            frames += 1
            usleep(1000)
            turns.endFrame()
        }
        measures.join()
        #expect(!hasTurn.load(ordering: .relaxed) && frames > 20, "\(frames) frames")
    }

    @Test func aFrameWithoutAnEndEndsMeasuring() {
        let turns = FrameTurns.of("one lane, hangs")
        turns.beginFrame(lasting: nil)
        #expect(!turns.begin { false })
    }

    /// Where lanes' frames overlap, a lane waits for as long as a few of them, so that measuring gets its turn.
    @Test func longFramesWaitForLong() throws {
        let turns = FrameTurns.of("long frames")
        let isDone = Atomic<Bool>(false)
        let lanes = try (0..<2).map { lane in
            try Thread(name: "lane") {
                usleep(UInt32(lane) * 75_000)
                while !isDone.load(ordering: .relaxed) {
                    turns.beginFrame(lasting: 150_000_000)
                    usleep(150_000)
                    turns.endFrame()
                }
            }
        }
        usleep(100_000)
        let hasTurn = turns.begin { false }
        if hasTurn { turns.end() }
        isDone.store(true, ordering: .relaxed)
        for lane in lanes { lane.join() }
        #expect(hasTurn)
    }

    @Test func withoutFramesNothingWaits() {
        let turns = FrameTurns.of("idle")
        for _ in 0..<100 {
            #expect(turns.begin { false })
            #expect(turns.giveWay { false })
            turns.end()
        }
    }

    @Test func devicesOfOneNameShareTurns() {
        let turns = FrameTurns.of("shared")
        #expect(turns === FrameTurns.of("shared"))
        #expect(turns !== FrameTurns.of("another"))
    }
}
