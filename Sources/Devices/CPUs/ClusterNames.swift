// What clusters are called. Pure.

enum ClusterNames {
    /// - Parameter groups: slowest first, at least one.
    /// - Returns: of each group, unlike each other.
    static func names(_ groups: [CoreGroup]) -> [String] {
        if groups.allSatisfy({ $0.design.coreType != nil }), let names = hybrid(groups) { return names }
        if groups.count == 1 { return [alone(groups[0])] }
        return groups.indices.map { rank in
            switch rank {
            case groups.count - 1: "big"
            case 0: "LITTLE"
            case 1: "mid"
            default: "mid\(rank - 1)"
            }
        }
    }

    /// Intel's names: performance, efficient and, where there are two levels of Atom cores, low-power efficient cores.
    /// nil for a processor with more levels than that.
    private static func hybrid(_ groups: [CoreGroup]) -> [String]? {
        let atoms = groups.count { $0.design.level == 0 }
        guard atoms <= 2, groups.count - atoms <= 1 else { return nil }
        return ["LPE", "E"].suffix(atoms) + ["P"].suffix(groups.count - atoms)
    }

    /// The name of a cluster whose sisters are switched off: by its design, else by the kernel's capacity, which is
    /// 1024 for the fastest of the machine.
    private static func alone(_ group: CoreGroup) -> String {
        if let role = group.model?.role { return role == .little ? "LITTLE" : "big" }
        return group.capacity ?? 1024 < 1024 ? "LITTLE" : "big"
    }
}
