// Which stream's frame an idle lane takes, and how streams share the devices' time: start-time fair queueing (P. Goyal,
// H. M. Vin, H. Cheng, "Start-Time Fair Queuing", SIGCOMM 1996) with the lanes' time as what is shared.

extension PoolLane {
    /// The stream that comes next after one, or before all: that of the highest priority, then of the least virtual
    /// time, then the oldest. One that was passed over for long comes before all.
    func member(after last: Int?) -> Int? {
        var best: Int?
        for index in members.indices where last.map({ isBefore($0, index) }) ?? true {
            if best.map({ isBefore(index, $0) }) ?? true { best = index }
        }
        return best
    }

    private func isBefore(_ first: Int, _ second: Int) -> Bool {
        let (a, b) = (priority(of: first), priority(of: second))
        guard a == b else { return a > b }
        let (x, y) = (members[first].stream.virtualNanoseconds, members[second].stream.virtualNanoseconds)
        return x == y ? first < second : x < y
    }

    /// Least share of a lane's time for streams that have frames for it, whatever their priority.
    private static var leastShare: Double { 0.05 }

    private func priority(of member: Int) -> Int {
        let stream = members[member].stream
        let service = stream.state.view.lanes[members[member].lane].serviceNanoseconds ?? 0
        let isDue = Double(members[member].passedOverNanoseconds) * Self.leastShare > Double(service)
        return isDue ? .max : stream.priority
    }
}

extension PoolLane {
    /// Tells the lane's streams until when it is at another one's frame: what their other lanes could run meanwhile is
    /// less.
    func tellMembers(isBusyWith member: Int?, until nanoseconds: Int) {
        for index in members.indices {
            let isElsewhere = member.map { $0 != index } ?? false
            members[index].stream.state.view.lanes[members[index].lane].elsewhereUntilNanoseconds =
                isElsewhere ? nanoseconds : 0
        }
    }

    /// Counts time that it gives to a stream with those of lower priority that have frames for it.
    /// - Parameter nanoseconds: less than 0 where it was less than had been counted.
    func passOver(for stream: StreamRuntime, nanoseconds: Int) {
        for other in members.indices where members[other].stream.priority < stream.priority {
            guard members[other].stream.state.untakenCount > 0 else { continue }
            members[other].passedOverNanoseconds = max(members[other].passedOverNanoseconds + nanoseconds, 0)
        }
    }
}

extension DevicePool {
    /// Counts a frame that a lane takes against its stream's share, by its estimate until it is booked.
    func charge(_ lane: PoolLane, _ member: Int, _ turn: LaneTurn, now: Int) {
        lane.countCPUTime(of: member)
        let stream = lane.members[member].stream
        lane.virtualNanoseconds[stream.priority] = max(
            lane.virtualNanoseconds[stream.priority] ?? 0, stream.virtualNanoseconds)
        if case .serve = turn { return }
        let service = stream.state.view.lanes[lane.members[member].lane].serviceNanoseconds ?? 0
        lane.tellMembers(isBusyWith: member, until: now + service)
        lane.chargedNanoseconds = service
        lane.passOver(for: stream, nanoseconds: service)
        lane.members[member].passedOverNanoseconds = 0
        stream.virtualNanoseconds += Double(service) / stream.weight
    }

    /// Counts what a lane's frames took, when they are booked.
    func settle(_ lane: PoolLane, _ stream: StreamRuntime, busyNanoseconds: Int) {
        lane.busyNanoseconds += busyNanoseconds
        guard lane.isShared || lane.chargedNanoseconds > 0 else { return }
        let difference = busyNanoseconds - lane.chargedNanoseconds
        stream.virtualNanoseconds += Double(difference) / stream.weight
        // A batch takes longer than its first frame, which is all that was counted when the lane took it.
        lane.passOver(for: stream, nanoseconds: difference)
        lane.chargedNanoseconds = 0
        lane.tellMembers(isBusyWith: nil, until: 0)
    }
}

extension StreamRuntime {
    /// Tells the dispatcher how much of the lanes other streams take.
    func noteCrowd() {
        var crowd = 0.0
        for other in pool.streams where other.priority >= priority && (other === self || !other.state.isIdle) {
            crowd += other.weight
        }
        state.view.crowding = max(crowd / weight, 1)
    }

    /// Called when frames come to a stream that had none: being idle earns no credit with those that it competes with,
    /// which are the streams of its priority on its lanes.
    func beginBusyTime() {
        guard pool.streams.count > 1 else { return }
        for lane in poolLanes.indices where !state.lanes[lane].hasEnded {
            virtualNanoseconds = max(virtualNanoseconds, poolLanes[lane].virtualNanoseconds[priority] ?? 0)
        }
    }
}
