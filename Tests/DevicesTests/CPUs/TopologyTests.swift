import Foundation
import Testing

@testable import Devices

@Suite struct TopologyTests {
    @Test func thisMachine() throws {
        let topology = try Topology.thisMachine()
        let inventory = topology.inventory
        #expect(topology.isThisSystem)
        let online = try CPUSet(parsing: String(contentsOfFile: "/sys/devices/system/cpu/online", encoding: .utf8))
        #expect(inventory.online == online)
        #expect(inventory.allowed.isSubset(of: online))
        // Cores share out the online CPUs.
        #expect(CPUSet(inventory.cores.flatMap(\.numbers)) == online)
        #expect(inventory.cores.reduce(0) { $0 + $1.count } == online.count)
        #expect(inventory.numaNodeCount >= 1)
        // Clusters share out the allowed ones.
        let clusters = inventory.clusters
        #expect(clusters.reduce([]) { $0.union($1.cpus) } == inventory.allowed)
        #expect(clusters.reduce(0) { $0 + $1.cpus.count } == inventory.allowed.count)
    }

    @Test func loadsAnotherMachine() throws {
        let root = try MachineDump([
            (megahertz: 1844, part: "0xd03"), (megahertz: 1844, part: "0xd03"), (megahertz: 2362, part: "0xd09"),
        ])
        let topology = try Topology(sysroot: root.path)
        #expect(!topology.isThisSystem)
        #expect(topology.inventory.online == cpus(0...2))
        #expect(topology.inventory.allowed == cpus(0...2))
        #expect(topology.inventory.modelName == "Test Board")
        #expect(topology.inventory.cores == [[0], [1], [2]])
        #expect(
            topology.inventory.clusters == [
                CPUCluster(name: "big", cpus: [2], efficiency: 1, maxMegahertz: 2362, core: "Cortex-A73"),
                CPUCluster(name: "LITTLE", cpus: [0, 1], efficiency: 0, maxMegahertz: 1844, core: "Cortex-A53"),
            ])
        // Nothing of it is left for the next load.
        #expect(try Topology.thisMachine().isThisSystem)
    }

    @Test func environmentIsPutBack() {
        let (changed, added) = ("COEXEC_TEST_CHANGED", "COEXEC_TEST_ADDED")
        setenv(changed, "before", 1)
        let during = withEnvironment([changed: "during", added: "new"]) {
            [String(cString: getenv(changed)), String(cString: getenv(added))]
        }
        #expect(during == ["during", "new"])
        #expect(String(cString: getenv(changed)) == "before" && getenv(added) == nil)
        unsetenv(changed)
    }

    @Test func namesAFolderThatIsNoMachine() {
        let expected = TopologyError(
            sysroot: "/nonexistent", reason: "there is no readable sys/devices/system/cpu in it")
        #expect(throws: expected) { try Topology(sysroot: "/nonexistent") }
        #expect("\(expected)".contains("'/nonexistent'"))
    }

    struct Board: Sendable, CustomTestStringConvertible {
        let folder: String
        let clusters: [CPUCluster]
        var testDescription: String { folder }
    }

    @Test(
        .enabled(if: dataFolder != nil, "COEXEC_DATA is not set"),
        arguments: [
            Board(
                folder: "exynos5422-galaxy-s5",
                clusters: [
                    CPUCluster(name: "big", cpus: cpus(4...7), efficiency: 1, maxMegahertz: 1900, core: "Cortex-A15"),
                    CPUCluster(name: "LITTLE", cpus: cpus(0...3), efficiency: 0, maxMegahertz: 1300, core: "Cortex-A7"),
                ]),
            Board(
                folder: "kirin970-mate-10",
                clusters: [
                    CPUCluster(name: "big", cpus: cpus(4...7), efficiency: 1, maxMegahertz: 2362, core: "Cortex-A73"),
                    CPUCluster(
                        name: "LITTLE", cpus: cpus(0...3), efficiency: 0, maxMegahertz: 1844, core: "Cortex-A53"),
                ]),
            Board(
                folder: "tensor-g3-pixel-8",
                clusters: [
                    CPUCluster(name: "big", cpus: [8], efficiency: 2, maxMegahertz: 2914, core: "Cortex-X3"),
                    CPUCluster(name: "mid", cpus: cpus(4...7), efficiency: 1, maxMegahertz: 2367, core: "Cortex-A715"),
                    CPUCluster(
                        name: "LITTLE", cpus: cpus(0...3), efficiency: 0, maxMegahertz: 1704, core: "Cortex-A510"),
                ]),
        ])
    func realBoards(board: Board) throws {
        let topology = try Topology(sysroot: #require(dataFolder) + "/boards/" + board.folder)
        #expect(topology.inventory.clusters == board.clusters)
        #expect(!topology.isThisSystem)
    }

    @Test func bitmapKeepsTheNumbers() {
        let cpus: CPUSet = [0, 31, 32, 63, 64, 200]
        let bitmap = Bitmap(cpus)
        #expect(bitmap.cpus == cpus)
        #expect(Bitmap().cpus == [])
    }

    @Test("dumps loaded at once on many threads don't mix")
    func concurrentLoads() async throws {
        let two = try MachineDump([(1000, "0xd03"), (1000, "0xd03")])
        let three = try MachineDump([(1000, "0xd03"), (1000, "0xd03"), (1000, "0xd03")])
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for index in 0..<400 {
                let (path, count) = index % 2 == 0 ? (two.path, 2) : (three.path, 3)
                group.addTask { try Topology(sysroot: path).inventory.online.count == count }
            }
            for try await isRight in group { #expect(isRight) }
        }
        withExtendedLifetime((two, three)) {}
    }
}

let dataFolder = ProcessInfo.processInfo.environment["COEXEC_DATA"]
