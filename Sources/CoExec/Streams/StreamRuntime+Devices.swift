// Devices come, go, hang and end: lanes' threads from start to join, and the thread that watches them.

import System

/// A lane that was opened on its thread.
@usableFromInline
struct OpenLane {
    let expectedServiceNanoseconds: Int?
    /// Its life from here on.
    let run: () -> Void

    @usableFromInline
    init(expectedServiceNanoseconds: Int?, run: @escaping () -> Void) {
        (self.expectedServiceNanoseconds, self.run) = (expectedServiceNanoseconds, run)
    }
}

extension StreamRuntime {
    /// Opens a lane of a device: its index in the device, and what it is to keep its books in.
    @usableFromInline typealias LaneOpener = @Sendable (_ index: Int, _ log: LaneLog) throws -> OpenLane

    @usableFromInline
    func startSupervisor() throws {
        supervisor = try Thread(name: "supervisor") { self.supervise() }
    }

    /// See `FrameStream.remove`.
    @usableFromInline
    func remove(_ name: String) -> Bool {
        lock.lock()
        guard let device = state.devices.firstIndex(where: { $0.name == name && !$0.isLeaving }) else {
            lock.unlock()
            return false
        }
        state.devices[device].isLeaving = true
        state.updateUsability()
        workChanged.broadcast()
        let own = state.view.lanes.indices.filter { state.view.lanes[$0].device == device }
        while own.contains(where: isAtWork) {
            lanesChanged.wait(until: monotonicNanoseconds() + 100_000_000)
        }
        let ended = own.filter { state.lanes[$0].hasEnded }.compactMap { threads.removeValue(forKey: $0) }
        notifyConsumer()
        lock.unlock()
        for thread in ended { thread.join() }
        return true
    }

    /// See `FrameStream.cancel`.
    @usableFromInline
    func cancel() {
        requestCancel()
        lock.lock()
        while isJoining || state.lanes.indices.contains(where: isAtWork) {
            lanesChanged.wait(until: monotonicNanoseconds() + 100_000_000)
        }
        isJoining = true
        let ended = threads.filter { state.lanes[$0.key].hasEnded }.map(\.value)
        threads = [:]
        let watcher = supervisor
        supervisor = nil
        lock.unlock()
        for thread in ended { thread.join() }
        watcher?.join()
        lock.withLock {
            isJoining = false
            lanesChanged.broadcast()
        }
    }

    /// Cancels without waiting for anything.
    func requestCancel() {
        lock.withLock {
            state.isCancelled = true
            for condition in [workChanged, headCompleted, roomAppeared, lanesChanged] { condition.broadcast() }
            notifyConsumer()
        }
    }

    // MARK: Lanes

    /// Whether somebody should wait for a lane's thread.
    private func isAtWork(_ lane: Int) -> Bool { !state.lanes[lane].hasEnded && !state.lanes[lane].isHung }

    /// Starts a thread for each lane of a device.
    @usableFromInline
    func startLanes(of name: String, count: Int, open: @escaping LaneOpener) throws {
        let (device, first) = lock.withLock {
            precondition(!state.devices.contains { $0.name == name && !$0.isLeaving }, "device names must differ")
            state.devices.append(.init(name: name, laneCount: count))
            deviceNames.append(name)
            state.assigned.append([])
            state.assignedCounts.append(0)
            let first = state.lanes.count
            for _ in 0..<count {
                state.lanes.append(.init())
                state.view.lanes.append(.init(device: state.devices.count - 1, isUsable: false))
                lanes.append(LaneShare())
            }
            return (state.devices.count - 1, first)
        }
        for index in 0..<count {
            let lane = first + index
            do {
                // The closure keeps the stream alive until its thread has ended.
                let thread = try Thread(name: "\(name)/\(index)", flushesDenormals: true) {
                    self.runLane(lane, of: device, index, open)
                }
                lock.withLock { threads[lane] = thread }
            } catch {
                lock.withLock {
                    for missing in index..<count {
                        state.lanes[first + missing].endedNanoseconds = monotonicNanoseconds()
                    }
                    openingFailure = error
                    lanesChanged.broadcast()
                }
                throw error
            }
        }
    }

