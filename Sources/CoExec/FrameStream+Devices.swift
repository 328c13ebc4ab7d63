// Devices come, go, hang and end: lanes' threads from start to join, and the thread that watches them.

extension FrameStream {
    /// Adds a device while the stream runs; returns when its lanes are open.
    /// - Throws: `DeviceError` when a lane cannot be opened, `ThreadError`; the stream goes on without it.
    /// - Precondition: no device of the stream has its name.
    public func add(_ device: StreamDevice) throws {
        try startLanes(of: device)
        try waitForLanes()
    }

    /// Takes a device out of the stream: its lanes finish their frames and end; what they had grabbed goes to others.
    /// Returns when they have ended, or at once those that hang.
    /// - Returns: false when the stream has no such device.
    @discardableResult
    public func remove(_ name: String) -> Bool {
        lock.lock()
        guard let device = state.devices.firstIndex(where: { $0.name == name && !$0.isLeaving }) else {
            lock.unlock()
            return false
        }
        state.devices[device].isLeaving = true
        state.updateUsability()
        workChanged.broadcast()
        let own = state.view.lanes.indices.filter { state.view.lanes[$0].device == device }
        while own.contains(where: { !state.lanes[$0].hasEnded && !state.lanes[$0].isHung }) {
            lanesChanged.wait(until: monotonicNanoseconds() + 100_000_000)
        }
        let ended = own.filter { state.lanes[$0].hasEnded }.compactMap { threads.removeValue(forKey: $0) }
        headCompleted.broadcast()
        lock.unlock()
        for thread in ended { thread.join() }
        return true
    }

    /// Drops what is in flight, waits for the frames that lanes are running, and ends all threads. Harmless after the
    /// end, where it only joins the threads, and from several threads at once. A lane that hangs is not waited for
    /// longer than it takes to notice: its thread ends by itself when it comes back. Not to be called from a lane.
    public func cancel() {
        requestCancel()
        lock.lock()
        while isJoining || state.lanes.contains(where: { !$0.hasEnded && !$0.isHung }) {
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

    // MARK: Lanes

    func startLanes(of device: StreamDevice) throws {
        let (position, first) = lock.withLock {
            precondition(
                !state.devices.contains { $0.name == device.name && !$0.isLeaving }, "device names must differ")
            state.devices.append(.init(name: device.name, laneCount: device.laneCount))
            state.assigned.append([])
            state.assignedCounts.append(0)
            let first = state.lanes.count
            for _ in 0..<device.laneCount {
                state.lanes.append(.init())
                state.view.lanes.append(.init(device: state.devices.count - 1, isUsable: false))
                lanes.append(LaneShare())
            }
            return (state.devices.count - 1, first)
        }
        for index in 0..<device.laneCount {
            // The closure keeps the stream alive until its thread has ended.
            let lane = first + index
            do {
                let thread = try Thread(name: "\(device.name)/\(index)") {
                    self.runLane(lane, of: device, position, index)
                }
                lock.withLock { threads[lane] = thread }
            } catch {
                lock.withLock {
                    for missing in index..<device.laneCount { state.lanes[first + missing].hasEnded = true }
                    openingFailure = error
                    lanesChanged.broadcast()
                }
                throw error
            }
        }
    }

    /// Returns when all lanes are open or have ended.
    /// - Throws: the failure of one that could not be opened.
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

    private func runLane(_ lane: Int, of device: StreamDevice, _ position: Int, _ index: Int) {
        if let worker = open(lane, of: device, position, index) { runFrames(lane, on: worker) }
        lock.withLock { ended(lane) }
    }

    /// Opens a lane when those of its device before it are open; nil when the device can't be used.
    private func open(_ lane: Int, of device: StreamDevice, _ position: Int, _ index: Int)
        -> (any Lane<Frame, Output>)?
    {
        let isTurn = lock.withLock {
            lanesChanged.wait {
                state.devices[position].openedLanes < index && !state.devices[position].isLeaving && !state.isCancelled
            }
            return !state.devices[position].isLeaving && !state.isCancelled
        }
        guard isTurn else { return nil }
        let opened = Result { try device.openLane(index) }
        return lock.withLock {
            defer { lanesChanged.broadcast() }
            switch opened {
            case .success(let worker):
                state.devices[position].openedLanes += 1
                state.lanes[lane].estimate = ServiceEstimate(prior: worker.expectedServiceNanoseconds)
                state.view.lanes[lane].serviceNanoseconds = state.lanes[lane].estimate.nanoseconds
                state.updateUsability()
                return worker
            case .failure(let error):
                if openingFailure == nil { openingFailure = DeviceError(device: device.name, underlying: error) }
                state.devices[position].isLeaving = true
                state.updateUsability()
                return nil
            }
        }
    }

    /// A lane's thread is about to end: what it had grabbed goes to others.
    private func ended(_ lane: Int) {
        let share = lanes[lane]
        while let ticket = share.deque.pop() {
            state.slots[state.slot(of: ticket)].status = .waiting
            state.retries.append(ticket)
        }
        state.lanes[lane].hasEnded = true
        state.updateUsability()
        wakeLanes()
        notifyConsumer()
        lanesChanged.broadcast()
    }

    // MARK: Supervision

    /// Looks every 10 ms for lanes that hang, and for devices whose pause is over. Ends with the lanes.
    func supervise() {
        lock.lock()
        while !state.isFinished || state.lanes.contains(where: { !$0.hasEnded && !$0.isHung }) {
            let now = monotonicNanoseconds()
            for lane in state.lanes.indices where !state.lanes[lane].isHung && !state.lanes[lane].hasEnded {
                let ticket = lanes[lane].ticket.value.load(ordering: .acquiring)
                let elapsed = now - lanes[lane].start.value.load(ordering: .relaxed)
                guard ticket >= 0, elapsed > state.hangLimit(lane),
                    ticket == lanes[lane].ticket.value.load(ordering: .relaxed)
                else { continue }
                state.hung(lane, with: ticket, for: elapsed, now: now)
                workChanged.broadcast()
                notifyConsumer()
                lanesChanged.broadcast()
            }
            if state.devices.contains(where: { $0.probeNanoseconds.map { $0 <= now } ?? false }) {
                workChanged.broadcast()
            }
            lanesChanged.wait(until: now + 10_000_000)
        }
        lock.unlock()
    }
}
