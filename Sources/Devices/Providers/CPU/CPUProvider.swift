// CPU clusters as units: those that the topology shows, and `cpu`, made of the CPUs that a user lists.

import Kernels

/// Finds CPU clusters, on this machine and in dumps.
struct CPUProvider: DeviceProvider {
    static let ownName = "cpu"

    let naming = UnitNaming(stem: nil, severalName: ownName, spellings: ["LITTLE", "P", "E", "LPE"])

    func find(_ search: UnitSearch) -> FoundUnits {
        FoundUnits(Self.units(of: search.topology.inventory))
    }

    /// The clusters, fastest first, and `cpu` of any CPUs, unless the only cluster is called so.
    static func units(of inventory: CPUInventory) -> [CPUUnit] {
        let clusters = inventory.clusters
        let units = clusters.map { CPUUnit($0, among: clusters) }
        if units.contains(where: { $0.summary.name == ownName }) { return units }
        // What the user makes of some CPUs has no rank, and all caches.
        let any = CPUCluster(name: ownName, cpus: inventory.allowed, efficiency: 0)
        return units + [CPUUnit(any, choice: .onRequest, among: clusters)]
    }

    func report(_ found: FoundUnits, of topology: Topology) -> UnitReport? {
        let inventory = topology.inventory
        var report = UnitReport(key: "clusters", columns: ["cluster", "CPUs", "max MHz", "core"], found)
        report.notes = inventory.unusedLines + [inventory.quotaLine].compactMap(\.self)
        return report
    }
}

/// CPUs that a device can be made of.
struct CPUUnit: DeviceUnit {
    let summary: UnitSummary
    private let cluster: CPUCluster
    /// The machine's.
    private let clusters: [CPUCluster]

    init(_ cluster: CPUCluster, choice: UnitSummary.Choice = .byDefault, among clusters: [CPUCluster]) {
        summary = UnitSummary(
            name: cluster.name, cpuUse: .madeOf(cluster.cpus), choice: choice,
            allowsSeveral: cluster.name == CPUProvider.ownName)
        (self.cluster, self.clusters) = (cluster, clusters)
    }

    func describe(_ device: ResolvedDevice) -> [String] { ["CPU \(device.cpus)"] }

    var row: UnitReport.Row {
        let row = ClusterRow(cluster)
        return UnitReport.Row(cells: row.cells, details: row.details, json: row)
    }

    func supports(_ precision: Precision) -> Bool { CPUEngine.supports(precision) }

    func rails(of device: ResolvedDevice, among rails: [PowerRail]) -> [Int] {
        CPURails.positions(of: clusters.filter { !$0.cpus.isDisjoint(with: device.cpus) }, in: rails)
    }
}

extension CPUInventory {
    /// CPUs that no cluster has, and why: a line each; none where all can be used.
    package var unusedLines: [String] { Self.unusedLines(offline: offline, forbidden: forbidden) }

    package static func unusedLines(offline: CPUSet, forbidden: CPUSet) -> [String] {
        [(offline, "offline"), (forbidden, "not allowed for this process")].compactMap { cpus, why in
            switch cpus.count {
            case 0: nil
            case 1: "CPU \(cpus) is \(why)"
            default: "CPUs \(cpus) are \(why)"
            }
        }
    }

    /// A line, where the quota is less than the CPUs.
    package var quotaLine: String? {
        guard let quota, quota < Double(allowed.count) else { return nil }
        return "CPU quota: the time of \(quota.formatted(digits: 2)) of \(allowed.count) CPUs"
    }
}
