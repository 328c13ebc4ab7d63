// Which rails tell the power of what: of each device, and of everything. Pure.

/// How rails are added up.
public struct PowerPlan: Sendable, Hashable {
    /// A device, as far as its power goes.
    public struct Consumer: Sendable, Hashable {
        public enum Unit: Sendable, Hashable {
            /// The clusters that its CPUs are of.
            case cpus([CPUCluster])
            /// As its driver names it and its maker.
            case gpu(name: String, vendor: String)
        }

        /// "big", "gpu".
        public let name: String
        public let unit: Unit

        public init(name: String, unit: Unit) { (self.name, self.unit) = (name, unit) }
    }

    /// Positions of the rails that together are all the power that is measured, none of it twice. Empty without rails.
    public let combined: [Int]
    /// Of each consumer, in their order: positions of the rails that feed its unit. Empty where no rail does: what is
    /// measured of it is all the power while it works alone.
    public let own: [[Int]]

    /// - Parameter rails: as meters are preferred: where two measure the same load, the first one counts.
    public init(rails: [PowerRail], consumers: [Consumer]) {
        combined = Self.all(rails)
        own = consumers.map { Self.rails(of: $0, in: rails) }
    }

    /// A meter before the machine tells all; then parts are added up; a battery, or what a platform says of itself, is
    /// slow or doubtful, and comes last.
    private static func all(_ rails: [PowerRail]) -> [Int] {
        let wholes = rails.indices.filter { rails[$0].load == .machine }
        if let whole = wholes.first(where: { !rails[$0].isSecondChoice }) { return [whole] }
        let parts = rails.indices.filter { rails[$0].load != .machine && !rails[$0].isPart }
        guard !parts.isEmpty else { return Array(wholes.prefix(1)) }
        return parts.filter { index in
            // Two meters with the same load measure it both; two rails of one meter share it. There may be several
            // GPUs.
            guard rails[index].load != .gpu, rails[index].load != .other else { return true }
            let first = parts.first { rails[$0].load == rails[index].load }!
            return rails[index].meter == rails[first].meter
        }
    }

    /// The rails that tell most closely what feeds a device.
    private static func rails(of consumer: Consumer, in rails: [PowerRail]) -> [Int] {
        func first(where holds: (PowerRail) -> Bool) -> [Int] {
            guard let meter = rails.first(where: holds)?.meter else { return [] }
            return rails.indices.filter { rails[$0].meter == meter && holds(rails[$0]) }
        }
        let clusters: [CPUCluster]
        switch consumer.unit {
        case .gpu(let name, let vendor): return Self.rail(ofGPU: name, vendor, in: rails)
        case .cpus(let own): clusters = own
        }
        // One cluster's rail says nothing of a device that has CPUs of others, too.
        let close = clusters.map { cluster in
            first { $0.load.isOnly(of: cluster) }
        }
        if !close.isEmpty, close.allSatisfy({ !$0.isEmpty }) {
            return Array(Set(close.joined())).sorted()
        }
        return first { $0.load == .cpus }
    }
}

extension PowerPlan {
    /// A machine may have several GPUs: NVIDIA's meter tells their names, RAPL measures Intel's only. Where it stays
    /// open which rail is a GPU's, none is.
    private static func rail(ofGPU name: String, _ vendor: String, in rails: [PowerRail]) -> [Int] {
        let isNVIDIA = vendor.uppercased().contains("NVIDIA")
        let isIntel = vendor.uppercased().contains("INTEL")
        let possible = rails.indices.filter { index in
            let rail = rails[index]
            guard rail.load == .gpu else { return false }
            return switch rail.meter {
            case "nvml": isNVIDIA && (rail.name == name || rail.name.hasPrefix("\(name) ("))
            case "rapl": isIntel
            case "hwmon amdgpu", "hwmon radeon": !isNVIDIA && !isIntel
            default: !isNVIDIA
            }
        }
        return possible.count == 1 ? possible : []
    }
}

extension PowerRail {
    fileprivate var isSecondChoice: Bool { meter == "battery" || name == "psys" }
}

extension PowerRail.Load {
    fileprivate func isOnly(of cluster: CPUCluster) -> Bool {
        switch self {
        case .core(let name): name == cluster.core
        case .cluster(let name): name == cluster.name
        default: false
        }
    }
}
