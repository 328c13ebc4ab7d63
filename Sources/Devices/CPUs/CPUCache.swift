// Which caches a machine's CPUs share. Plain values, as hwloc tells them.

/// A data or unified cache, and the CPUs in front of it.
public struct CPUCache: Sendable, Hashable {
    /// 1 for the one next to the core.
    public let level: Int
    /// nil where the kernel doesn't tell.
    public let sizeBytes: Int?
    /// Online CPUs that share it.
    public let cpus: CPUSet

    public init(level: Int, sizeBytes: Int? = nil, cpus: CPUSet) {
        (self.level, self.sizeBytes, self.cpus) = (level, sizeBytes, cpus)
    }
}
