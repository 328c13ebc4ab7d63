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
    /// What `lane`, which is idle, should do. O(lanes), where lanes have nothing to take O(lanes²).
    ///
    /// A lane declines a frame when taking it would end the stream later than leaving it to the others, or would hold
    /// the reorder head for so long that the others run into the window. Where nothing is left to take, and a
    /// straggler holds everybody up, a lane that would be done earlier runs that frame once more.
    public func decision(for lane: Int, in view: SchedulingView) -> LaneDecision {
        if case .single(let device) = self, view.lanes[lane].device != device { return .decline }
        guard self == .workStealing else { return view.isStalled ? .decline : .take }
        if view.isStalled { return view.straggler(for: lane).map(LaneDecision.rerun) ?? .decline }
        guard let own = view.lanes[lane].serviceNanoseconds,
            let areOthersSooner = view.canOthers(
                than: lane, run: view.framesAhead, before: view.nowNanoseconds + own)
        else { return .take }
        return areOthersSooner ? .decline : .take
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

extension Policy {
    /// Whether frames are given to devices when they are admitted, rather than taken by idle lanes.
    var assignsFrames: Bool {
        switch self {
        case .workStealing, .single: false
        case .roundRobin, .fixedShares, .earliestCompletion: true
        }
    }
}

extension SchedulingView {
    /// Whether the other usable lanes, each taking a frame whenever it is free, would have run `frames` frames before
    /// `deadline`; nil where none of them has a known speed. O(lanes), and nothing is allocated.
    func canOthers(than lane: Int, run frames: Int, before deadline: Int) -> Bool? {
        var count = 0
        var isAnyKnown = false
        for (index, other) in lanes.enumerated() where index != lane && other.isUsable {
            guard let service = other.serviceNanoseconds else { continue }
            isAnyKnown = true
            let busyUntil = other.frame == nil ? nowNanoseconds : other.startNanoseconds + service
            count += max(deadline - 1 - max(busyUntil, nowNanoseconds), 0) / max(service, 1)
        }
        return isAnyKnown ? count >= frames : nil
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
            var remaining = Int.max
            var isRunHere = false
            for copy in lanes where copy.frame == frame {
                remaining = min(remaining, self.remaining(of: copy))
                isRunHere = isRunHere || copy.device == lanes[lane].device
            }
            if !isRunHere && remaining > worst?.remaining ?? -1 { worst = (frame, remaining) }
        }
        let own = lanes[lane].serviceNanoseconds ?? 0
        guard let worst, worst.remaining > own else { return nil }
        return canOthers(than: lane, run: 1, before: nowNanoseconds + own) == true ? nil : worst.frame
    }

    /// Time until a busy lane is expected to be done. One that is late is expected to be late by as much again, and by
    /// half its time at least; where no time is known, it is expected to take as long as it has taken so far.
    private func remaining(of lane: Lane) -> Int {
        let elapsed = nowNanoseconds - lane.startNanoseconds
        guard let service = lane.serviceNanoseconds else { return max(elapsed, 1) }
        return elapsed < service ? service - elapsed : max(service / 2, elapsed - service)
    }
}
