// From what is known of each CPU to clusters. Pure: no hwloc, no files, no threads.

extension CPUInventory {
    /// The clusters of the machine, the fastest first.
    ///
    /// Kinds that hwloc splits over small differences (turbo bins, rounding) are one cluster when their cores are of
    /// one design; kinds that it sees as one are split where /proc/cpuinfo tells designs apart. A machine with one
    /// kind of core has its cores cut in two emulated clusters, `big` first, along the caches that they share where
    /// that is possible; a single core stays whole, and so does a cluster whose sister is switched off. CPUs that this
    /// process may not use count when clusters are told apart, and are then left out.
    public var clusters: [CPUCluster] {
        let groups = ordered(merged(alike))
        if groups.count == 1 && offlineClusters.isEmpty && groups[0].design.coreType == nil { return cut(groups[0]) }
        let names = ClusterNames.names(groups)
        return groups.indices.reversed().compactMap { rank in
            let cpus = groups[rank].cpus.intersection(allowed)
            guard !cpus.isEmpty else { return nil }
            return cluster(names[rank], cpus, of: groups[rank], efficiency: rank)
        }
    }

    private func cluster(
        _ name: String, _ cpus: CPUSet, of group: CoreGroup, efficiency: Int, isEmulated: Bool = false
    ) -> CPUCluster {
        CPUCluster(
            name: name, cpus: cpus, cores: cores(of: cpus), caches: caches.filter { !$0.cpus.isDisjoint(with: cpus) },
            efficiency: efficiency, maxMegahertz: group.maxMegahertz, core: group.model?.name, isEmulated: isEmulated)
    }

    /// Cuts cores of one kind in two, the larger part first.
    private func cut(_ group: CoreGroup) -> [CPUCluster] {
        let cores = allowedCores
        guard cores.count > 1 else { return [cluster("big", CPUSet(cores.joinedNumbers), of: group, efficiency: 0)] }
        let half = cores.count / 2
        let parts = CoreCut(cores: cores, caches: caches).parts(near: [cores.count - half, half])
            .sorted { $0.count > $1.count }
        return zip(["big", "LITTLE"], parts).map { name, part in
            cluster(name, CPUSet(part.joinedNumbers), of: group, efficiency: 0, isEmulated: true)
        }
    }
}

extension Sequence where Element == CPUSet {
    var joinedNumbers: [Int] { flatMap(\.numbers) }
}

/// CPUs taken to be alike, with the best of what is known of any of them.
struct CoreGroup {
    /// Same design, as far as that is known.
    struct Design: Hashable {
        let model: CoreModel?
        let coreType: String?
        /// On hybrid x86: an Atom core on the system's side of the chip has no L3 that those beside the fast ones have.
        let lastCacheLevel: Int?

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

extension CPUInventory {
    /// Cores of one design that differ by less than this in speed work as one cluster.
    private static let separatingRatio = 1.5

    /// The online CPUs, by hwloc's kind and by design.
    private var alike: [CoreGroup] {
        var groups: [CoreGroup] = []
        let unknown = kinds.reduce(online) { $0.subtracting($1.cpus) }
        for kind in kinds + [Kind(cpus: unknown)] {
            let byDesign = Dictionary(grouping: kind.cpus.intersection(online).numbers) { cpu in
                CoreGroup.Design(
                    model: coreModels[cpu], coreType: kind.coreType,
                    lastCacheLevel: kind.coreType == nil
                        ? nil : caches.filter { $0.cpus.contains(cpu) }.map(\.level).max())
            }
            for (design, cpus) in byDesign {
                groups.append(
                    CoreGroup(
                        design: design, cpus: CPUSet(cpus), efficiency: kind.efficiency,
                        maxMegahertz: kind.maxMegahertz, capacity: kind.capacity))
            }
        }
        return groups
    }

    /// Joins groups of one design whose speeds are close.
    ///
    /// Of one known design the frequency tells, and the capacity only where frequencies aren't known: it follows from
    /// the frequency where a device tree has it, and is the same for all, or wrong, where it hasn't. CPUs of unknown
    /// design are two clusters where either of the two says so.
    private func merged(_ groups: [CoreGroup]) -> [CoreGroup] {
        Dictionary(grouping: groups, by: \.design).values.flatMap { groups -> [CoreGroup] in
            let parts: [[CoreGroup]]
            if groups[0].model?.isArm != true {
                parts = split(groups, by: \.capacity).flatMap { split($0, by: \.maxMegahertz) }
            } else if groups.allSatisfy({ $0.maxMegahertz == nil }) {
                parts = split(groups, by: \.capacity)
            } else {
                parts = split(groups, by: \.maxMegahertz)
            }
            return parts.map { part in
                part.dropFirst().reduce(into: part[0]) { $0.absorb($1) }
            }
        }
    }

    /// Parts groups where, going upwards, a measure makes a leap. One in which it isn't known goes with the lowest.
    private func split(_ groups: [CoreGroup], by measure: (CoreGroup) -> Double?) -> [[CoreGroup]] {
        let ascending = groups.sorted { (measure($0) ?? 0, $0.cpus.first!) < (measure($1) ?? 0, $1.cpus.first!) }
        var parts: [[CoreGroup]] = []
        var previous = 0.0
        for group in ascending {
            let value = measure(group) ?? 0
            if !parts.isEmpty, previous == 0 || value < previous * Self.separatingRatio {
                parts[parts.count - 1].append(group)
            } else {
                parts.append([group])
            }
            previous = value
        }
        return parts
    }

    /// Slowest first: by what the designs are made for where that is known of all, since a LITTLE core's clock may be
    /// faster than a big one's; those of one level by speed.
    private func ordered(_ groups: [CoreGroup]) -> [CoreGroup] {
        guard groups.allSatisfy({ $0.design.level != nil }) else { return orderedBySpeed(groups) }
        let byLevel = Dictionary(grouping: groups) { $0.design.level! }
        return byLevel.keys.sorted().flatMap { orderedBySpeed(byLevel[$0]!) }
    }

    /// Slowest first, by the first measure that is known for all groups and tells them all apart: hwloc's rank, the
    /// kernel's capacity, the frequency; else by CPU number.
    private func orderedBySpeed(_ groups: [CoreGroup]) -> [CoreGroup] {
        let measures: [(CoreGroup) -> Double?] = [
            { $0.efficiency.map(Double.init) }, \.capacity, \.maxMegahertz,
        ]
        for measure in measures {
            let ranked = groups.compactMap { group in measure(group).map { (value: $0, group: group) } }
            if ranked.count == groups.count, Set(ranked.map(\.value)).count == groups.count {
                return ranked.sorted { $0.value < $1.value }.map(\.group)
            }
        }
        return groups.sorted { $0.cpus.first! < $1.cpus.first! }
    }
}
