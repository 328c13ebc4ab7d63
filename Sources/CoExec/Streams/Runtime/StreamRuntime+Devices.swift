// Devices of a stream come and go: its contexts on the pool's lanes, from opening to release.

import Glibc
import System

/// A lane's context that was opened on its thread.
@usableFromInline
struct OpenLane {
    let expectedServiceNanoseconds: Int?
    /// Runs frames, beginning with a turn at a time.
    let run: (LaneTurn, Int) -> Void

    @usableFromInline
    init(expectedServiceNanoseconds: Int?, run: @escaping (LaneTurn, Int) -> Void) {
        (self.expectedServiceNanoseconds, self.run) = (expectedServiceNanoseconds, run)
    }
}

/// A device whose lanes are being opened for a stream. `failure` is guarded by the pool's lock.
private final class DeviceOpening: @unchecked Sendable {  // as said
    let device: Int
    /// By their numbers in the stream.
    let lanes: Range<Int>
    let open: StreamRuntime.LaneOpener
    var failure: (any Error)?

    init(device: Int, lanes: Range<Int>, open: @escaping StreamRuntime.LaneOpener) {
        (self.device, self.lanes, self.open) = (device, lanes, open)
    }
}

extension StreamRuntime {
    /// Opens a lane of a device: its index in the device, and what it is to keep its books in.
    @usableFromInline typealias LaneOpener = @Sendable (_ index: Int, _ own: LaneThreadState) throws -> OpenLane

    /// Has a device's lanes opened, one after another on their threads; returns when they are.
    /// - Throws: `StreamConfigurationError`, `DeviceConfigurationError`, `ThreadError`, `DeviceError`.
    @usableFromInline
    func add(_ name: String, laneCount: Int, open: @escaping LaneOpener) throws {
        pool.lock.lock()
        defer {
            // Also of streams that were let go, which nobody waits for: a thread keeps its stack until it is joined.
            let ended = pool.takeEndedThreads()
            pool.unlock()
            for thread in ended { thread.join() }
        }
        guard laneCount > 0 else { throw StreamConfigurationError("device '\(name)' has no lanes") }
        guard !state.devices.contains(where: { $0.name == name && !$0.isLeaving }) else {
            throw StreamConfigurationError("two devices are called '\(name)'")
        }
        guard let place = state.placeForDevice(name, laneCount: laneCount, limit: Self.greatestLaneCount) else {
            throw StreamConfigurationError("a stream has at most \(Self.greatestLaneCount) lanes at once")
        }
        guard !pool.lanes.contains(where: { $0.device == name && $0.isHung }) else {
            throw DeviceConfigurationError("device '\(name)' doesn't come back from another stream's frame")
        }
        let isOnLane = pool.lanes.contains { lane in
            lane.device == name && lane.handle.map { pthread_equal($0, pthread_self()) != 0 } ?? false
        }
        guard !isOnLane else {
            throw DeviceConfigurationError("device '\(name)' can't be opened from a closure that its lane runs")
        }
        // Before any lane is told to wait for the stream: it may throw.
        if pool.supervisor == nil { try pool.startSupervisor() }
        let own = try pool.expectMember(onLanesOf: name, count: laneCount)
        let device = state.addDevice(name, laneCount: laneCount, at: place)
        if place.device == deviceNames.count {
            deviceNames.append(name)
            for _ in own { lanes.append(LaneSharedState()) }
            poolLanes += own
        } else {
            deviceNames[place.device].pointee = name
            poolLanes.replaceSubrange(place.firstLane..<place.firstLane + laneCount, with: own)
        }
        if !pool.streams.contains(where: { $0 === self }) { pool.streams.append(self) }
        let opening = DeviceOpening(device: device, lanes: place.firstLane..<place.firstLane + laneCount, open: open)
        order(place.firstLane, of: opening)
        while opening.failure == nil && state.devices[device].openedLanes < laneCount && !state.devices[device].isLeaving
            && !state.isCancelled
        {
            pool.lanesChanged.wait(until: monotonicNanoseconds() + 1_000_000_000)
            if own.contains(where: \.isHung) {
                opening.failure = DeviceConfigurationError("device '\(name)' hangs in another stream's frame")
                breakOff(opening)
            }
        }
        if let failure = opening.failure { throw failure }
    }

    /// A device is not opened after all. An opening that a lane is at finds that out; one that waits for a lane that
    /// hangs would not. With the lock.
    private func breakOff(_ opening: DeviceOpening) {
        state.devices[opening.device].isLeaving = true
        for lane in opening.lanes {
            let poolLane = poolLanes[lane]
            let index = poolLane.openings.firstIndex { $0.stream === self && $0.lane == lane }
            guard let index else { continue }
            poolLane.openings.remove(at: index)
            poolLane.expectedMembers -= 1
            giveUp(opening, from: lane)
        }
        pool.workChanged.broadcast()
    }

    /// Orders a lane to be opened on its thread, when it has finished its frame; then the device's next one. With the
    /// lock.
    private func order(_ lane: Int, of opening: DeviceOpening) {
        guard opening.lanes.contains(lane) else { return }
        poolLanes[lane].openings.append(
            LaneOpening(stream: self, lane: lane) { self.open(lane, of: opening) })
        pool.workChanged.broadcast()
        pool.wakeSpinningLanes()
    }

