// The lanes of all devices, which streams share. Owner: the application, or a stream that shares it with no other.
// Threads: any. One lock guards the pool's books and those of its streams; it is never held while a frame runs or while
// the application's code runs.

import Synchronization

/// Devices' lanes: one thread each, whatever the number of streams.
///
/// A stream brings its devices along. Those of different streams with the same name are one unit, which both streams'
/// frames run on, one frame a lane at a time: give them the same number of lanes, and bind them to the same cores. A lane
/// has a context of each stream's own, opened by `Device.openLane` on the lane's thread when the stream begins, and
/// released there when it ends. The thread begins with the first of them and ends with the last.
///
/// An idle lane takes a frame of the stream of the highest `StreamOptions.priority` that has one for it; among equals of
/// the one that has had the least of the devices' time for its `weight`.
/// ```swift
/// func start(_ faces: [any Device<Int, Int>], _ plates: [any Device<Int, Int>], live: StreamOptions) throws {
///     let pool = DevicePool()
///     let door = try FrameStream(devices: faces, options: live, pool: pool)
///     let archive = try FrameStream(devices: plates, pool: pool)
///     print(door.window, archive.window, pool.report())
/// }
/// ```
public final class DevicePool: @unchecked Sendable {  // guarded by `lock`
    let lock = Lock()
    /// Lanes wait here for something to do.
    let workChanged: Condition
    /// Whoever waits for lanes to open or end waits here, and the supervisor between its looks.
    let lanesChanged: Condition
    /// Counts what may give lanes something to do, for lanes that spin.
    let epoch = PaddedAtomic(0)
    /// Lanes that wait for something to do, asleep or awake.
    var parkedLanes = 0
    var spinningLanes = 0
    /// Lanes that have a thread.
    var lanes: [PoolLane] = []
    /// Threads that have ended, or are about to without another look at the pool.
    var endedThreads: [Thread] = []
    var streams: [StreamRuntime] = []
    var supervisor: Thread?
    /// What is to be called as soon as the lock is free.
    var pendingCalls: [@Sendable () -> Void] = []

    public init() {
        workChanged = Condition(lock)
        lanesChanged = Condition(lock)
    }

    /// Frees the lock, then calls what waited for that.
    func unlock() {
        guard !pendingCalls.isEmpty else { return lock.unlock() }
        let calls = pendingCalls
        pendingCalls = []
        lock.unlock()
        for call in calls { call() }
    }

    /// Frees the lock for a lane that has taken a frame: it must begin that before anything is called, so the supervisor
    /// does that.
    func unlockTaken() {
        if !pendingCalls.isEmpty { lanesChanged.broadcast() }
        lock.unlock()
    }

    /// Keeps something until the lock is free, since letting it go may run the application's code.
    func letGoUnlocked(_ object: any Sendable) { pendingCalls.append { withExtendedLifetime(object) {} } }

    func withLock<Result>(_ body: () throws -> Result) rethrows -> Result {
        lock.lock()
        defer { unlock() }
        return try body()
    }

    // MARK: Lanes

    /// Wakes lanes that have nothing to do.
    func wakeLanes() {
        wakeSpinningLanes()
        if parkedLanes > 0 { workChanged.broadcast() }
    }

    /// Costs nobody a system call.
    func wakeSpinningLanes() {
        if spinningLanes > 0 { epoch.value.add(1, ordering: .relaxed) }
    }

    /// The lanes of a device, whose threads are started where there are none: they stay until as many members as are
    /// expected have come. With the lock.
    /// - Throws: `DeviceConfigurationError` where the device has another number of lanes already, `ThreadError`.
    func expectMember(onLanesOf device: String, count: Int) throws -> [PoolLane] {
        // Some may have ended with a stream that is just ending, while others are still at its frames.
        let there = lanes.filter { $0.device == device }
        if let laneCount = there.first?.siblingCount, laneCount != count {
            throw DeviceConfigurationError("device '\(device)' has \(laneCount) lanes in this pool, not \(count)")
        }
        var found: [PoolLane] = []
        for index in 0..<count {
            if let lane = there.first(where: { $0.index == index }) {
                found.append(lane)
                continue
            }
            let lane = PoolLane(device: device, index: index, of: count)
            do {
                // With the lock held, so that the lane has its thread by the time it looks.
                lane.thread = try Thread(name: lane.name, flushesDenormals: true) { self.live(lane) }
            } catch {
                // Those before it have nothing to do, and end.
                throw error
            }
            found.append(lane)
            lanes.append(lane)
        }
        for lane in found { lane.expectedMembers += 1 }
        return found
    }

    // MARK: Figures

    /// What has happened so far on the lanes that the pool has now.
    public func report() -> [PoolLaneReport] {
        withLock {
            lanes.map { lane in
                PoolLaneReport(
                    name: lane.name, streams: lane.members.count, busyNanoseconds: lane.busyNanoseconds)
            }
        }
    }
}

/// One lane's part in a pool.
public struct PoolLaneReport: Sendable, Hashable {
    /// Its device's name, and its number there: "gpu/0".
    public let name: String
    /// Streams that it runs frames of.
    public let streams: Int
    /// Time that it spent in frames, of all streams, since its thread began.
    public let busyNanoseconds: Int
}

/// Devices that can't be used together as they are.
public struct DeviceConfigurationError: Error, Hashable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
}
