// Devices of a stream come and go: its contexts on the pool's lanes, from opening to release.

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

extension StreamRuntime {
    /// Opens a lane of a device: its index in the device, and what it is to keep its books in.
    @usableFromInline typealias LaneOpener = @Sendable (_ index: Int, _ log: LaneLog) throws -> OpenLane

    /// Has a device's lanes opened, one after another on their threads; returns when they are.
    /// - Throws: `StreamConfigurationError`, `DeviceConfigurationError`, `ThreadError`, `DeviceError`.
    @usableFromInline
    func add(_ name: String, laneCount: Int, open: @escaping LaneOpener) throws {
        pool.lock.lock()
        defer { pool.unlock() }
        guard laneCount > 0 else { throw StreamConfigurationError("device '\(name)' has no lanes") }
        guard !state.devices.contains(where: { $0.name == name && !$0.isLeaving }) else {
            throw StreamConfigurationError("two devices are called '\(name)'")
        }
        guard let place = state.placeForDevice(laneCount: laneCount, limit: Self.greatestLaneCount) else {
            throw StreamConfigurationError("a stream has at most \(Self.greatestLaneCount) lanes at once")
        }
        guard !pool.lanes.contains(where: { $0.device == name && $0.isHung }) else {
            throw DeviceConfigurationError("device '\(name)' doesn't come back from another stream's frame")
        }
        let own = try pool.expectMember(onLanesOf: name, count: laneCount)
        let device = state.addDevice(name, laneCount: laneCount, at: place)
        if place.device == deviceNames.count {
            deviceNames.append(name)
            for _ in own { lanes.append(LaneShare()) }
            poolLanes += own
        } else {
            deviceNames[place.device].pointee = name
            poolLanes.replaceSubrange(place.firstLane..<place.firstLane + laneCount, with: own)
        }
        if pool.supervisor == nil { try pool.startSupervisor() }
        if !pool.streams.contains(where: { $0 === self }) { pool.streams.append(self) }
        order(0, of: device, from: place.firstLane, open)
        while openingFailure == nil && state.devices[device].openedLanes < laneCount && !state.devices[device].isLeaving
            && !state.isCancelled
        {
            pool.lanesChanged.wait(until: monotonicNanoseconds() + 1_000_000_000)
            if own.contains(where: \.isHung) {
                state.devices[device].isLeaving = true
                openingFailure = DeviceConfigurationError("device '\(name)' hangs in another stream's frame")
            }
        }
        if let failure = openingFailure.take() { throw failure }
    }

    /// Orders a lane to be opened on its thread, when it has finished its frame; then the device's next one. With the
    /// lock.
    private func order(_ index: Int, of device: Int, from first: Int, _ open: @escaping LaneOpener) {
        let lane = first + index
        guard index < state.devices[device].laneCount else { return }
        poolLanes[lane].openings.append { self.open(index, of: device, from: first, open) }
        pool.workChanged.broadcast()
        pool.wakeSpinningLanes()
    }

    /// On the lane's thread, without the lock.
    private func open(_ index: Int, of device: Int, from first: Int, _ open: @escaping LaneOpener) {
        let (lane, poolLane) = (first + index, poolLanes[first + index])
        let isWanted = pool.withLock { !state.isCancelled && !state.devices[device].isLeaving }
        let opened = isWanted ? Result { try open(index, LaneLog(lane, lanes[lane], poolLane)) } : nil
        pool.lock.lock()
        poolLane.expectedMembers -= 1
        switch opened {
        case .success(let opened):
            state.laneOpened(lane, prior: opened.expectedServiceNanoseconds, now: monotonicNanoseconds())
            poolLane.append(LaneMember(stream: self, lane: lane, run: opened.run))
            order(index + 1, of: device, from: first, open)
        case .failure(let error):
            if openingFailure == nil {
                openingFailure = DeviceError(device: state.devices[device].name, underlying: error)
            }
            giveUp(device, from: lane, to: first + state.devices[device].laneCount)
        case nil:
            giveUp(device, from: lane, to: first + state.devices[device].laneCount)
        }
        pool.lanesChanged.broadcast()
        pool.unlock()
    }

    /// A device's lanes that will not be opened; those that are, end. With the lock.
    private func giveUp(_ device: Int, from lane: Int, to end: Int) {
        state.devices[device].isLeaving = true
        for missing in lane..<end {
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
        let ended = pool.takeEndedThreads()
        let watcher = pool.streams.isEmpty ? pool.supervisor.take() : nil
        pool.lanesChanged.broadcast()
        pool.unlock()
        for thread in ended { thread.join() }
        watcher?.join()
    }

    /// Cancels without waiting for anything; the lanes leave as they come to it.
    /// - Parameter isAbandoned: whether nobody will wait for them.
    @usableFromInline
    func requestCancel(isAbandoned: Bool = false) {
        pool.withLock {
            state.isCancelled = true
            state.isAbandoned = state.isAbandoned || isAbandoned
            for condition in [pool.workChanged, pool.lanesChanged, headCompleted, roomAppeared] {
                condition.broadcast()
            }
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
    private var hasLanesAtWork: Bool { state.lanes.indices.contains(where: isAtWork) }

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
