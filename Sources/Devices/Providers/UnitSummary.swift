// What choosing devices needs to know of a unit, whatever its kind. Plain values, shared freely.

/// A unit of a machine.
public struct UnitSummary: Sendable, Hashable {
    /// What it needs of the machine's CPUs.
    public enum CPUUse: Sendable, Hashable {
        /// It is made of these, and a device may be any part of them.
        case madeOf(CPUSet)
        /// Its runtime computes on CPUs: on these, unless the user writes others.
        case computesOn(CPUSet)
        /// It computes by itself. Host threads start its work and wait, and take a part of a core for that.
        case hostThreads
    }

    /// Whether it is used when no devices are named.
    public enum Choice: Sendable, Hashable {
        case byDefault
        case leftOut(reason: String)
        /// Only what a user names, and names of this kind are told to who asks.
        case onRequest
        /// Only for who knows it.
        case hidden
    }

    /// What `--devices` calls it: "big", "gpu1". No other unit of the machine has the name.
    public let name: String
    public let cpuUse: CPUUse
    public let choice: Choice
    /// It stands in for hardware that the machine doesn't have. Every output must say so.
    public let isStandIn: Bool
    /// A user may ask for several devices of it, each on CPUs of its own; they are numbered then.
    public let allowsSeveral: Bool

    public init(
        name: String, cpuUse: CPUUse, choice: Choice = .byDefault, isStandIn: Bool = false, allowsSeveral: Bool = false
    ) {
        (self.name, self.cpuUse, self.choice) = (name, cpuUse, choice)
        (self.isStandIn, self.allowsSeveral) = (isStandIn, allowsSeveral)
    }

    /// Whether it is one of the units that `devices` lists.
    var isListed: Bool {
        switch choice {
        case .byDefault, .leftOut: true
        case .onRequest, .hidden: false
        }
    }

    /// The CPUs of a device of it where the user writes none; empty where host threads have no place yet.
    var usualCPUs: CPUSet {
        switch cpuUse {
        case .madeOf(let cpus), .computesOn(let cpus): cpus
        case .hostThreads: []
        }
    }
}

/// A device that this machine has: which unit, on which CPUs, at which speed.
public struct ResolvedDevice: Sendable, Hashable {
    /// "big", "cpu", "cpu1", "gpu".
    public internal(set) var name: String
    public let unit: UnitSummary
    /// The CPUs it computes on. Of a unit that computes by itself, those that its host threads are bound to; empty
    /// until they have a place.
    public internal(set) var cpus: CPUSet
    /// Relative speed to emulate, 1 for the unit as it is.
    public let speed: Double
    /// It stands in for a unit that the machine doesn't have, or its speed isn't its own. Every output must say so.
    public var isEmulated: Bool { unit.isStandIn || speed < 1 }

    /// - Parameters:
    ///   - cpus: the unit's usual ones if left out.
    init(_ unit: UnitSummary, cpus: CPUSet? = nil, speed: Double = 1) {
        precondition(speed > 0 && speed <= 1, "a relative speed is in (0, 1]")
        (name, self.unit, self.cpus, self.speed) = (unit.name, unit, cpus ?? unit.usualCPUs, speed)
    }

    /// Whether it is CPUs itself, so that lanes and threads can share them out.
    public var isMadeOfCPUs: Bool { if case .madeOf = unit.cpuUse { true } else { false } }

    /// Whether it has host threads beside what computes.
    var hasHostThreads: Bool { unit.cpuUse == .hostThreads }
}