    /// On the lane's thread, without the lock.
    private func open(_ lane: Int, of opening: DeviceOpening) {
        let (poolLane, isWanted) = pool.withLock {
            (poolLanes[lane], !state.isCancelled && !state.devices[opening.device].isLeaving)
        }
        let index = lane - opening.lanes.lowerBound
        let opened = isWanted ? Result { try opening.open(index, LaneThreadState(lane, lanes[lane], poolLane)) } : nil
        pool.lock.lock()
        poolLane.expectedMembers -= 1
        switch opened {
        case .success(let opened):
            state.laneOpened(lane, prior: opened.expectedServiceNanoseconds, now: monotonicNanoseconds())
            poolLane.append(LaneMember(stream: self, lane: lane, run: opened.run))
            order(lane + 1, of: opening)
        case .failure(let error):
            if opening.failure == nil {
                opening.failure = DeviceError(device: state.devices[opening.device].name, underlying: error)
            }
            giveUp(opening, from: lane)
        case nil:
            giveUp(opening, from: lane)
        }
        pool.lanesChanged.broadcast()
        pool.unlock()
    }

    /// A device's lanes that will not be opened; those that are, end. With the lock.
    private func giveUp(_ opening: DeviceOpening, from lane: Int) {
        state.devices[opening.device].isLeaving = true
        for missing in lane..<opening.lanes.upperBound {
            state.lanes[missing].endedNanoseconds = monotonicNanoseconds()
            if missing > lane { poolLanes[missing].expectedMembers -= 1 }
        }
        state.updateUsability()
        pool.workChanged.broadcast()
    }

    /// A lane has let its context go: what it had grabbed goes to others. On its thread, with the lock.
    func ended(_ lane: Int) {
        state.lanes[lane].endedNanoseconds = monotonicNanoseconds()
        while let ticket = lanes[lane].pointee.deque.pop() { state.putBack(ticket) }
        state.updateUsability()
        letGoOfPast()
        pool.wakeLanes()
        notifyConsumer()
        if state.isAbandoned, !hasLanesAtWork { leavePool() }
        pool.lanesChanged.broadcast()
    }

    /// See `FrameStream.remove`.
    @usableFromInline
    func remove(_ name: String) -> Bool {
        pool.lock.lock()
        guard let device = state.devices.firstIndex(where: { $0.name == name && !$0.isLeaving }) else {
            pool.unlock()
            return false
        }
        state.devices[device].isLeaving = true
        state.updateUsability()
        pool.workChanged.broadcast()
        pool.wakeSpinningLanes()
        wait { isAtWork($0) && state.view.lanes[$0].device == device }
        notifyConsumer()
        let ended = pool.takeEndedThreads()
        pool.unlock()
        for thread in ended { thread.join() }
        return true
    }

    /// See `FrameStream.cancel`.
    @usableFromInline
    func cancel() {
        requestCancel()
        pool.lock.lock()
        wait { isAtWork($0) }
        leavePool()
        pool.lanesChanged.broadcast()
        // It ends, unless another stream has come by then.
        while pool.streams.isEmpty && pool.supervisor != nil {
            pool.lanesChanged.wait(until: monotonicNanoseconds() + 100_000_000)
        }
        let ended = pool.takeEndedThreads()
        pool.unlock()
        for thread in ended { thread.join() }
    }

    /// Cancels without waiting for anything; the lanes leave as they come to it.
    /// - Parameter isAbandoned: whether nobody will wait for them.
    @usableFromInline
    func requestCancel(isAbandoned: Bool = false) {
        pool.withLock {
            state.isCancelled = true
            state.isAbandoned = state.isAbandoned || isAbandoned
            for condition in [pool.workChanged, pool.lanesChanged, headCompleted] { condition.broadcast() }
            wakeProducers()
            pool.wakeSpinningLanes()
            notifyConsumer()
            if state.isAbandoned, !hasLanesAtWork { leavePool() }
        }
    }

    /// The supervisor looks no longer. With the lock.
    private func leavePool() {
        pool.streams.removeAll { $0 === self }
        state.standstill.endLooking()
    }

    /// Whether somebody should wait for a lane: it has a context of this stream, and comes back.
    func isAtWork(_ lane: Int) -> Bool {
        !state.lanes[lane].hasEnded && !state.lanes[lane].isHung && !poolLanes[lane].isHung
    }
    var hasLanesAtWork: Bool { state.lanes.indices.contains(where: isAtWork) }

    /// Waits, with the lock, while lanes are at work, and until the threads of those that served nobody else have ended.
    private func wait(for isAtWork: (Int) -> Bool) {
        while state.lanes.indices.contains(where: isAtWork) || pool.lanes.contains(where: isEnding) {
            pool.lanesChanged.wait(until: monotonicNanoseconds() + 100_000_000)
        }
    }

    private func isEnding(_ lane: PoolLane) -> Bool {
        lane.members.isEmpty && lane.expectedMembers == 0 && !lane.isHung && poolLanes.contains { $0 === lane }
    }
}
