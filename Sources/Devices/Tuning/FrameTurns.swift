// Whose turn it is on a unit: its frames', or a measurement's. One object a device's name, since streams share the
// lanes of devices of one name; used by the lanes' threads and by those that measure.
//
// Why in turn: what is timed beside frames is timed wrong, and frames beside a measurement wait for nobody knows how
// long. So a lane stands still for one run now and then: of one layer mostly, a fraction of a frame, and at the end of
// the whole network, a few times. Measurements together have a quarter of its time at most. While the lane has no frame,
// measuring has all of it.
//
// A lane that hangs never ends its frame. The others of its unit wait for a measurement that can't begin for a moment
// only, and a measurement that got no turn often enough, or saw no frame end for seconds, is told to break off.

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
    /// How often a frame has waited for a measurement in vain since that asked for its turn.
    private var refusals = 0
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
    /// A frame waits so long for a measurement that can't begin, or for as long as a few frames, if that is longer.
    private static let leastPatience = 100_000_000
    private static let patienceFrames = 4
    /// What ends a measurement's own patience: refusals, or a frame that lasts so long.
    private static let mostRefusals = 10
    private static let longestFrame = 10_000_000_000

    /// Measurements, of any network, that take turns now: frames have to as well while there are some.
    let measurers = Atomic<Int>(0)

    private init() { changed = Condition(lock) }

    // MARK: Lanes

    /// Waits for a measurement that runs, and a while for one whose turn it is.
    /// - Parameter expected: nanoseconds that a frame takes, as far as that is known.
    func beginFrame(lasting expected: Int?) {
        lock.withLock {
            waitingFrames += 1
            wait(patience: max(Self.leastPatience, Self.patienceFrames * (expected ?? 0)))
            waitingFrames -= 1
            charge()
            frames += 1
        }
    }

    private func wait(patience: Int) {
        guard isMeasuring || isMeasurementDue else { return }
        let end = monotonicNanoseconds() + patience
        while true {
            changed.wait { isMeasuring }
            guard isMeasurementDue else { return }
            guard monotonicNanoseconds() < end else { break }
            changed.wait(until: end)
        }
        // Frames have some time before the next try.
        charge()
        credit = -Self.mostCredit
        // Another lane's frame doesn't end.
        if frames > 0 { refusals += 1 }
    }

    private var isMeasurementDue: Bool { waitingMeasurements > 0 && credit >= 0 }

    func endFrame() {
        lock.withLock {
            charge()
            frames -= 1
            if frames == 0, waitingMeasurements > 0 { changed.broadcast() }
        }
    }

    // MARK: Measurements

    /// Waits for a turn.
    /// - Parameter isOver: asked now and then, whether to wait no longer.
    /// - Returns: whether it has one. If not, measuring has to break off.
    func begin(_ isOver: () -> Bool) -> Bool { lock.withLock { take(isOver) } }

    /// Between two runs.
    /// - Returns: whether it still has its turn, or has one again.
    func giveWay(_ isOver: () -> Bool) -> Bool {
        lock.withLock {
            charge()
            guard waitingFrames > 0, credit < 0 else { return true }
            isMeasuring = false
            changed.broadcast()
            return take(isOver)
        }
    }

    /// Of a turn that it has.
    func end() {
        lock.withLock {
            charge()
            isMeasuring = false
            changed.broadcast()
        }
    }

    private func take(_ isOver: () -> Bool) -> Bool {
        waitingMeasurements += 1
        defer { waitingMeasurements -= 1 }
        refusals = 0
        // What the frames' next turn is worth, while the unit has any.
        while isMeasuring || frames > 0 || credit < 0 && !isIdle {
            if isOver() || refusals >= Self.mostRefusals || isStuck {
                // Frames may wait for it.
                changed.broadcast()
                return false
            }
            changed.wait(until: monotonicNanoseconds() + Self.idleNanoseconds)
        }
        charge()
        isMeasuring = true
        return true
    }

    /// Whether frames run, and none has begun or ended for long.
    private var isStuck: Bool { frames > 0 && monotonicNanoseconds() - time > Self.longestFrame }

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
