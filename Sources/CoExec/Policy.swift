// Which frame goes to which lane. A value without threads or clock: the runtime and the simulator ask the same one.

/// How frames are given to devices.
public enum Policy: Sendable, Hashable {
    /// Any idle lane takes the oldest frame, unless leaving it to the others is better: the default.
    case workStealing
    /// All frames to one device; the others idle. Index in the order of the stream's devices.
    case single(device: Int)
    /// Frame n to device n mod count, whatever their speeds.
    case roundRobin
    /// Frames in proportion to these weights, one a device, at least one positive.
    case fixedShares([Double])
    /// Each frame, when it is admitted, to the device that would finish it first (HEFT's rule).
    case earliestCompletion
}

/// What an idle lane should do.
public enum LaneDecision: Sendable, Equatable {
    /// Take the oldest frame that is for it.
    case take
    /// Leave it to other lanes, for now.
    case decline
    /// Run this frame, which another lane is running too slowly, once more; the first result counts.
    case rerun(frame: Int)
}

extension Policy {
    /// What `lane`, which is idle, should do. O(window × lanes).
    ///
    /// A lane declines a frame when taking it would end the stream later than leaving it to the others, or would hold
    /// the reorder head for so long that the others run into the window. Where nothing is left to take, and a
    /// straggler holds everybody up, a lane that would be done earlier runs that frame once more.
    public func decision(for lane: Int, in view: SchedulingView) -> LaneDecision {
        if case .single(let device) = self, view.lanes[lane].device != device { return .decline }
        guard self == .workStealing else { return view.isStalled ? .decline : .take }
        if view.isStalled { return view.straggler(for: lane).map(LaneDecision.rerun) ?? .decline }
        guard let own = view.lanes[lane].serviceNanoseconds,
            let others = view.finishOfOthers(than: lane, frames: view.framesAhead)
        else { return .take }
        return view.nowNanoseconds + own <= others ? .take : .decline
    }

    /// The device that must run a frame; nil where any may.
    /// - Parameters:
    ///   - frame: the frame that is being admitted.
    ///   - assigned: frames given to each device so far.
    ///   - backlogs: frames that each device has been given and not finished.
    func device(for frame: Int, in view: SchedulingView, assigned: [Int], backlogs: [Int]) -> Int? {
        let usable = backlogs.indices.filter { device in view.lanes.contains { $0.device == device && $0.isUsable } }
        guard !usable.isEmpty else { return nil }
        switch self {
        case .workStealing: return nil
        case .single(let device): return device
        case .roundRobin: return usable[frame % usable.count]
        case .fixedShares(let weights):
            let total = usable.reduce(0) { $0 + weights[$1] }
            guard total > 0 else { return nil }
            return usable.max { deficit($0, weights, total) < deficit($1, weights, total) }
            func deficit(_ device: Int, _ weights: [Double], _ total: Double) -> Double {
                weights[device] / total * Double(frame + 1) - Double(assigned[device])
            }
        case .earliestCompletion:
            return usable.min { finish($0) < finish($1) }
            func finish(_ device: Int) -> Int {
                let lanes = view.lanes.filter { $0.device == device && $0.isUsable }
                let service = lanes.compactMap(\.serviceNanoseconds).min() ?? 0
                return service * (backlogs[device] + lanes.count) / lanes.count
            }
        }
    }
}

extension SchedulingView {
    /// When the other usable lanes, each taking a frame whenever it is free, would have run `frames` frames; nil where
    /// none of them has a known speed.
    func finishOfOthers(than lane: Int, frames: Int) -> Int? {
        var free: [(at: Int, service: Int)] = []
        for (index, other) in lanes.enumerated() where index != lane && other.isUsable {
            guard let service = other.serviceNanoseconds else { continue }
            let busyUntil = other.frame == nil ? nowNanoseconds : other.startNanoseconds + service
            free.append((max(busyUntil, nowNanoseconds), service))
        }
        guard !free.isEmpty else { return nil }
        var finish = nowNanoseconds
        for _ in 0..<max(frames, 0) {
            let first = free.indices.min { free[$0].at + free[$0].service < free[$1].at + free[$1].service }!
            free[first].at += free[first].service
            finish = max(finish, free[first].at)
        }
        return finish
    }

    /// The running frame that holds the stream up most, if this lane would be done with it first.
    ///
    /// At the end of the stream that may be any frame, where the window is full only the head. A lane leaves it to
    /// another that would be done with it earlier, even if that one has to finish its own frame before.
    func straggler(for lane: Int) -> Int? {
        let isAtEnd = end.map { next >= $0 } ?? false
        var worst: (frame: Int, remaining: Int)?
        for other in lanes {
            guard let frame = other.frame, !other.isSuperseded, isAtEnd || frame == head else { continue }
            let copies = lanes.filter { $0.frame == frame }
            guard !copies.contains(where: { $0.device == lanes[lane].device }) else { continue }
            let remaining = copies.map(remaining).min()!
            if worst.map({ remaining > $0.remaining }) ?? true { worst = (frame, remaining) }
        }
        let own = lanes[lane].serviceNanoseconds ?? 0
        guard let worst, worst.remaining > own else { return nil }
        if let others = finishOfOthers(than: lane, frames: 1), others < nowNanoseconds + own { return nil }
        return worst.frame
    }

    /// Time until a busy lane is expected to be done. One that is late is expected to be late by as much again, and by
    /// half its time at least; where no time is known, it is expected to take as long as it has taken so far.
    private func remaining(of lane: Lane) -> Int {
        let elapsed = nowNanoseconds - lane.startNanoseconds
        guard let service = lane.serviceNanoseconds else { return max(elapsed, 1) }
        return elapsed < service ? service - elapsed : max(service / 2, elapsed - service)
    }
}
