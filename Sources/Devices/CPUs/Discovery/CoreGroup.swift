// What sets cores apart before they are clusters: values of the discovery, seen nowhere else. Pure.

/// CPUs taken to be alike, with the best of what is known of any of them.
struct CoreGroup {
    /// Same design, as far as that is known.
    struct Design: Hashable {
        let model: CoreModel?
        let coreType: String?
        let sharing: CoreSharing?

        /// Where the design stands among others; nil where that isn't known.
        var level: Int? {
            if let coreType { return coreType == "IntelCore" ? 1 : 0 }
            return model?.role?.rawValue
        }
    }

    let design: Design
    var cpus: CPUSet
    var efficiency: Int?
    var maxMegahertz: Double?
    var capacity: Double?

    var model: CoreModel? { design.model }

    mutating func absorb(_ other: CoreGroup) {
        cpus = cpus.union(other.cpus)
        efficiency = [efficiency, other.efficiency].compactMap(\.self).max()
        maxMegahertz = [maxMegahertz, other.maxMegahertz].compactMap(\.self).max()
        capacity = [capacity, other.capacity].compactMap(\.self).max()
    }
}

/// How many threads a core runs, and how many cores share its caches: tells kinds of cores apart where a processor has
/// one name for all, as hybrid x86 in a kernel without its type of core.
struct CoreSharing: Hashable {
    /// Both missing where all cores are alike in it.
    fileprivate(set) var threads: Int?
    /// By level, from the second on: 0 for a core that has no cache of a level that others have.
    fileprivate(set) var coresPerCache: [Int: Int] = [:]
}

extension CPUInventory {
    /// Of each online CPU.
    var sharing: [Int: CoreSharing] {
        var sharing = Dictionary(uniqueKeysWithValues: online.numbers.map { ($0, CoreSharing()) })
        for (cpu, count) in told(cores.map { (cpus: $0, count: $0.count) }) { sharing[cpu]?.threads = count }
        for level in Set(caches.map(\.level)) where level > 1 {
            let own = caches.filter { $0.level == level }
            let without = own.reduce(online) { $0.subtracting($1.cpus) }
            let counts =
                own.map { (cpus: $0.cpus, count: cores(of: $0.cpus).count) } + cores(of: without).map { ($0, 0) }
            for (cpu, count) in told(counts) { sharing[cpu]?.coresPerCache[level] = count }
        }
        return sharing
    }

    /// The counts by CPU; none where CPUs that are switched off may be all that makes them differ. Three cores behind a
    /// cache may be four of which one is off or was never sold, so counts are rounded up to powers of two.
    private func told(_ counts: [(cpus: CPUSet, count: Int)]) -> [Int: Int] {
        let most = counts.map(\.count).max() ?? 0
        let missing = counts.reduce(0) { $0 + most - $1.count }
        guard missing > offline.count else { return [:] }
        return counts.reduce(into: [:]) { told, entry in
            var rounded = min(entry.count, 1)
            while rounded < entry.count { rounded *= 2 }
            for cpu in entry.cpus.numbers { told[cpu] = rounded }
        }
    }
}
