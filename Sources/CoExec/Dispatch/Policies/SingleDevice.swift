// One device alone, for comparing.

/// All frames to one device; the others idle.
public struct SingleDevice: Policy, Hashable {
    public static let form = "single:DEVICE"
    /// Index in the order of the stream's devices; nil until the name is looked up there.
    public var device: Int?
    private var name: String?

    public init(_ device: Int) { self.device = device }

    public init?(argument: String?) {
        guard let argument, !argument.isEmpty else { return nil }
        name = argument
    }

    public func fitted(to devices: [String]) throws -> SingleDevice {
        let index = name.map { name in devices.firstIndex { $0.lowercased() == name.lowercased() } } ?? device
        guard let index, devices.indices.contains(index) else {
            let wanted = name ?? "\(device ?? -1)"
            throw PolicyError("policy single: no device '\(wanted)' among \(devices.joined(separator: ","))")
        }
        return SingleDevice(index)
    }

    public func decision(for lane: Int, in view: SchedulingView) -> LaneDecision {
        view.isStalled || view.lanes[lane].device != device ? .decline : .take
    }

    public func mayRun(onDevice device: Int) -> Bool { self.device == device }
}

extension Policy where Self == SingleDevice {
    public static func single(device: Int) -> SingleDevice { SingleDevice(device) }
}
