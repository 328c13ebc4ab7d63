// One lane of a pool, and what its thread does between frames: serve streams, open and release their contexts, wait.

import Glibc

/// A lane. Guarded by the pool's lock; what is marked so is its own thread's.
final class PoolLane: @unchecked Sendable {  // guarded by the pool's lock
    let device: String
    /// Its number in the device, and how many lanes that has.
    let index: Int
    let siblingCount: Int
    let name: String
    var thread: Thread?
    /// The thread, once it lives.
    var handle: pthread_t?
    /// The streams that it runs frames of. Changed by its own thread only.
    var members: [LaneMember] = [] { didSet { isShared = members.count > 1 } }
    /// Contexts to be opened on its thread.
    var openings: [LaneOpening] = [] { didSet { isToOpen = !openings.isEmpty } }
    /// What every turn asks of these two: asking the arrays has Swift check them for exclusive access each time.
    private(set) var isShared = false
    private(set) var isToOpen = false
    /// Streams whose context is still to be opened here, so that its thread must not end.
    var expectedMembers = 0
    /// What the frame that it runs has taken of its stream's share, by its estimate.
    var chargedNanoseconds = 0
    /// By priority: the virtual time of the stream whose frame it was given last, the greatest so far; see
    /// `StreamRuntime.virtualNanoseconds`.
    var virtualNanoseconds: [Int: Double] = [:]
    var busyNanoseconds = 0
    /// The member whose books its thread's CPU time goes to.
    private(set) var countedMember: Int?
    /// Whether it doesn't come back from a frame.
    var isHung = false
    /// What another stream's code found for this lane. Its own thread's.
    var handover: LaneHandover?
    /// How long it sleeps when it finds nothing to do, nanoseconds. Its own thread's.
    var nap = PoolLane.shortestNap
    static let shortestNap = 50_000
    static let longestNap = 2_000_000
    /// While nothing is in flight, and whoever pushes a frame wakes the lane.
    static let longestIdleNap = 50_000_000

    init(device: String, index: Int, of siblingCount: Int) {
        (self.device, self.index, self.siblingCount) = (device, index, siblingCount)
        name = "\(device)/\(index)"
    }

    /// Has the CPU time from now on go to a member's books. On its own thread.
    func countCPUTime(of member: Int) {
        guard countedMember != member else { return }
        for index in members.indices {
            let (stream, lane) = (members[index].stream, members[index].lane)
            if index == member { stream.state.lanes[lane].cpuTime.resume() } else { stream.state.lanes[lane].cpuTime.stop() }
        }
        countedMember = member
    }

    func append(_ member: LaneMember) {
        members.append(member)
        countedMember = nil
        countCPUTime(of: members.count - 1)
    }

    func removeMember(_ index: Int) -> LaneMember {
        members[index].stream.state.lanes[members[index].lane].cpuTime.stop()
        countedMember = nil
        defer { if members.count == 1 { countCPUTime(of: 0) } }
        return members.remove(at: index)
    }
}

/// A stream that has a context on a lane.
struct LaneMember {
    let stream: StreamRuntime
    /// The lane's index in the stream.
    let lane: Int
    /// Runs the stream's frames, beginning with this turn at this time, until the lane has something else to do.
    let run: (LaneTurn, Int) -> Void
    /// Time that the lane gave to streams of higher priority while this one had frames for it, since it last took one.
    var passedOverNanoseconds = 0
}

/// A context that is to be opened on a lane's thread.
struct LaneOpening {
    let stream: StreamRuntime
    /// The lane's index in the stream.
    let lane: Int
    let open: () -> Void
}

/// What a lane is to do next, and for which of its streams.
struct LaneHandover {
    let member: Int
    let turn: LaneTurn
    let now: Int
}

extension DevicePool {
    /// The life of a lane's thread.
    func live(_ lane: PoolLane) {
        lock.lock()
        lane.handle = pthread_self()
        while true {
            if !lane.openings.isEmpty {
                openNext(lane)
            } else if let over = lane.members.firstIndex(where: { $0.stream.isOver($0.lane) }) {
                release(over, of: lane)
            } else if lane.members.isEmpty {
                guard lane.expectedMembers > 0 else { break }
                workChanged.wait(until: monotonicNanoseconds() + PoolLane.longestIdleNap)
            } else if let next = next(lane, now: monotonicNanoseconds()) {
                run(next, on: lane)
                lock.lock()
            }
        }
        lanes.removeAll { $0 === lane }
        if let thread = lane.thread.take() { endedThreads.append(thread) }
        lanesChanged.broadcast()
        unlock()
    }

    /// Opens a context, without the lock, which is also not held when what that took is let go.
    private func openNext(_ lane: PoolLane) {
        open(lane.openings.removeFirst())
        lock.lock()
    }

    private func open(_ next: LaneOpening) {
        unlock()
        next.open()
    }

