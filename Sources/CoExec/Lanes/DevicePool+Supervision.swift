// The thread that watches a pool's lanes: which hang, which devices' pauses are over, and when the process stood still.

import System

extension DevicePool {
    /// With the lock.
    func startSupervisor() throws {
        supervisor = try Thread(name: "supervisor") { self.supervise() }
    }

    /// Looks every 10 ms, as long as the pool has streams.
    private func supervise() {
        lock.lock()
        while !streams.isEmpty {
            let now = monotonicNanoseconds()
            let cpuNanoseconds = processCPUNanoseconds()
            for stream in streams {
                stream.state.standstill.look(at: now, cpuNanoseconds: cpuNanoseconds)
                stream.hangWatch.look(at: now)
                for lane in stream.state.lanes.indices where stream.isAtWork(lane) { look(at: lane, of: stream, now) }
                if stream.state.devices.contains(where: { $0.probeNanoseconds.map { $0 <= now } ?? false }) {
                    workChanged.broadcast()
                }
            }
            runPendingCalls()
            lanesChanged.wait(until: now + HangWatch.periodNanoseconds)
        }
        // A stream that comes from now on has another one.
        if let thread = supervisor.take() { endedThreads.append(thread) }
        lanesChanged.broadcast()
        unlock()
    }

    /// Frees the lock for a moment where something is to be called.
    private func runPendingCalls() {
        guard !pendingCalls.isEmpty else { return }
        unlock()
        lock.lock()
    }

    private func look(at lane: Int, of stream: StreamRuntime, _ now: Int) {
        let share = stream.lanes[lane]
        let ticket = share.pointee.ticket.value.load(ordering: .acquiring)
        let start = share.pointee.start.value.load(ordering: .relaxed)
        guard ticket >= 0 else { return }
        let elapsed = stream.hangWatch.nanoseconds(of: lane, at: ticket, since: start)
        guard elapsed > stream.state.hangLimit(lane), ticket == share.pointee.ticket.value.load(ordering: .relaxed)
        else { return }
        stream.hung(lane, with: ticket, for: elapsed, now: now)
    }

    /// A lane that hung is back: all its streams may use it again.
    func returned(_ lane: PoolLane) {
        lane.isHung = false
        for member in lane.members where member.stream.state.lanes[member.lane].isHung {
            member.stream.state.returnFromHang(member.lane)
        }
    }

    func takeEndedThreads() -> [Thread] {
        defer { endedThreads = [] }
        return endedThreads
    }
}

extension StreamRuntime {
    /// A lane doesn't come back from a frame: its frames run elsewhere, and no other stream gives it any. With the
    /// lock.
    func hung(_ lane: Int, with ticket: Int, for nanoseconds: Int, now: Int) {
        state.hung(lane, with: ticket, for: nanoseconds, now: now)
        while !lanes[lane].pointee.deque.isEmpty {
            if let ticket = lanes[lane].pointee.deque.steal() { state.putBack(ticket) }
        }
        letGoOfPast()
        let poolLane = poolLanes[lane]
        poolLane.isHung = true
        for member in poolLane.members where member.stream !== self {
            member.stream.state.lanes[member.lane].isHung = true
            member.stream.state.updateUsability()
            member.stream.notifyConsumer()
        }
        notifyConsumer()
        pool.workChanged.broadcast()
        pool.lanesChanged.broadcast()
    }
}
