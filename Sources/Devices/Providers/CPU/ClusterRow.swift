// What `devices` says of a CPU cluster.

/// A cluster as JSON and as a row of a table.
struct ClusterRow: Encodable, Sendable {
    struct Cache: Encodable, Sendable {
        let level: Int
        let bytes: OrNull<Int>
        let cpus: [Int]
    }

    let name: String
    let cpus: [Int]
    /// The CPUs by physical core: SMT siblings share one.
    let cores: [[Int]]
    /// With all CPUs that share them, also those of other clusters.
    let caches: [Cache]
    /// Rank: 0 is the slowest and most frugal cluster.
    let efficiency: Int
    let maxMhz: OrNull<Double>
    let core: OrNull<String>

    init(_ cluster: CPUCluster) {
        (name, cpus, efficiency) = (cluster.name, cluster.cpus.numbers, cluster.efficiency)
        cores = cluster.cores.map(\.numbers)
        caches = cluster.caches.map { Cache(level: $0.level, bytes: OrNull($0.sizeBytes), cpus: $0.cpus.numbers) }
        (maxMhz, core) = (OrNull(cluster.maxMegahertz), OrNull(cluster.core))
    }

    /// Of the table.
    var cells: [String] {
        [name, CPUSet(cpus).description, maxMhz.value?.formatted(digits: 0) ?? "unknown", core.value ?? "unknown"]
    }

    /// "big: 4 cores, siblings 0+1 2+3, L1 32 KiB for 2 CPUs".
    var details: String {
        let siblings = cores.filter { $0.count > 1 }.map { CPUSet($0).description.replacing(",", with: "+") }
        let counts =
            ["\(cores.count) core\(cores.count == 1 ? "" : "s")"]
            + (siblings.isEmpty ? [] : ["siblings \(siblings.joined(separator: " "))"])
        return "\(name): "
            + (counts + [cachesText.isEmpty ? "caches unknown" : cachesText]).joined(separator: ", ")
    }

    /// "L1 32 KiB, L2 512 KiB for 4 CPUs": of each level the size, and how many CPUs share one where several do.
    private var cachesText: String {
        let levels = Dictionary(grouping: caches, by: \.level).sorted { $0.key < $1.key }
        return levels.map { level, caches in
            let size = caches[0].bytes.value
            let isUniform = caches.allSatisfy { $0.bytes.value == size }
            let sharers = caches.map(\.cpus.count).max()!
            return "L\(level)" + (isUniform ? size.map { " \(shortText(bytes: $0))" } ?? "" : " of several sizes")
                + (sharers > 1 ? " for \(sharers) CPUs" : "")
        }.joined(separator: ", ")
    }
}
