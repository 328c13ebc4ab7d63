// The default policy: lanes take frames, unless leaving them to others is better.

/// Any idle lane takes the oldest frame, unless taking it would end the stream later than leaving it to the others, or
/// would hold the reorder head for so long that the others run into the window. Where nothing is left to take, and a
/// straggler holds everybody up, a lane that would be done earlier runs that frame once more.
public struct WorkStealing: Policy {
    public static let form = "work-stealing"
    public init() {}
    public init?(argument: String?) { if argument != nil { return nil } }

    /// O(lanes), where lanes have nothing to take O(lanes²).
    public func decision(for lane: Int, in view: SchedulingView) -> LaneDecision {
        if view.isStalled { return view.straggler(for: lane).map(LaneDecision.rerun) ?? .decline }
        guard let own = view.lanes[lane].serviceNanoseconds,
            let areOthersSooner = view.canOthers(
                than: lane, run: view.framesAhead, before: view.nowNanoseconds + own)
        else { return .take }
        return areOthersSooner ? .decline : .take
    }

    public func takesUnseen(_ lane: Int, in view: SchedulingView) -> Bool { view.mayTakeUnseen(lane) }
    public var goesBySpeed: Bool { true }
}

extension Policy where Self == WorkStealing {
    public static var workStealing: WorkStealing { WorkStealing() }
}
