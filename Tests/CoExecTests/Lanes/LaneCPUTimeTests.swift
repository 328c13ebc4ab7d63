// What lanes' threads take of a core, beside the time that frames take.
import Glibc
import System
import Testing

@testable import CoExec

@Suite(.serialized) struct LaneCPUTimeTests {
    /// Computes for as long on its core, however long that takes.
    private static func spin(milliseconds: Int) {
        let time = ThreadCPUTime.start()
        while time.nanoseconds < milliseconds * 1_000_000 {}
    }

    private static let spinning = FakeDevice(
        name: "spinning",
        service: { _ in
            spin(milliseconds: 20)
            return 0
        })
    private static let sleeping = FakeDevice(name: "sleeping", service: { _ in 20_000 })

    @Test func aLaneThatComputesTakesItsTimeAndOneThatSleepsTakesNone() throws {
        for onLanes in [false, true] {
            for (device, least, most) in [(Self.spinning, 200_000_000, 300_000_000), (Self.sleeping, 0, 50_000_000)] {
                let stream = try FrameStream(devices: [device])
                let source = NumberSource(count: 10)
                if onLanes {
                    try stream.runOnLanes(source: { source.next() }) { _ in }
                } else {
                    try stream.run(source: { source.next() }) { _ in }
                }
                let report = stream.report().devices[0]
                #expect(report.busyNanoseconds >= 10 * 20_000_000)
                #expect(report.cpuNanoseconds >= least && report.cpuNanoseconds <= most, "\(report.cpuNanoseconds)")
                #expect(report.cpuNanoseconds == report.lanes[0].cpuNanoseconds)
            }
        }
    }

    @Test func itGrowsWhileTheStreamRunsAndStaysOnceItHasEnded() throws {
        let stream = try FrameStream(devices: [Self.spinning])
        #expect(stream.report().devices[0].cpuNanoseconds < 20_000_000)
        _ = stream.push(0)
        let deadline = monotonicNanoseconds() + 10_000_000_000
        // Seen from another thread, while the frame runs.
        while stream.report().devices[0].cpuNanoseconds < 10_000_000, monotonicNanoseconds() < deadline {
            usleep(1000)
        }
        #expect(stream.report().devices[0].cpuNanoseconds >= 10_000_000)
        stream.finish()
        while stream.pull() != nil {}
        stream.cancel()
        let (atEnd, later) = (stream.report().devices[0], stream.report().devices[0])
        #expect(atEnd.cpuNanoseconds >= 20_000_000 && atEnd.cpuNanoseconds == later.cpuNanoseconds)
    }

    @Test func whatALaneDoesBeforeItIsOpenIsNotTheStreams() throws {
        let stream = try FrameStream(devices: [SlowToOpen()])
        stream.finish()
        stream.cancel()
        #expect(stream.report().devices[0].cpuNanoseconds < 20_000_000)
    }

    private struct SlowToOpen: Device {
        let name = "slow to open"
        let laneCount = 1

        func openLane(_ index: Int) throws -> any Lane<Int, Int> {
            spin(milliseconds: 40)
            return try FakeDevice(name: "inner").openLane(0)
        }
    }
}

/// 0 ..< `count`, from whichever thread asks.
private final class NumberSource: Sendable {
    private let count: Int
    private let given = PaddedAtomic(0)

    init(count: Int) { self.count = count }

    func next() -> Int? {
        let number = given.value.add(1, ordering: .relaxed).oldValue
        return number < count ? number : nil
    }
}
