// A group of like CPUs that work as one device.

/// CPUs of one kind, as a machine groups them: `big`, `LITTLE`.
public struct CPUCluster: Sendable, Hashable {
    /// "big", "mid", "LITTLE"; "P", "E", "LPE" on hybrid x86; "cpu" where all cores are alike, "cpu0" and "cpu1" where
    /// they aren't, and nothing tells which are the faster ones. Unique on a machine.
    public let name: String
    /// The CPUs of it that this process may use.
    public let cpus: CPUSet
    /// Those CPUs by physical core; SMT siblings share one.
    public let cores: [CPUSet]
    /// The caches of its CPUs, with all the CPUs that share them, also those of other clusters; empty where the kernel
    /// doesn't tell.
    public let caches: [CPUCache]
    /// Rank among the machine's clusters: 0 is the slowest and most frugal; the same for clusters that nothing ranks.
    public let efficiency: Int
    /// nil where the kernel doesn't tell.
    public let maxMegahertz: Double?
    /// The core's name, "Cortex-A53"; nil where it isn't known.
    public let core: String?

    /// - Parameter cores: one CPU each when left out.
    public init(
        name: String, cpus: CPUSet, cores: [CPUSet]? = nil, caches: [CPUCache] = [], efficiency: Int,
        maxMegahertz: Double? = nil, core: String? = nil
    ) {
        (self.name, self.cpus, self.efficiency) = (name, cpus, efficiency)
        (self.cores, self.caches) = (cores ?? cpus.numbers.map { [$0] }, caches)
        (self.maxMegahertz, self.core) = (maxMegahertz, core)
    }

    /// Whether one of its cores runs several threads.
    public var hasSiblings: Bool { cores.contains { $0.count > 1 } }
}
