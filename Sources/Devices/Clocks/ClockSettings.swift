// Which governor and which frequencies a user asks for, and what that means on a machine. Reading text and matching it
// with clocks are pure.

/// A governor, frequencies, or both.
public struct ClockSettings: Sendable, Hashable {
    public struct Frequency: Sendable, Hashable {
        /// A cluster's or device's; nil for the CPUs that are used, or the GPU where no CPU is.
        public let name: String?
        public let megahertz: Double
    }

    public let governor: String?
    public let frequencies: [Frequency]

    public var isEmpty: Bool { governor == nil && frequencies.isEmpty }

    /// - Parameter frequency: `MHZ`, or a comma list of `NAME=MHZ`.
    /// - Throws: `ClockError` naming the item that cannot be read.
    public init(governor: String? = nil, frequency: String? = nil) throws(ClockError) {
        self.governor = governor
        var frequencies: [Frequency] = []
        for item in frequency?.split(separator: ",", omittingEmptySubsequences: false) ?? [] {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                .map { String($0.trimmingBlanks) }
            guard let megahertz = Double(parts[parts.count - 1]), megahertz > 0, megahertz < 1e6,
                parts[0] != "", item == frequency! || parts.count == 2
            else { throw .unreadableFrequency(String(item), in: frequency!) }
            let name = parts.count == 2 ? parts[0] : nil
            guard !frequencies.contains(where: { $0.name?.lowercased() == name?.lowercased() }) else {
                throw .listedTwice(name!)
            }
            frequencies.append(Frequency(name: name, megahertz: megahertz))
        }
        self.frequencies = frequencies
    }
}

/// A device, as far as clocks are concerned.
public struct ClockTarget: Sendable, Hashable {
    /// "big", "gpu"; case doesn't matter.
    public let name: String
    /// Those that it computes on, if it does.
    public let cpus: CPUSet
    /// Of its clock: `.cpu` for those of its CPUs.
    public let kind: ClockDomain.Kind
    /// Whether the run uses it. One that it doesn't use can be set by its name only.
    public let isUsed: Bool

    public init(name: String, cpus: CPUSet, kind: ClockDomain.Kind = .cpu, isUsed: Bool = true) {
        (self.name, self.cpus, self.kind, self.isUsed) = (name, cpus, kind, isUsed)
    }

    func has(_ domain: ClockDomain) -> Bool {
        domain.kind == kind && kind != .other && (kind != .cpu || !cpus.isDisjoint(with: domain.cpus))
    }
}

/// What is to be set on one clock.
struct ClockAssignment: Hashable {
    let domain: ClockDomain
    var governor: String?
    var megahertz: Double?
}

extension ClockSettings {
    /// What to set on which clock, in the order of `domains`.
    ///
    /// The governor is for the CPUs of the devices used, and for a GPU that is used and knows it too. A frequency
    /// without a name is for the CPUs used; a GPU runs at other frequencies than CPUs, so it gets one by its name, or
    /// where the run uses no CPU.
    /// - Throws: `ClockError` naming what isn't available, and listing what is.
    func assignments(to domains: [ClockDomain], for targets: [ClockTarget]) throws(ClockError) -> [ClockAssignment] {
        var assignments = domains.map { ClockAssignment(domain: $0) }
        let used = domains.indices.filter { index in targets.contains { $0.isUsed && $0.has(domains[index]) } }
        let usedCPUs = used.filter { domains[$0].kind == .cpu }
        let usual = usedCPUs.isEmpty ? used : usedCPUs
        if let governor {
            guard !usual.isEmpty else { throw .noClock(nil) }
            for index in used {
                let available = domains[index].governors
                guard available.isEmpty || available.contains(governor) else {
                    if !usual.contains(index) { continue }
                    throw .unknownGovernor(governor, domain: domains[index].name, available: available)
                }
                assignments[index].governor = governor
            }
        }
        for frequency in frequencies {
            var chosen = usual
            if let name = frequency.name {
                let meant = targets.filter { $0.name.lowercased() == name.lowercased() }
                guard !meant.isEmpty else { throw .unknownName(name, available: unique(targets.map(\.name))) }
                chosen = domains.indices.filter { index in meant.contains { $0.has(domains[index]) } }
            }
            guard !chosen.isEmpty else { throw .noClock(frequency.name) }
            for index in chosen {
                let megahertz = try domains[index].offered(frequency.megahertz)
                guard assignments[index].megahertz ?? megahertz == megahertz else {
                    throw .conflict(domain: domains[index].name, cpus: domains[index].cpus)
                }
                assignments[index].megahertz = megahertz
            }
        }
        return assignments.filter { $0.governor != nil || $0.megahertz != nil }
    }

    private func unique(_ names: [String]) -> [String] {
        var unique: [String] = []
        for name in names where !unique.contains(name) { unique.append(name) }
        return unique
    }
}

extension ClockDomain {
    /// The clock's own frequency that is meant: lists show 1804.8 MHz as 1805.
    func offered(_ megahertz: Double) throws(ClockError) -> Double {
        if let near = availableMegahertz.min(by: { abs($0 - megahertz) < abs($1 - megahertz) }) {
            if abs(near - megahertz) < 1 { return near }
        } else if rangeMegahertz?.contains(megahertz) ?? true {
            return megahertz
        }
        throw .unavailableFrequency(
            megahertz, domain: name, available: availableMegahertz, range: rangeMegahertz)
    }
}
