// Which power rails feed CPUs. Pure.

enum CPURails {
    /// The rails that tell most closely what feeds these clusters: one of each, else one of all CPUs.
    ///
    /// One cluster's rail says nothing of a device that has CPUs of others, too.
    /// - Parameter rails: as meters are preferred.
    static func positions(of clusters: [CPUCluster], in rails: [PowerRail]) -> [Int] {
        func first(where holds: (PowerRail) -> Bool) -> [Int] {
            guard let meter = rails.first(where: holds)?.meter else { return [] }
            return rails.indices.filter { rails[$0].meter == meter && holds(rails[$0]) }
        }
        let close = clusters.map { cluster in
            first { $0.load.isOnly(of: cluster) }
        }
        if !close.isEmpty, close.allSatisfy({ !$0.isEmpty }) {
            return Array(Set(close.joined())).sorted()
        }
        return first { $0.load == .cpus }
    }
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
