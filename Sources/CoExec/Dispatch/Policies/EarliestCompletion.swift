// The rule of list schedulers, for comparing.

/// Each frame, when it is admitted, to the device that would finish it first: HEFT's rule (H. Topcuoglu et al.,
/// "Performance-Effective and Low-Complexity Task Scheduling for Heterogeneous Computing", 2002).
public struct EarliestCompletion: Policy {
    public static let form = "earliest-completion"
    public init() {}
    public init?(argument: String?) { if argument != nil { return nil } }

    public var assignsFrames: Bool { true }

    public func device(for frame: Int, among usable: [Int], in view: SchedulingView) -> Int? {
        func finish(_ device: Int) -> Int {
            let lanes = view.lanes.filter { $0.device == device && $0.isUsable }
            let service = lanes.compactMap(\.serviceNanoseconds).min() ?? 0
            return service * (view.devices[device].backlog + lanes.count) / lanes.count
        }
        return usable.min { finish($0) < finish($1) }
    }
}

extension Policy where Self == EarliestCompletion {
    public static var earliestCompletion: EarliestCompletion { EarliestCompletion() }
}