    /// Runs frames of a stream, and of those that it hands over to. Without the lock.
    private func run(_ first: LaneHandover, on lane: PoolLane) {
        var next: LaneHandover? = first
        while let handover = next {
            lane.members[handover.member].run(handover.turn, handover.now)
            next = lane.handover.take()
        }
    }

    /// Takes a stream off a lane, and tells it when its context is gone.
    private func release(_ member: Int, of lane: PoolLane) {
        let (stream, index) = letGo(member, of: lane)
        lock.lock()
        stream.ended(index)
        letGoUnlocked(stream)
    }

    /// Lets a stream's context go, on this thread, without the lock: that is the device's code.
    private func letGo(_ member: Int, of lane: PoolLane) -> (stream: StreamRuntime, lane: Int) {
        let over = lane.removeMember(member)
        unlock()
        return withExtendedLifetime(over) { (over.stream, over.lane) }
    }

    // MARK: Between frames

    /// Finds something for a lane to do, waiting for it. Called with the lock.
    /// - Parameter hasLooked: whether its streams were just found to have nothing.
    /// - Returns: without the lock; nil, with the lock, when the lane must look at its streams instead.
    func next(_ lane: PoolLane, now: Int, hasLooked: Bool = false) -> LaneHandover? {
        var (now, hasLooked) = (now, hasLooked)
        var hasSpun = false
        var mayBeSuperfluous = true
        while true {
            guard lane.openings.isEmpty, !lane.members.contains(where: { $0.stream.isOver($0.lane) }) else { return nil }
            if !hasLooked, let found = look(lane, now: now, mayBeSuperfluous) {
                unlockTaken()
                return found
            }
            hasLooked = false
            // One suffices: the lane that it leaves its frames to may be at a long frame of another.
            if mayBeSuperfluous, lane.members.contains(where: { $0.stream.state.isSuperfluous($0.lane) }) {
                lane.nap = PoolLane.longestNap
                park(lane)
                mayBeSuperfluous = false
            } else if let stolen = steal(lane, now: now) {
                unlockTaken()
                return stolen
            } else if !hasSpun {
                spin()
                (hasSpun, mayBeSuperfluous) = (true, true)
            } else {
                park(lane)
                (hasSpun, mayBeSuperfluous) = (false, true)
            }
            now = monotonicNanoseconds()
        }
    }

    /// What the lane's streams have for it, in the order of who is next.
    private func look(_ lane: PoolLane, now: Int, _ mayBeSuperfluous: Bool) -> LaneHandover? {
        if lane.members.count == 1 {
            let stream = lane.members[0].stream
            // Those that it shared lanes with may be gone.
            if stream.state.view.crowding != 1 { stream.noteCrowd() }
            return stream.turn(for: lane.members[0].lane, now: now, mayBeSuperfluous).map {
                LaneHandover(member: 0, turn: $0, now: now)
            }
        }
        var last: Int?
        while let member = lane.member(after: last) {
            last = member
            let stream = lane.members[member].stream
            stream.noteCrowd()
            if let turn = stream.turn(for: lane.members[member].lane, now: now, mayBeSuperfluous) {
                charge(lane, member, turn, now: now)
                return LaneHandover(member: member, turn: turn, now: now)
            }
        }
        return nil
    }

    /// What another lane has grabbed.
    private func steal(_ lane: PoolLane, now: Int) -> LaneHandover? {
        for (index, member) in lane.members.enumerated() {
            if let ticket = member.stream.steal(member.lane, now: now) {
                lane.countCPUTime(of: index)
                return LaneHandover(member: index, turn: .run(ticket), now: now)
            }
        }
        return nil
    }

    /// Waits a little for something to change, with the lock free: about as long as going to sleep and being woken would
    /// take.
    private func spin() {
        spinningLanes += 1
        unlock()
        let before = epoch.value.load(ordering: .relaxed)
        let end = monotonicNanoseconds() + 5_000
        while epoch.value.load(ordering: .relaxed) == before && monotonicNanoseconds() < end {}
        lock.lock()
        spinningLanes -= 1
    }

    /// Sleeps until something changes, or for the lane's nap; a lane looks by itself now and then, since stragglers
    /// don't announce themselves, and very short frames don't either. Naps get longer until the lane finds work.
    private func park(_ lane: PoolLane) {
        // What waits for the lock to be free doesn't wait for the lane to wake. Afterwards there may be something to do.
        guard pendingCalls.isEmpty else {
            unlock()
            return lock.lock()
        }
        parkedLanes += 1
        for member in lane.members { member.stream.state.setParked(member.lane, true) }
        workChanged.wait(until: monotonicNanoseconds() + lane.nap)
        parkedLanes -= 1
        for member in lane.members { member.stream.state.setParked(member.lane, false) }
        let isIdle = lane.members.allSatisfy { $0.stream.state.isIdle }
        lane.nap = min(2 * lane.nap, isIdle ? PoolLane.longestIdleNap : PoolLane.longestNap)
    }
}
