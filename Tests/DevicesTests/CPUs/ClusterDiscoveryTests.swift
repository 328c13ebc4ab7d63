import Testing

@testable import Devices

@Suite struct ClusterDiscoveryTests {
    @Test func twoKindsAreLITTLEAndBig() {
        let clusters = CPUInventory(
            online: cpus(0...7),
            kinds: [
                .init(cpus: cpus(0...3), efficiency: 0, maxMegahertz: 1300),
                .init(cpus: cpus(4...7), efficiency: 1, maxMegahertz: 1900),
            ], coreModels: models([0...3: 0xc07, 4...7: 0xc0f])
        ).clusters
        #expect(
            clusters == [
                CPUCluster(name: "big", cpus: cpus(4...7), efficiency: 1, maxMegahertz: 1900, core: "Cortex-A15"),
                CPUCluster(name: "LITTLE", cpus: cpus(0...3), efficiency: 0, maxMegahertz: 1300, core: "Cortex-A7"),
            ])
    }

    @Test("designs part what hwloc sees as one kind, and know which is big (mainline HiKey 970)")
    func designsPartAKind() {
        let models = models([0...3: 0xd03, 4...7: 0xd09])
        for kinds in [[], [CPUInventory.Kind(cpus: cpus(0...7), efficiency: 0)]] {
            let clusters = CPUInventory(online: cpus(0...7), kinds: kinds, coreModels: models).clusters
            #expect(clusters.map(\.name) == ["big", "LITTLE"])
            #expect(clusters.map(\.cpus) == [cpus(4...7), cpus(0...3)])
            #expect(clusters.map(\.core) == ["Cortex-A73", "Cortex-A53"])
            #expect(clusters.map(\.efficiency) == [1, 0] && clusters.allSatisfy { !$0.isEmulated })
        }
    }

    @Test("kinds of one design with close speeds are one cluster (RK3588; turbo bins)")
    func closeKindsMerge() {
        let rk3588 = CPUInventory(
            online: cpus(0...7),
            kinds: [
                .init(cpus: cpus(0...3), efficiency: 0, maxMegahertz: 1800, capacity: 530),
                .init(cpus: cpus(6...7), efficiency: 1, maxMegahertz: 2352, capacity: 1010),
                .init(cpus: cpus(4...5), efficiency: 2, maxMegahertz: 2400, capacity: 1024),
            ], coreModels: models([0...3: 0xd05, 4...7: 0xd0b])
        ).clusters
        #expect(rk3588.map(\.name) == ["big", "LITTLE"])
        #expect(rk3588.map(\.cpus) == [cpus(4...7), cpus(0...3)])
        #expect(rk3588.map(\.maxMegahertz) == [2400, 1800])

        // Each step is small though the whole way isn't; hwloc couldn't rank them.
        let bins = [2808.0, 2860, 3900, 3950, 4000]
        let interleaved = CPUInventory(
            online: cpus(0...9),
            kinds: bins.enumerated().map { .init(cpus: cpus(2 * $0...2 * $0 + 1), maxMegahertz: $1) },
            coreModels: models([0...3: 0xd87, 4...9: 0xd85])
        ).clusters
        #expect(interleaved.map(\.cpus) == [cpus(4...9), cpus(0...3)])
        #expect(interleaved.map(\.core) == ["Cortex-X925", "Cortex-A725"])
    }

    @Test func oneDesignFarApartInSpeedIsTwoClusters() {
        let clusters = CPUInventory(
            online: cpus(0...7),
            kinds: [
                .init(cpus: cpus(4...7), efficiency: 0, maxMegahertz: 1200),
                .init(cpus: cpus(0...3), efficiency: 1, maxMegahertz: 2000),
            ], coreModels: models([0...7: 0xd03])
        ).clusters
        #expect(clusters.map(\.cpus) == [cpus(0...3), cpus(4...7)])
        #expect(clusters.map(\.name) == ["big", "LITTLE"])
    }

    @Test func unknownDesignsPartBySpeedAlone() {
        func clusters(_ slow: Double) -> [CPUCluster] {
            CPUInventory(
                online: cpus(0...3),
                kinds: [
                    .init(cpus: [0, 1], efficiency: 0, maxMegahertz: slow),
                    .init(cpus: [2, 3], efficiency: 1, maxMegahertz: 3000),
                ]
            ).clusters
        }
        #expect(clusters(1999).map(\.isEmulated) == [false, false])
        #expect(clusters(2001).map(\.isEmulated) == [true, true])
    }

    @Test func hybridX86PartsByCoreType() {
        let brand = CoreModel(name: "Hybrid X")
        let kinds: [CPUInventory.Kind] = [
            .init(cpus: cpus(4...7), efficiency: 0, maxMegahertz: 3900, coreType: "IntelAtom"),
            .init(cpus: cpus(0...1), efficiency: 1, maxMegahertz: 5000, coreType: "IntelCore"),
            .init(cpus: cpus(2...3), efficiency: 2, maxMegahertz: 5200, coreType: "IntelCore"),
        ]
        func clusters(_ kinds: [CPUInventory.Kind], _ online: CPUSet) -> [CPUCluster] {
            CPUInventory(
                online: online, cores: [[0, 1], [2, 3], [4], [5], [6], [7]].filter { $0.isSubset(of: online) },
                kinds: kinds, coreModels: Dictionary(uniqueKeysWithValues: online.numbers.map { ($0, brand) })
            ).clusters
        }
        let both = clusters(kinds, cpus(0...7))
        #expect(both.map(\.cpus) == [cpus(0...3), cpus(4...7)])
        #expect(both.map(\.name) == ["P", "E"] && both.map(\.hasSiblings) == [true, false])
        // One of the two switched off: what is left is no reason to make clusters up.
        #expect(clusters([kinds[0]], cpus(4...7)).map(\.name) == ["E"])
        #expect(clusters([kinds[1], kinds[2]], cpus(0...3)).map(\.name) == ["P"])
    }

    @Test func aLITTLECoreWithTheFasterClockStaysLITTLE() {
        // Amlogic S922X with a kernel that tells no capacities: hwloc can only go by the clock.
        let clusters = CPUInventory(
            online: cpus(0...5),
            kinds: [
                .init(cpus: cpus(2...5), efficiency: 0, maxMegahertz: 1800),
                .init(cpus: cpus(0...1), efficiency: 1, maxMegahertz: 1896),
            ], coreModels: models([0...1: 0xd03, 2...5: 0xd09])
        ).clusters
        #expect(clusters.map(\.name) == ["big", "LITTLE"] && clusters.map(\.core) == ["Cortex-A73", "Cortex-A53"])
    }

    @Test("capacities that contradict the clocks of one design don't part or join its cores")
    func clocksOutweighCapacitiesOfOneDesign() {
        func clusters(_ megahertz: (Double, Double), _ capacity: (Double, Double), part: Int) -> [CPUCluster] {
            CPUInventory(
                online: cpus(0...3),
                kinds: [
                    .init(cpus: [0, 1], maxMegahertz: megahertz.0, capacity: capacity.0),
                    .init(cpus: [2, 3], maxMegahertz: megahertz.1, capacity: capacity.1),
                ], coreModels: part == 0 ? [:] : models([0...3: part])
            ).clusters
        }
        #expect(clusters((1800, 1800), (512, 1024), part: 0xd03).map(\.isEmulated) == [true, true])
        let apart = clusters((1000, 2000), (1024, 1024), part: 0xd03)
        #expect(apart.map(\.cpus) == [[2, 3], [0, 1]] && apart.map(\.isEmulated) == [false, false])
        // Where the design isn't known, either can tell.
        #expect(clusters((1800, 2000), (400, 1024), part: 0).map(\.cpus) == [[2, 3], [0, 1]])
        #expect(clusters((1000, 2000), (1024, 1024), part: 0).map(\.isEmulated) == [false, false])
        #expect(clusters((1900, 2000), (1000, 1024), part: 0).map(\.isEmulated) == [true, true])
    }

    @Test("a cluster whose sister is switched off stays whole, and has its own name")
    func sistersMayBeOff() {
        func clusters(_ part: Int?, capacity: Double? = nil) -> [CPUCluster] {
            CPUInventory(
                online: cpus(0...3), kinds: [.init(cpus: cpus(0...3), efficiency: 0, capacity: capacity)],
                offline: cpus(4...7), offlineClusters: cpus(4...7),
                coreModels: part.map { models([0...3: $0]) } ?? [:]
            ).clusters
        }
        #expect(clusters(0xd03).map(\.name) == ["LITTLE"] && clusters(0xd09).map(\.name) == ["big"])
        #expect(clusters(nil, capacity: 400).map(\.name) == ["LITTLE"] && clusters(nil).map(\.name) == ["big"])
        #expect(clusters(0xd03).allSatisfy { !$0.isEmulated && $0.cpus == cpus(0...3) })
        let someOff = CPUInventory(
            online: cpus(0...2), offline: [3], coreModels: models([0...2: 0xd08])
        ).clusters
        #expect(someOff.map(\.isEmulated) == [true, true])
    }

    @Test func emulatedClustersAreCutAlongCaches() {
        let l3s = [CPUCache(level: 3, cpus: cpus(0...5)), CPUCache(level: 3, cpus: cpus(6...7))]
        let clusters = CPUInventory(online: cpus(0...7), caches: l3s).clusters
        #expect(clusters.map(\.cpus) == [cpus(0...5), cpus(6...7)])
        #expect(clusters.map { $0.caches.map(\.cpus) } == [[cpus(0...5)], [cpus(6...7)]])
        // What is shared with another cluster is told with all its CPUs.
        let one = CPUInventory(online: cpus(0...3), caches: [CPUCache(level: 2, sizeBytes: 1, cpus: cpus(0...3))])
        #expect(one.clusters.allSatisfy { $0.caches == one.caches })
    }

    @Test func moreClustersHaveMidsBetween() {
        let inventory: (Int) -> CPUInventory = { count in
            CPUInventory(
                online: CPUSet(0..<count),
                kinds: (0..<count).map { .init(cpus: [$0], efficiency: $0, maxMegahertz: 1000 * .init(1 << $0)) })
        }
        #expect(inventory(3).clusters.map(\.name) == ["big", "mid", "LITTLE"])
        #expect(inventory(5).clusters.map(\.name) == ["big", "mid2", "mid1", "mid", "LITTLE"])
        #expect(inventory(5).clusters.map(\.efficiency) == [4, 3, 2, 1, 0])
    }

    @Test(
        "one kind of core is cut in two, cores whole",
        arguments: [
            ([[0]], ["big"], [[0]]),
            ([[0, 1]], ["big"], [[0, 1]]),
            ([[0], [1]], ["big", "LITTLE"], [[0], [1]]),
            ([[0], [1], [2]], ["big", "LITTLE"], [[0, 1], [2]]),
            ([[0, 4], [1, 5], [2, 6], [3, 7]], ["big", "LITTLE"], [[0, 1, 4, 5], [2, 3, 6, 7]]),
        ] as [([[Int]], [String], [[Int]])])
    func oneKindIsCut(cores: [[Int]], names: [String], expected: [[Int]]) {
        let online = CPUSet(cores.joined())
        let inventory = CPUInventory(
            online: online, cores: cores.map { CPUSet($0) }, kinds: [.init(cpus: online, efficiency: 0, capacity: 1024)]
        )
        #expect(inventory.clusters.map(\.name) == names)
        #expect(inventory.clusters.map(\.cpus.numbers) == expected)
        #expect(inventory.clusters.allSatisfy { $0.isEmulated == (names.count > 1) })
    }

    @Test func forbiddenCPUsAreLeftOutButStillTellClustersApart() {
        let kinds: [CPUInventory.Kind] = [
            .init(cpus: cpus(0...3), efficiency: 0, maxMegahertz: 1300),
            .init(cpus: cpus(4...7), efficiency: 1, maxMegahertz: 2600),
        ]
        let inventory: (CPUSet) -> CPUInventory = { CPUInventory(online: cpus(0...7), allowed: $0, kinds: kinds) }
        #expect(inventory([2, 3, 4]).clusters.map(\.cpus) == [[4], [2, 3]])
        #expect(
            inventory([0, 1]).clusters == [CPUCluster(name: "LITTLE", cpus: [0, 1], efficiency: 0, maxMegahertz: 1300)])
        #expect(
            CPUInventory(online: cpus(0...7), allowed: [5]).clusters == [
                CPUCluster(name: "big", cpus: [5], efficiency: 0)
            ])
    }
}

func cpus(_ range: ClosedRange<Int>) -> CPUSet { CPUSet(range) }

/// Arm cores by their part numbers.
func models(_ parts: [ClosedRange<Int>: Int]) -> [Int: CoreModel] {
    parts.reduce(into: [:]) { models, entry in
        for cpu in entry.key { models[cpu] = CoreModel(armImplementer: 0x41, part: entry.value) }
    }
}
