// The devices that a machine's stream runs on when the user names none, and what is left out of them. Pure.

extension Hardware {
    /// The set of devices that is the fastest: every unit that its provider doesn't leave out, such as every cluster
    /// and every GPU. None computes on a core of another; the host threads of a GPU are on the slowest cluster, as
    /// `placingHostThreads` tells.
    ///
    /// Under a CPU quota the fastest clusters get as many cores as it keeps busy.
    public var defaultDevices: [ResolvedDevice] { placed(unplacedDefaultDevices()) }

    /// As `defaultDevices`, with GPUs whose host threads have no place yet.
    /// - Parameter keepingQuota: false for as many cores as there are, whatever the quota.
    func unplacedDefaultDevices(keepingQuota: Bool = true) -> [ResolvedDevice] {
        let devices = units.filter { $0.choice == .byDefault }.map { ResolvedDevice($0) }
        return keepingQuota ? withinQuota(devices, keepingEach: false) : devices
    }

    /// A unit that is no default device, and why.
    public struct LeftOut: Sendable, Hashable, CustomStringConvertible {
        public let name: String
        public let reason: String

        public var description: String { "\(name) (\(reason))" }
    }

    /// The units that the default devices leave out.
    public func leftOut(keepingQuota: Bool = true) -> [LeftOut] {
        let used = Set(unplacedDefaultDevices(keepingQuota: keepingQuota).map(\.name))
        let slow = units.filter { $0.choice == .byDefault && !used.contains($0.name) }.map {
            LeftOut(name: $0.name, reason: "the CPU quota is used up by the faster cores")
        }
        let others = units.compactMap { unit -> LeftOut? in
            guard case .leftOut(let reason) = unit.choice else { return nil }
            return LeftOut(name: unit.name, reason: reason)
        }
        return slow + others
    }
}
