// What frameworks do that know nothing of their devices, for comparing.

/// Frame n to device n mod count, whatever their speeds.
public struct RoundRobin: Policy {
    public static let form = "round-robin"
    public init() {}
    public init?(argument: String?) { if argument != nil { return nil } }

    public var assignsFrames: Bool { true }

    public func device(for frame: Int, among usable: [Int], in view: SchedulingView) -> Int? {
        usable[frame % usable.count]
    }
}

extension Policy where Self == RoundRobin {
    public static var roundRobin: RoundRobin { RoundRobin() }
}
