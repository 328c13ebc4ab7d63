// What decides which frame goes to which lane. Policies are values without threads or clock: the threaded runtime and the
// simulator ask the same ones. `Policies/` has ours, `Policies.all` lists them.

/// How frames are given to devices. All but `init` and `decision` has a default that suits lanes which take frames.
public protocol Policy: Sendable {
    /// How a command line writes it: "round-robin", or "single:DEVICE" where something follows.
    static var form: String { get }

    /// Reads what a command line says.
    /// - Parameter argument: what follows the colon; nil without one.
    /// - Returns: nil where that isn't its form.
    /// - Throws: `PolicyError` where the form is right, but not what it says.
    init?(argument: String?) throws

    /// The policy for a stream of these devices.
    /// - Throws: `PolicyError` where it names a device that isn't there, or hasn't something for each.
    func fitted(to devices: [String]) throws -> Self

    // MARK: Lanes that take frames

    /// What `lane`, which is idle and usable, should do.
    ///
    /// Idle lanes are asked in any order, and those that declined again: by the runtime within milliseconds, by the
    /// simulator when next a run ends or a frame comes. So while no lane runs a frame, one of them must take the next:
    /// once each has declined it twice, it goes to the next that asks. Where there is a deadline, a lane that
    /// can't meet it is refused the frame. Frames to run again after a failure, and those for a device that is probed,
    /// are given without asking.
    func decision(for lane: Int, in view: SchedulingView) -> LaneDecision

    /// Whether `lane` should take the next frame whatever the other lanes are at: then nobody looks at what that is,
    /// which costs as much as all the rest of a turn.
    func takesUnseen(_ lane: Int, in view: SchedulingView) -> Bool

    /// Whether lanes of this device may run frames at all.
    func mayRun(onDevice device: Int) -> Bool

    /// Whether lanes decline by how fast they are: one that has declined for long is then measured again, and a lane
    /// may be left asleep where frames are very short.
    var goesBySpeed: Bool { get }

    // MARK: Frames that are assigned

    /// Whether frames are given to devices when they are admitted, rather than taken by idle lanes.
    var assignsFrames: Bool { get }

    /// The device that must run a frame, which is being admitted; nil, or a device that isn't usable, where any may.
    /// - Parameter usable: the devices that can run frames now, at least one.
    func device(for frame: Int, among usable: [Int], in view: SchedulingView) -> Int?
}

extension Policy {
    public func fitted(to devices: [String]) throws -> Self { self }
    public func decision(for lane: Int, in view: SchedulingView) -> LaneDecision { view.isStalled ? .decline : .take }
    public func takesUnseen(_ lane: Int, in view: SchedulingView) -> Bool { false }
    public func mayRun(onDevice device: Int) -> Bool { true }
    public var goesBySpeed: Bool { false }
    public var assignsFrames: Bool { false }
    public func device(for frame: Int, among usable: [Int], in view: SchedulingView) -> Int? { nil }
}

/// What an idle lane should do.
public enum LaneDecision: Sendable, Equatable {
    /// Take the oldest frame that is for it; of frames shorter than 25 µs, as many as take 50 µs.
    case take
    /// Leave it to other lanes, for now.
    case decline
    /// Run this frame, which another lane is running too slowly, once more; the first result counts.
    case rerun(frame: Int)
}

/// What is wrong with a policy that somebody asked for.
public struct PolicyError: Error, Hashable, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}
