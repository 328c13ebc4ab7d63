// What an application says of a session. Values.

import CoExec

/// Choices for a session; the defaults suit a file.
public struct SessionOptions: Sendable {
    /// In messages; the model's if nil.
    public var name: String?
    /// Some of the pool's devices, by name; nil: all.
    public var devices: [String]?
    /// "fp32", "bf16", "fp16", "int8", or "big=int8,gpu=fp16"; nil: as the model is.
    public var precision: String?
    /// Most pictures submitted and not received; nil: two a lane, and two more.
    public var window: Int?
    public var admission = Admission.wait
    /// A picture whose result couldn't be had within this time after its submission is dropped instead of started.
    public var deadlineNanoseconds: Int?
    /// Among the sessions of a pool: those of a higher priority go first where a lane has a choice.
    public var priority = 0
    /// Share of the lanes' time among sessions of one priority, relative to the others' weights.
    public var weight = 1.0
    /// Most lanes that it keeps busy at once; nil: all.
    public var greatestBusyLaneCount: Int?
    /// What results are made of the outputs.
    public var results = ResultOptions()

    public init() {}

    /// For cameras: the oldest picture that waits is dropped for a new one.
    public static var live: SessionOptions {
        var options = SessionOptions()
        options.admission = .dropOldest
        return options
    }

    /// - Parameter laneCount: of the devices.
    func streamOptions(laneCount: Int) -> StreamOptions {
        var options = StreamOptions(window: window ?? 2 * laneCount + 2)
        options.greatestWindow = max(Self.windowToGrow, options.window ?? 0)
        options.admission = admission
        options.deadlineNanoseconds = deadlineNanoseconds
        (options.priority, options.weight, options.greatestBusyLaneCount) = (priority, weight, greatestBusyLaneCount)
        options.staysOpen = true
        return options
    }

    /// How far a running session's window can be widened at least.
    private static let windowToGrow = 1024
}

/// What results are made of a network's outputs.
public struct ResultOptions: Sendable {
    public enum Task: String, CaseIterable, Sendable { case auto, classify, detect, segment, keypoints, tensors }

    /// What they are; `auto`: what the network is recognised as, by its structure.
    public var task = Task.auto
    /// How many classes a picture has.
    public var top = 5
    /// The least probability of what is told, from 0 to 1; nil: what the network's makers use.
    public var threshold: Float?
    /// Path of a JSON file that says what the outputs are, of a network that isn't recognised: see docs/results.md.
    public var head: String?

    public init() {}
}
