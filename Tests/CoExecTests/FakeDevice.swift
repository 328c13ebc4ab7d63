// A device for tests: doubles numbers, as slowly, oddly or wrongly as a test asks.

import Glibc
import Synchronization

@testable import CoExec

struct FakeDevice: Device {
    struct Failure: Error, Equatable { let frame: Int }

    let name: String
    var laneCount = 1
    /// Microseconds that a frame takes.
    var service: @Sendable (_ frame: Int) -> Int = { _ in 0 }
    /// Frames that fail.
    var fails: @Sendable (_ frame: Int) -> Bool = { _ in false }
    /// The lane whose opening fails.
    var failingLane: Int?
    /// Microseconds that preparing takes.
    var preparation: UInt32 = 0
    let probe = Probe()

    func prepare() { usleep(preparation) }

    func openLane(_ index: Int) throws -> any Lane<Int, Int> {
        if index == failingLane { throw Failure(frame: -1) }
        probe.opened.withLock { $0.append(index) }
        return FakeLane(device: self, thread: pthread_self())
    }

    /// What happened to a device, seen from outside.
    final class Probe: Sendable {
        let opened = Mutex<[Int]>([])
        let running = Atomic<Int>(0)
        let mostRunning = Atomic<Int>(0)
        let closedLanes = Atomic<Int>(0)
        let runs = Atomic<Int>(0)

        var mostRunningCount: Int { mostRunning.load(ordering: .relaxed) }
        var runCount: Int { runs.load(ordering: .relaxed) }
        var closedCount: Int { closedLanes.load(ordering: .relaxed) }
    }
}

private final class FakeLane: Lane {
    let device: FakeDevice
    let thread: pthread_t

    init(device: FakeDevice, thread: pthread_t) { (self.device, self.thread) = (device, thread) }
    deinit { device.probe.closedLanes.add(1, ordering: .relaxed) }

    func run(_ frame: Int) throws -> Int {
        precondition(pthread_equal(thread, pthread_self()) != 0, "a lane runs on the thread that opened it")
        device.probe.runs.add(1, ordering: .relaxed)
        let running = device.probe.running.add(1, ordering: .relaxed).newValue
        device.probe.mostRunning.max(running, ordering: .relaxed)
        defer { device.probe.running.subtract(1, ordering: .relaxed) }
        let microseconds = device.service(frame)
        if microseconds > 0 { usleep(UInt32(microseconds)) }
        if device.fails(frame) { throw FakeDevice.Failure(frame: frame) }
        return 2 * frame
    }
}

/// A number that several threads count up.
final class Count: Sendable {
    private let count = Atomic<Int>(0)
    var value: Int { count.load(ordering: .relaxed) }
    func increment() -> Int { count.add(1, ordering: .relaxed).newValue }
}

/// A source that counts 0 ..< `count`, then ends or throws.
func counting(to count: Int, then failure: (any Error)? = nil) -> @Sendable () throws -> Int? {
    let next = Mutex(0)
    return {
        try next.withLock { next in
            guard next < count else {
                if let failure { throw failure }
                return nil
            }
            next += 1
            return next - 1
        }
    }
}
