// Whose turn it is on a unit: its frames', or a measurement's. One object a device's name, since streams share the
// lanes of devices of one name; used by the lanes' threads and by those that measure.
//
// Why in turn: what is timed beside frames is timed wrong, and frames beside a measurement wait for nobody knows how
// long. So a lane stands still for one run of one layer now and then, a fraction of a frame as a rule, and measurements
// together have a quarter of its time at most. While the lane has no frame, measuring has all of it.

import CoExec
import Synchronization

final class FrameTurns: @unchecked Sendable {  // guarded by its lock
    private let lock = Lock()
    private let changed: Condition
    /// Frames that run, and those that wait for a measurement.
    private var frames = 0
    private var waitingFrames = 0
    private var waitingMeasurements = 0
    private var isMeasuring = false
    /// What measurements may still take of the unit's time, nanoseconds.
    private var credit = 0
    /// When frames or a measurement were last charged.
    private var time = 0

    /// Measurements' part of the time in which frames run.
    private static let share = 4
    /// A measurement that could begin at once doesn't hold up frames for longer than this and a run.
    private static let mostCredit = 10_000_000
    /// A unit that had no frame for so long has none.
    private static let idleNanoseconds = 3_000_000

    private init() { changed = Condition(lock) }

    // MARK: Lanes

    /// Waits for a measurement that runs, or whose turn it is.
    func beginFrame() {
        lock.withLock {
            waitingFrames += 1
            changed.wait { isMeasuring || waitingMeasurements > 0 && credit >= 0 }
            waitingFrames -= 1
            charge()
            frames += 1
        }
    }

    func endFrame() {
        lock.withLock {
            charge()
            frames -= 1
            if frames == 0, waitingMeasurements > 0 { changed.broadcast() }
        }
    }

    // MARK: Measurements

    /// Waits for a turn.
    /// - Parameter isOver: asked now and then: then it waits for no frame.
    func begin(_ isOver: () -> Bool) { lock.withLock { take(isOver) } }

    /// Between two runs.
    func giveWay(_ isOver: () -> Bool) {
        lock.withLock {
            charge()
            guard waitingFrames > 0, credit < 0 else { return }
            isMeasuring = false
            changed.broadcast()
            take(isOver)
        }
    }

    func end() {
        lock.withLock {
            charge()
            isMeasuring = false
            changed.broadcast()
        }
    }

    private func take(_ isOver: () -> Bool) {
        waitingMeasurements += 1
        // What the frames' next turn is worth, while the unit has any.
        while isMeasuring || !isOver() && (frames > 0 || credit < 0 && !isIdle) {
            changed.wait(until: monotonicNanoseconds() + Self.idleNanoseconds)
        }
        waitingMeasurements -= 1
        charge()
        isMeasuring = true
    }

    private var isIdle: Bool {
        frames == 0 && waitingFrames == 0 && monotonicNanoseconds() - time > Self.idleNanoseconds
    }

    /// Books the time since it was last called.
    private func charge() {
        let now = monotonicNanoseconds()
        if frames > 0 {
            credit = min(credit + (now - time) / Self.share, Self.mostCredit)
        } else if isMeasuring, waitingFrames > 0 {
            credit -= now - time
        }
        time = now
    }

    // MARK: By device

    private struct Known {
        weak var turns: FrameTurns?
    }
    private static let known = Mutex<[String: Known]>([:])

    /// Those of a device.
    static func of(_ device: String) -> FrameTurns {
        known.withLock { known in
            if let turns = known[device]?.turns { return turns }
            known = known.filter { $0.value.turns != nil }
            let turns = FrameTurns()
            known[device] = Known(turns: turns)
            return turns
        }
    }
}
