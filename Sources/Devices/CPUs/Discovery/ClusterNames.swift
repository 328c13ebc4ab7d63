// What clusters are called. Pure.

enum ClusterNames {
    /// Names by rank: `LITTLE`, `mid`, `mid1`, …, `big`; `E`, `P` by Intel's types of core; `cpu` where all are alike.
    /// Several of one rank, which nothing tells to be faster or slower than each other, are numbered by their lowest
    /// CPU: `cpu0`, `cpu1`, or `LITTLE0`, `LITTLE1` beside a `big`.
    /// - Parameters:
    ///   - ranks: slowest first, at least one, none empty.
    ///   - isWhole: no cluster is switched off as a whole.
    /// - Returns: of each group, unlike each other.
    static func names(_ ranks: [[CoreGroup]], isWhole: Bool) -> [[String]] {
        if let names = hybrid(ranks) { return zip(names, ranks).map(numbered) }
        if ranks.count == 1 {
            let isCPU = isWhole || ranks[0].count > 1
            return [numbered(isCPU ? "cpu" : alone(ranks[0][0]), ranks[0])]
        }
        var mids = 0
        return ranks.indices.map { rank in
            if rank == 0 { return numbered("LITTLE", ranks[rank]) }
            if rank == ranks.count - 1 { return numbered("big", ranks[rank]) }
            return ranks[rank].map { _ in
                defer { mids += 1 }
                return mids == 0 ? "mid" : "mid\(mids)"
            }
        }
    }

    private static func numbered(_ name: String, _ groups: [CoreGroup]) -> [String] {
        groups.count == 1 ? [name] : groups.indices.map { "\(name)\($0)" }
    }

    /// Intel's names: performance, efficient and, where there are two levels of Atom cores, low-power efficient cores.
    /// nil for a processor with other cores, or more levels than that.
    private static func hybrid(_ ranks: [[CoreGroup]]) -> [String]? {
        guard ranks.joined().allSatisfy({ $0.design.coreType != nil }) else { return nil }
        let atoms = ranks.count { $0[0].design.level == 0 }
        guard atoms <= 2, ranks.count - atoms <= 1 else { return nil }
        return ["LPE", "E"].suffix(atoms) + ["P"].suffix(ranks.count - atoms)
    }

    /// The name of a cluster whose sisters are switched off: by its design, else by the kernel's capacity, which is
    /// 1024 for the fastest of the machine.
    private static func alone(_ group: CoreGroup) -> String {
        if let role = group.model?.role { return role == .little ? "LITTLE" : "big" }
        return group.capacity ?? 1024 < 1024 ? "LITTLE" : "big"
    }
}
