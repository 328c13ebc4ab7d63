// From what is known of each CPU to named clusters. Pure: no hwloc, no files, no threads.

extension CPUInventory {
    /// The clusters of the machine, the fastest first.
    ///
    /// Kinds that hwloc splits over small differences (turbo bins, rounding) are one cluster when their cores are of
    /// one design; kinds that it sees as one are split where /proc/cpuinfo tells designs apart. A machine with one
    /// kind of core has its cores cut in two emulated clusters, `big` first; a single core stays whole. CPUs that
    /// this process may not use count when clusters are told apart, and are then left out.
    public var clusters: [CPUCluster] {
        let groups = ordered(merged(alike))
        if groups.count == 1 { return cut(groups[0]) }
        return groups.indices.reversed().compactMap { rank in
            let cpus = groups[rank].cpus.intersection(allowed)
            guard !cpus.isEmpty else { return nil }
            return CPUCluster(
                name: Self.clusterName(rank: rank, of: groups.count), cpus: cpus, efficiency: rank,
                maxMegahertz: groups[rank].maxMegahertz, core: groups[rank].model?.name)
        }
    }

    /// "LITTLE" for the slowest, "big" for the fastest, "mid", "mid1", … between them, slowest first.
    private static func clusterName(rank: Int, of count: Int) -> String {
        switch rank {
        case count - 1: "big"
        case 0: "LITTLE"
        case 1: "mid"
        default: "mid\(rank - 1)"
        }
    }
}

/// CPUs taken to be alike, with the best of what is known of any of them.
private struct Group {
    /// Same design, as far as that is known.
    struct Design: Hashable {
        let model: CoreModel?
        let coreType: String?
    }

    let design: Design
    var cpus: CPUSet
    var efficiency: Int?
    var maxMegahertz: Double?
    var capacity: Double?

    var model: CoreModel? { design.model }

    mutating func absorb(_ other: Group) {
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
    private var alike: [Group] {
        var groups: [Group] = []
        let unknown = kinds.reduce(online) { $0.subtracting($1.cpus) }
        for kind in kinds + [Kind(cpus: unknown)] {
            let byDesign = Dictionary(grouping: kind.cpus.intersection(online).numbers) {
                Group.Design(model: coreModels[$0], coreType: kind.coreType)
            }
            for (design, cpus) in byDesign {
                groups.append(
                    Group(
                        design: design, cpus: CPUSet(cpus), efficiency: kind.efficiency,
                        maxMegahertz: kind.maxMegahertz, capacity: kind.capacity))
            }
        }
        return groups
    }

    /// Joins groups of one design whose speeds are close, going upwards until a gap.
    private func merged(_ groups: [Group]) -> [Group] {
        Dictionary(grouping: groups, by: \.design).values.flatMap { groups -> [Group] in
            // Within a design, capacity and frequency are in proportion: take the one that all have.
            let speed: (Group) -> Double =
                groups.allSatisfy { $0.capacity != nil } ? { $0.capacity! } : { $0.maxMegahertz ?? 0 }
            let ascending = groups.sorted { (speed($0), $0.cpus.first!) < (speed($1), $1.cpus.first!) }
            var result: [Group] = []
            var previous = 0.0
            for group in ascending {
                // A group of unknown speed has nothing to tell it from the next.
                if !result.isEmpty, previous == 0 || speed(group) < previous * Self.separatingRatio {
                    result[result.count - 1].absorb(group)
                } else {
                    result.append(group)
                }
                previous = speed(group)
            }
            return result
        }
    }

    /// Slowest first, by the first measure that is known for all groups and tells them all apart: hwloc's rank, the
    /// kernel's capacity, the design's role, the frequency; else by CPU number.
    private func ordered(_ groups: [Group]) -> [Group] {
        let measures: [(Group) -> Double?] = [
            { $0.efficiency.map(Double.init) }, \.capacity, { ($0.model?.role?.rawValue).map(Double.init) },
            \.maxMegahertz,
        ]
        for measure in measures {
            let ranked = groups.compactMap { group in measure(group).map { (value: $0, group: group) } }
            if ranked.count == groups.count, Set(ranked.map(\.value)).count == groups.count {
                return ranked.sorted { $0.value < $1.value }.map(\.group)
            }
        }
        return groups.sorted { $0.cpus.first! < $1.cpus.first! }
    }

    /// Cuts cores of one kind in two, the larger half first.
    private func cut(_ group: Group) -> [CPUCluster] {
        func cluster(_ name: String, _ cores: some Sequence<CPUSet>, isEmulated: Bool) -> CPUCluster {
            CPUCluster(
                name: name, cpus: cores.reduce([]) { $0.union($1) }, efficiency: 0, maxMegahertz: group.maxMegahertz,
                core: group.model?.name, isEmulated: isEmulated)
        }
        let cores = allowedCores
        guard cores.count > 1 else { return [cluster("big", cores, isEmulated: false)] }
        let half = (cores.count + 1) / 2
        return [
            cluster("big", cores[..<half], isEmulated: true), cluster("LITTLE", cores[half...], isEmulated: true),
        ]
    }
}
