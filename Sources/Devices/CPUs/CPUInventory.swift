// What is known of a machine's CPUs, as a plain value: read from the topology once, or written down by a test.

/// The CPUs of a machine: which there are, which may be used, and what sets them apart.
public struct CPUInventory: Sendable, Hashable {
    /// CPUs that hwloc tells apart (`hwloc_cpukinds_get_info`).
    public struct Kind: Sendable, Hashable {
        public let cpus: CPUSet
        /// hwloc's rank, 0 for the slowest and most frugal; nil where it could not rank the kinds.
        public let efficiency: Int?
        public let maxMegahertz: Double?
        /// The kernel's `cpu_capacity`: relative performance, 1024 for the fastest.
        public let capacity: Double?
        /// "IntelAtom" or "IntelCore" on hybrid x86.
        public let coreType: String?

        public init(
            cpus: CPUSet, efficiency: Int? = nil, maxMegahertz: Double? = nil, capacity: Double? = nil,
            coreType: String? = nil
        ) {
            (self.cpus, self.efficiency, self.maxMegahertz) = (cpus, efficiency, maxMegahertz)
            (self.capacity, self.coreType) = (capacity, coreType)
        }
    }

    /// CPUs that are switched on.
    public let online: CPUSet
    /// Those of them that this process may use: its cgroup, and its affinity when the topology was loaded.
    public let allowed: CPUSet
    /// The online CPUs by physical core, in the topology's order; SMT siblings share one.
    public let cores: [CPUSet]
    /// Empty where nothing is known of kinds.
    public let kinds: [Kind]
    /// Data and unified caches, in no order that matters; empty where the kernel doesn't tell.
    public let caches: [CPUCache]
    /// CPUs that are there and switched off.
    public let offline: CPUSet
    /// Those of them that are in no cluster with an online one, as far as frequency domains and capacities tell: a
    /// cluster that is switched off as a whole.
    public let offlineClusters: CPUSet
    /// The core design of each CPU, where /proc/cpuinfo tells.
    public let coreModels: [Int: CoreModel]
    public let numaNodeCount: Int
    /// CPU time that this process may use, in CPUs, whichever it runs on: the least quota of its control groups when
    /// the topology was loaded; nil where there is none.
    public let quota: Double?
    /// What people call the machine or its processor, nil where nothing tells.
    public let modelName: String?
    /// Revision and vector instructions of the processor, as /proc/cpuinfo tells them.
    public let features: String?

    /// - Parameters:
    ///   - allowed: all online CPUs when left out.
    ///   - cores: one CPU each when left out.
    /// - Precondition: there is a CPU to use, and the allowed CPUs and the cores are online.
    package init(
        online: CPUSet, allowed: CPUSet? = nil, cores: [CPUSet]? = nil, kinds: [Kind] = [], caches: [CPUCache] = [],
        offline: CPUSet = [], offlineClusters: CPUSet = [], coreModels: [Int: CoreModel] = [:],
        numaNodeCount: Int = 1, quota: Double? = nil, modelName: String? = nil, features: String? = nil
    ) {
        self.online = online
        self.allowed = allowed ?? online
        self.cores = cores ?? online.numbers.map { [$0] }
        (self.kinds, self.coreModels, self.caches) = (kinds, coreModels, caches)
        (self.offline, self.offlineClusters) = (offline, offlineClusters)
        (self.numaNodeCount, self.quota) = (numaNodeCount, quota)
        (self.modelName, self.features) = (modelName, features)
        precondition(!self.allowed.isEmpty && self.allowed.isSubset(of: online), "allowed CPUs must be online")
        precondition(self.cores.allSatisfy { $0.isSubset(of: online) }, "cores must be online")
        precondition(quota ?? 1 > 0, "a quota is some time")
        precondition(offline.isDisjoint(with: online) && offlineClusters.isSubset(of: offline), "CPUs are on or off")
    }

    /// Online CPUs that this process may not use.
    public var forbidden: CPUSet { online.subtracting(allowed) }

    /// The cores as far as this process may use them; a core with no allowed CPU is left out.
    public var allowedCores: [CPUSet] { cores.map { $0.intersection(allowed) }.filter { !$0.isEmpty } }
}

/// The design of a CPU core.
public struct CoreModel: Sendable, Hashable {
    /// "Cortex-A53", or the brand string of an x86 processor.
    public let name: String
    /// What its designer made it for, nil where that isn't known.
    public let role: Role?
    public let isArm: Bool

    /// Where a core stands in a heterogeneous processor.
    public enum Role: Int, Sendable, Hashable { case little, big, prime }

    public init(name: String, role: Role? = nil, isArm: Bool = false) {
        (self.name, self.role, self.isArm) = (name, role, isArm)
    }
}
