// Whole machines that aren't here, from their files through hwloc to named clusters.

import Foundation
import Testing

@testable import Devices

@Suite struct DiscoveredMachinesTests {
    private func inventory(_ dump: MachineDump) throws -> CPUInventory { try Topology(sysroot: dump.path).inventory }

    /// "big 4-7 Cortex-A73".
    private func summary(_ clusters: [CPUCluster]) -> [String] {
        clusters.map { "\($0.name) \($0.cpus) \($0.core ?? "?")" }
    }

    @Test func threeClusters() throws {
        let processor: (Int) -> MachineDump.Processor = { cpu in
            cpu < 4
                ? .init(part: "0xd46", megahertz: 1704, capacity: 250)
                : cpu < 8
                    ? .init(part: "0xd4d", megahertz: 2367, capacity: 800)
                    : .init(part: "0xd4e", megahertz: 2914, capacity: 1024)
        }
        let clusters = try inventory(MachineDump(processors: (0..<9).map(processor))).clusters
        #expect(summary(clusters) == ["big 8 Cortex-X3", "mid 4-7 Cortex-A715", "LITTLE 0-3 Cortex-A510"])
        #expect(clusters.map(\.efficiency) == [2, 1, 0] && clusters.map(\.maxMegahertz) == [2914, 2367, 1704])
    }

    @Test func fiveNoisyKindsAreTwoClusters() throws {
        let inventory = try inventory(.gb10())
        #expect(inventory.kinds.count == 5)
        let clusters = inventory.clusters
        #expect(summary(clusters) == ["big 5-9,15-19 Cortex-X925", "LITTLE 0-4,10-14 Cortex-A725"])
        #expect(clusters[0].maxMegahertz == 4004)
        #expect(Set(clusters[0].caches.map(\.cpus)) == [cpus(0...9), cpus(10...19)])
    }

    @Test func hybridX86() throws {
        let inventory = try inventory(.meteorLake())
        #expect(Set(inventory.kinds.compactMap(\.coreType)) == ["IntelAtom", "IntelCore"])
        let clusters = inventory.clusters
        #expect(
            summary(clusters) == ["P 0-3 Test Processor", "E 4-7 Test Processor", "LPE 8-9 Test Processor"])
        try #require(clusters.count == 3)
        #expect(clusters[0].cores == [[0, 1], [2, 3]] && clusters[0].hasSiblings && !clusters[1].hasSiblings)
        #expect(clusters[1].caches.filter { $0.level == 2 }.map(\.cpus) == [cpus(4...7)])
        #expect(clusters[2].caches.map(\.level) == [2] && clusters[2].caches[0].sizeBytes == 2 << 20)
    }

    @Test func oneKindWithTwoDesigns() throws {
        let clusters = try inventory(.hikey970()).clusters
        #expect(summary(clusters) == ["big 4-7 Cortex-A73", "LITTLE 0-3 Cortex-A53"])
        #expect(clusters.allSatisfy { $0.maxMegahertz == nil })
    }

    /// A board whose CPUs 0-3 are LITTLE and 4-7 big.
    private func board(offline: CPUSet, hasCapacity: Bool = true, hasDomains: Bool = true) throws -> CPUInventory {
        let dump = try MachineDump(
            processors: (0..<8).map { cpu in
                MachineDump.Processor(
                    part: cpu < 4 ? "0xd03" : "0xd09", megahertz: cpu < 4 ? 1844 : 2362,
                    capacity: hasCapacity ? (cpu < 4 ? 462 : 1024) : nil, isOnline: !offline.contains(cpu))
            }, domains: hasDomains ? [cpus(0...3), cpus(4...7)] : [])
        return try inventory(dump)
    }

    @Test(arguments: [(true, true), (true, false), (false, true)])
    func aClusterThatIsOff(hasCapacity: Bool, hasDomains: Bool) throws {
        let littleOff = try board(offline: cpus(0...3), hasCapacity: hasCapacity, hasDomains: hasDomains)
        #expect(littleOff.offline == cpus(0...3) && littleOff.offlineClusters == cpus(0...3))
        #expect(summary(littleOff.clusters) == ["big 4-7 Cortex-A73"])
        let bigOff = try board(offline: cpus(4...7), hasCapacity: hasCapacity, hasDomains: hasDomains)
        #expect(summary(bigOff.clusters) == ["LITTLE 0-3 Cortex-A53"])
    }

    @Test func someOfAClusterIsOff() throws {
        let inventory = try board(offline: [2, 3, 5])
        #expect(inventory.offline == [2, 3, 5] && inventory.offlineClusters.isEmpty)
        #expect(summary(inventory.clusters) == ["big 4,6-7 Cortex-A73", "LITTLE 0-1 Cortex-A53"])
        // Of four cores of one kind, three are left.
        let pi = try self.inventory(
            MachineDump(
                processors: (0..<4).map { .init(part: "0xd08", capacity: 1024, isOnline: $0 != 1) },
                domains: [cpus(0...3)]))
        #expect(pi.offline == [1] && pi.offlineClusters.isEmpty)
        #expect(summary(pi.clusters) == ["cpu 0,2-3 Cortex-A72"])
    }

    @Test("where capacities are equal and clocks contradict the designs, the designs tell")
    func designsOutweighClocks() throws {
        let clusters = try inventory(
            MachineDump(
                processors: (0..<4).map {
                    .init(part: $0 < 2 ? "0xd09" : "0xd03", megahertz: $0 < 2 ? 1800 : 1900, capacity: 1024)
                })
        ).clusters
        #expect(summary(clusters) == ["big 0-1 Cortex-A73", "LITTLE 2-3 Cortex-A53"])
    }

    @Test func coresThatShareACacheOtherwiseAreAnotherKind() throws {
        let dump = try MachineDump(
            processors: (0..<6).map { cpu in
                .init(
                    megahertz: 3000,
                    caches: [CPUCache(level: 3, sizeBytes: 1 << 24, cpus: cpu < 2 ? cpus(0...1) : cpus(2...5))])
            })
        #expect(summary(try inventory(dump).clusters) == ["cpu0 0-1 Test Processor", "cpu1 2-5 Test Processor"])
    }

    @Test func memoryNodesAreCounted() throws {
        let dump = try MachineDump(
            processors: (0..<4).map { _ in .init(megahertz: 3000) }, nodes: [cpus(0...1), cpus(2...3)])
        #expect(try inventory(dump).numaNodeCount == 2)
    }
}