    /// Returns when all lanes are open or have ended.
    /// - Throws: the failure of one that could not be opened.
    @usableFromInline
    func waitForLanes() throws {
        try lock.withLock {
            lanesChanged.wait {
                openingFailure == nil && state.devices.contains { !$0.isLeaving && $0.openedLanes < $0.laneCount }
            }
            guard let openingFailure else { return }
            self.openingFailure = nil
            throw openingFailure
        }
    }

    private func runLane(_ lane: Int, of device: Int, _ index: Int, _ open: LaneOpener) {
        if let opened = self.open(lane, of: device, index, open) { opened.run() }
        lock.withLock { ended(lane) }
    }

    /// Opens a lane when those of its device before it are open; nil when the device can't be used.
    private func open(_ lane: Int, of device: Int, _ index: Int, _ open: LaneOpener) -> OpenLane? {
        let isTurn = lock.withLock {
            lanesChanged.wait {
                state.devices[device].openedLanes < index && !state.devices[device].isLeaving && !state.isCancelled
            }
            return !state.devices[device].isLeaving && !state.isCancelled
        }
        guard isTurn else { return nil }
        let opened = Result { try open(index, LaneLog(lane, lanes[lane])) }
        return lock.withLock {
            defer { lanesChanged.broadcast() }
            switch opened {
            case .success(let opened):
                state.devices[device].openedLanes += 1
                state.lanes[lane].openedNanoseconds = monotonicNanoseconds()
                state.lanes[lane].cpuTime = .start()
                state.lanes[lane].estimate = ServiceEstimate(prior: opened.expectedServiceNanoseconds)
                state.lanes[lane].hasPrior = opened.expectedServiceNanoseconds != nil
                state.view.lanes[lane].serviceNanoseconds = state.lanes[lane].expectedServiceNanoseconds
                state.updateUsability()
                return opened
            case .failure(let error):
                if openingFailure == nil {
                    openingFailure = DeviceError(device: state.devices[device].name, underlying: error)
                }
                state.devices[device].isLeaving = true
                state.updateUsability()
                return nil
            }
        }
    }

    /// A lane's thread is about to end: what it had grabbed goes to others.
    private func ended(_ lane: Int) {
        state.lanes[lane].endedNanoseconds = monotonicNanoseconds()
        state.lanes[lane].cpuTime.stop()
        while let ticket = lanes[lane].pointee.deque.pop() { state.putBack(ticket) }
        state.updateUsability()
        wakeLanes()
        notifyConsumer()
        lanesChanged.broadcast()
    }

    // MARK: Supervision

    /// Looks every 10 ms for lanes that hang, and for devices whose pause is over. Ends with the lanes.
    func supervise() {
        var watch = HangWatch()
        lock.lock()
        while !state.isFinished || state.lanes.indices.contains(where: isAtWork) {
            let now = monotonicNanoseconds()
            state.standstill.look(at: now, cpuNanoseconds: processCPUNanoseconds())
            watch.look(at: now)
            for lane in state.lanes.indices where isAtWork(lane) {
                let ticket = lanes[lane].pointee.ticket.value.load(ordering: .acquiring)
                let start = lanes[lane].pointee.start.value.load(ordering: .relaxed)
                guard ticket >= 0 else { continue }
                let elapsed = watch.nanoseconds(of: lane, at: ticket, since: start)
                guard elapsed > state.hangLimit(lane),
                    ticket == lanes[lane].pointee.ticket.value.load(ordering: .relaxed)
                else { continue }
                state.hung(lane, with: ticket, for: elapsed, now: now)
                while !lanes[lane].pointee.deque.isEmpty {
                    if let ticket = lanes[lane].pointee.deque.steal() { state.putBack(ticket) }
                }
                workChanged.broadcast()
                notifyConsumer()
                lanesChanged.broadcast()
            }
            if state.devices.contains(where: { $0.probeNanoseconds.map { $0 <= now } ?? false }) {
                workChanged.broadcast()
            }
            lanesChanged.wait(until: now + HangWatch.periodNanoseconds)
        }
        state.standstill.endLooking()
        lock.unlock()
    }
}
