// Which stream's frame an idle lane takes, and how streams share the devices' time: start-time fair queueing (P. Goyal,
// H. M. Vin, H. Cheng, "Start-Time Fair Queuing", SIGCOMM 1996) with the lanes' time as what is shared.

extension PoolLane {
    /// The stream that comes first among those not in a set: of the highest priority, then of the least virtual time,
    /// then the oldest. One that was passed over for long comes before all.
    func firstMember(notIn asked: UInt64) -> Int? {
        var best: Int?
        for index in members.indices where asked & (1 << UInt64(index)) == 0 {
            guard let other = best else {
                best = index
                continue
            }
            let (a, b) = (priority(of: index), priority(of: other))
            let (first, second) = (members[index].stream.virtualNanoseconds, members[other].stream.virtualNanoseconds)
            if a > b || a == b && first < second { best = index }
        }
        return best
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

extension DevicePool {
    /// Counts a frame that a lane takes against its stream's share, by its estimate until it is booked.
    func charge(_ lane: PoolLane, _ member: Int, _ turn: LaneTurn, now: Int) {
        lane.countCPUTime(of: member)
        let stream = lane.members[member].stream
        virtualNanoseconds = max(virtualNanoseconds, stream.virtualNanoseconds)
        let service = stream.state.view.lanes[lane.members[member].lane].serviceNanoseconds ?? 0
        if case .serve = turn { return }
        lane.current = member
        lane.busyUntilNanoseconds = now + service
        lane.chargedNanoseconds = service
        for other in lane.members.indices where lane.members[other].stream.priority < stream.priority {
            let isWaiting = lane.members[other].stream.state.untakenCount > 0
            lane.members[other].passedOverNanoseconds += isWaiting ? service : 0
        }
        lane.members[member].passedOverNanoseconds = 0
        stream.virtualNanoseconds += Double(service) / stream.weight
    }

    /// Counts what a lane's frames took, when they are booked.
    func settle(_ lane: PoolLane, _ stream: StreamRuntime, busyNanoseconds: Int) {
        lane.busyNanoseconds += busyNanoseconds
        guard lane.members.count > 1 || lane.chargedNanoseconds > 0 else { return }
        stream.virtualNanoseconds += Double(busyNanoseconds - lane.chargedNanoseconds) / stream.weight
        lane.chargedNanoseconds = 0
        lane.current = nil
    }
}

extension StreamRuntime {
    /// Tells the dispatcher what the lanes are at for other streams, and how much of them those take: what the other lanes
    /// could run meanwhile is less.
    func noteOtherStreams() {
        var crowd = 0.0
        for other in pool.streams where other.priority >= priority && (other === self || !other.state.isIdle) {
            crowd += other.weight
        }
        state.view.crowding = max(crowd / weight, 1)
        for index in poolLanes.indices where !state.lanes[index].hasEnded {
            let lane = poolLanes[index]
            let isElsewhere = lane.current.map { $0 < lane.members.count && lane.members[$0].stream !== self } ?? false
            state.view.lanes[index].elsewhereUntilNanoseconds = isElsewhere ? lane.busyUntilNanoseconds : 0
        }
    }

    /// Called when frames come to a stream that had none: being idle earns no credit.
    func beginBusyTime() { virtualNanoseconds = max(virtualNanoseconds, pool.virtualNanoseconds) }
}
