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
            #expect(clusters.map(\.efficiency) == [1, 0])
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

    @Test("a fifth more of top frequency is another kind, known design or not", arguments: [nil, 0xd0b])
    func frequenciesPart(part: Int?) {
        func names(_ megahertz: [Double]) -> [String] {
            CPUInventory(
                online: CPUSet(megahertz.indices),
                kinds: megahertz.enumerated().map { .init(cpus: [$0], maxMegahertz: $1) },
                coreModels: part.map { models([0...megahertz.count - 1: $0]) } ?? [:]
            ).clusters.map { "\($0.name) \($0.cpus)" }
        }
        #expect(names([2500, 2500, 3000, 3000]) == ["big 2-3", "LITTLE 0-1"])
        #expect(names([2501, 2501, 3000, 3000]) == ["cpu 0-3"])
        // Two A76 pairs, as in Kirin 980; two policies at nearly one clock, as in RK3588.
        #expect(names([2600, 2600, 1900, 1900]) == ["big 0-1", "LITTLE 2-3"])
        #expect(names([2256, 2256, 2304, 2304]) == ["cpu 0-3"])
        // Each step is less than a fifth, but the ends aren't alike: parted at the widest step.
        #expect(names([2000, 2300, 2700]) == ["big 2", "LITTLE 0-1"])
        #expect(names([2000, 2100, 2200, 2600, 2700]) == ["big 3-4", "LITTLE 0-2"])
    }

    @Test("cores of one name and clock that share an L2 or L3 among more of them are another kind", arguments: [2, 3])
    func cachesPart(level: Int) {
        func clusters(_ sharers: CPUSet..., offline: CPUSet = []) -> [String] {
            let brand = CoreModel(name: "X")
            let online = CPUSet(sharers.joinedNumbers)
            return CPUInventory(
                online: online, caches: sharers.map { CPUCache(level: level, cpus: $0) }, offline: offline,
                coreModels: Dictionary(uniqueKeysWithValues: online.numbers.map { ($0, brand) })
            ).clusters.map { "\($0.name) \($0.cpus) \($0.efficiency)" }
        }
        // As Intel's P and E cores without the kernel's word for them: four E cores share an L2.
        #expect(clusters([0], [1], cpus(2...5), cpus(6...9)) == ["cpu0 0-1 0", "cpu1 2-9 0"])
        // As Zen 5 and 5c: four beside eight.
        #expect(clusters(cpus(0...3), cpus(4...11)) == ["cpu0 0-3 0", "cpu1 4-11 0"])
        #expect(clusters(cpus(0...3), cpus(4...7)) == ["cpu 0-7 0"])
        // A core that isn't there, or is switched off, is no other kind.
        #expect(clusters(cpus(0...3), cpus(4...6)) == ["cpu 0-6 0"])
        #expect(clusters(cpus(0...1), [2], offline: [3]) == ["cpu 0-2 0"])
    }

    @Test func aMissingCacheParts() {
        let l3 = CPUCache(level: 3, cpus: cpus(0...3))
        let clusters = CPUInventory(online: cpus(0...5), caches: [l3]).clusters
        #expect(clusters.map(\.name) == ["cpu0", "cpu1"] && clusters.map(\.cpus) == [cpus(0...3), [4, 5]])
    }

    @Test func threadsOfACorePart() {
        func clusters(_ cores: [CPUSet], offline: CPUSet = []) -> [String] {
            CPUInventory(online: CPUSet(cores.joinedNumbers), cores: cores, offline: offline)
                .clusters.map { "\($0.name) \($0.cpus)" }
        }
        #expect(clusters([[0, 1], [2, 3], [4], [5]]) == ["cpu0 0-3", "cpu1 4-5"])
        #expect(clusters([[0, 2], [1, 3]]) == ["cpu 0-3"])
        // The sibling of one is switched off.
        #expect(clusters([[0, 4], [1, 5], [2, 6], [3]], offline: [7]) == ["cpu 0-6"])
    }

    @Test("kinds that nothing ranks are numbered, beside others that are ranked")
    func unrankedKindsHaveNumbers() {
        // Four A510, of which two share an L2 and two have one each, beside an X3.
        let l2s: [CPUSet] = [[0, 1], [2], [3], [4]]
        let inventory = CPUInventory(
            online: cpus(0...4), caches: l2s.map { CPUCache(level: 2, cpus: $0) },
            coreModels: models([0...3: 0xd46, 4...4: 0xd4e]))
        #expect(inventory.clusters.map(\.name) == ["big", "LITTLE0", "LITTLE1"])
        #expect(inventory.clusters.map(\.cpus) == [[4], [0, 1], [2, 3]])
        #expect(inventory.clusters.map(\.efficiency) == [1, 0, 0])
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
        #expect(clusters((1800, 1800), (512, 1024), part: 0xd03).map(\.name) == ["cpu"])
        let apart = clusters((1000, 2000), (1024, 1024), part: 0xd03)
        #expect(apart.map(\.cpus) == [[2, 3], [0, 1]])
        // Where the design isn't known, either can tell.
        #expect(clusters((1800, 2000), (400, 1024), part: 0).map(\.cpus) == [[2, 3], [0, 1]])
        #expect(clusters((1000, 2000), (1024, 1024), part: 0).map(\.name) == ["big", "LITTLE"])
        #expect(clusters((1900, 2000), (1000, 1024), part: 0).map(\.name) == ["cpu"])
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
        #expect(clusters(0xd03).allSatisfy { $0.cpus == cpus(0...3) })
        let someOff = CPUInventory(
            online: cpus(0...2), offline: [3], coreModels: models([0...2: 0xd08])
        ).clusters
        #expect(someOff.map(\.name) == ["cpu"])
    }

    @Test("what is shared with another cluster is told with all its CPUs")
    func cachesAreTold() {
        let inventory = CPUInventory(
            online: cpus(0...3), caches: [CPUCache(level: 2, sizeBytes: 1, cpus: cpus(0...3))],
            coreModels: models([0...1: 0xd03, 2...3: 0xd09]))
        #expect(inventory.clusters.count == 2 && inventory.clusters.allSatisfy { $0.caches == inventory.caches })
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
        "one kind of core is one cluster",
        arguments: [[[0]], [[0, 1]], [[0], [1], [2]], [[0, 4], [1, 5], [2, 6], [3, 7]]])
    func oneKindIsOneCluster(cores: [[Int]]) {
        let online = CPUSet(cores.joined())
        let clusters = CPUInventory(
            online: online, cores: cores.map { CPUSet($0) }, kinds: [.init(cpus: online, efficiency: 0, capacity: 1024)]
        ).clusters
        #expect(clusters == [CPUCluster(name: "cpu", cpus: online, cores: cores.map { CPUSet($0) }, efficiency: 0)])
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
                CPUCluster(name: "cpu", cpus: [5], efficiency: 0)
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
