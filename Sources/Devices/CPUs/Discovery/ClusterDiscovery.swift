// From what is known of each CPU to clusters. Pure: no hwloc, no files, no threads.

extension CPUInventory {
    /// The clusters of the machine, the fastest first: never two kinds of core in one, as far as kinds can be told.
    ///
    /// Cores are of two kinds where their designs differ (Arm's part numbers, Intel's types of core), their top
    /// frequencies by a fifth or more, the number of their hardware threads, or how many of them share an L2 or L3.
    /// Kinds that hwloc splits over less (turbo bins, rounding) are one cluster. A machine on which no kinds can be
    /// told is one cluster, `cpu`, unless the sister of that cluster is switched off. CPUs that this process may not
    /// use count when clusters are told apart, and are then left out.
    public var clusters: [CPUCluster] {
        let ranks = ranked(merged(alike))
        let names = ClusterNames.names(ranks, isWhole: offlineClusters.isEmpty)
        return ranks.indices.reversed().flatMap { rank in
            zip(ranks[rank], names[rank]).compactMap { group, name in cluster(name, of: group, efficiency: rank) }
        }
    }

    /// nil where this process may use none of its CPUs.
    private func cluster(_ name: String, of group: CoreGroup, efficiency: Int) -> CPUCluster? {
        let cpus = group.cpus.intersection(allowed)
        guard !cpus.isEmpty else { return nil }
        return CPUCluster(
            name: name, cpus: cpus, cores: cores(of: cpus), caches: caches.filter { !$0.cpus.isDisjoint(with: cpus) },
            efficiency: efficiency, maxMegahertz: group.maxMegahertz, core: group.model?.name)
    }
}

extension Sequence where Element == CPUSet {
    var joinedNumbers: [Int] { flatMap(\.numbers) }
}

extension CPUInventory {
    /// Cores of one design that differ by less than this in speed work as one cluster.
    private static let separatingRatio = 1.2

    /// The online CPUs, by kind and by design.
    private var alike: [CoreGroup] {
        var groups: [CoreGroup] = []
        let sharing = sharing
        let unknown = kinds.reduce(online) { $0.subtracting($1.cpus) }
        for kind in kinds + [Kind(cpus: unknown)] {
            let byDesign = Dictionary(grouping: kind.cpus.intersection(online).numbers) { cpu in
                CoreGroup.Design(model: coreModels[cpu], coreType: kind.coreType, sharing: sharing[cpu])
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

    /// Parts groups at the widest step of a measure until no two in a part are far apart in it. One in which it isn't
    /// known goes with the lowest.
    private func split(_ groups: [CoreGroup], by measure: (CoreGroup) -> Double?) -> [[CoreGroup]] {
        let known = groups.compactMap { group in measure(group).map { (value: $0, group: group) } }
            .sorted { $0.value < $1.value }
        guard let lowest = known.first, let highest = known.last,
            highest.value >= lowest.value * Self.separatingRatio
        else { return [groups] }
        let steps = zip(known, known.dropFirst()).map { $1.value / $0.value }
        let cut = steps.indices.max { steps[$0] < steps[$1] }! + 1
        let unknown = groups.filter { measure($0) == nil }
        return split(known[..<cut].map(\.group) + unknown, by: measure) + split(known[cut...].map(\.group), by: measure)
    }

    /// Slowest first; groups that nothing tells to be faster or slower than each other have one rank together.
    ///
    /// Designs tell first, where all are known: a LITTLE core's clock may be faster than a big one's. Then hwloc's
    /// rank, the kernel's capacity and the frequency, each where it is known of all.
    private func ranked(_ groups: [CoreGroup]) -> [[CoreGroup]] {
        typealias Measure = (CoreGroup) -> Double?
        let measures: [Measure] = [
            { $0.design.level.map(Double.init) }, { $0.efficiency.map(Double.init) }, \.capacity, \.maxMegahertz,
        ]
        func ranked(_ groups: [CoreGroup], by measures: ArraySlice<Measure>) -> [[CoreGroup]] {
            guard groups.count > 1, let measure = measures.first else {
                return [groups.sorted { $0.cpus.first! < $1.cpus.first! }]
            }
            let rest = measures.dropFirst()
            guard groups.allSatisfy({ measure($0) != nil }) else { return ranked(groups, by: rest) }
            let byValue = Dictionary(grouping: groups) { measure($0)! }
            return byValue.keys.sorted().flatMap { ranked(byValue[$0]!, by: rest) }
        }
        return ranked(groups, by: measures[...])
    }
}
