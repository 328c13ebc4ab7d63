import Foundation
import Testing

@testable import Devices

@Suite struct ClockDomainTests {
    @Test func findsPoliciesAndDevices() throws {
        let root = try ClockFixtures.board()
        let domains = ClockDomain.all(of: root.files)
        #expect(domains.map(\.name) == ["policy0", "policy4", "dmc", "fb000000.gpu"])
        #expect(domains.map(\.kind) == [.cpu, .cpu, .other, .gpu])
        #expect(domains.map(\.cpus) == [[0, 1, 2, 3], [4, 5, 6, 7], [], []])
        #expect(domains[1].availableMegahertz == [600, 1000, 1400, 1804.8])
        #expect(domains[1].rangeMegahertz == 600...1804.8)
        #expect(domains[3].rangeMegahertz == 300...1000)
        #expect(domains[3].governors == ["userspace", "performance", "simple_ondemand"])
        #expect(domains[1].governors.contains("schedutil"))
    }

    @Test func knowsGPUsByNameNodeOrDriver() throws {
        let folder = "sys/class/devfreq"
        let root = try FixtureRoot([
            "\(folder)/ffe40000.gpu/cur_freq": "1", "\(folder)/e82c0000.mali/cur_freq": "1",
            "\(folder)/5000000.qcom,kgsl-3d0/cur_freq": "1", "\(folder)/soc:qcom,gpubw/cur_freq": "1",
            "\(folder)/soc:qcom,kgsl-busmon/cur_freq": "1", "\(folder)/1800000.core/device/of_node/name": "gpu\0",
            "\(folder)/1c40000.core/device/uevent": "DRIVER=lima\nOF_NAME=x", "\(folder)/fdab0000.npu/cur_freq": "1",
            "\(folder)/devfreq0/name": "13000000.mali",
        ])
        let gpus = ClockDomain.all(of: root.files).filter { $0.kind == .gpu }.map(\.name)
        #expect(
            Set(gpus) == [
                "ffe40000.gpu", "e82c0000.mali", "5000000.qcom,kgsl-3d0", "1800000.core", "1c40000.core", "devfreq0",
            ])
    }

    @Test func aRangeTakesThePlaceOfAList() throws {
        var files = ClockFixtures.policy(ClockFixtures.little, cpus: "0", megahertz: [800, 2400, 4600])
        files["\(ClockFixtures.little)/scaling_available_frequencies"] = nil
        let root = try FixtureRoot(files)
        let domain = try #require(ClockDomain.all(of: root.files).first)
        #expect(domain.availableMegahertz.isEmpty && domain.rangeMegahertz == 800...4600)
        #expect(try domain.offered(2345) == 2345)
        #expect(throws: ClockError.self) { try domain.offered(4700) }
    }

    @Test func anOfflinePolicyHasNoClock() throws {
        let root = try ClockFixtures.board()
        try root.write("", "\(ClockFixtures.big)/affected_cpus")
        #expect(ClockDomain.all(of: root.files).filter { $0.kind == .cpu }.map(\.name) == ["policy0"])
    }

    @Test func oldKernelsShareAPolicyAmongCPUsFolders() throws {
        let root = try FixtureRoot(
            (0..<4).reduce(into: [:]) { files, cpu in
                let cpus = cpu < 2 ? "0 1" : "2 3"
                files.merge(
                    ClockFixtures.policy(
                        "sys/devices/system/cpu/cpu\(cpu)/cpufreq", cpus: cpus, megahertz: [500, 900])
                ) { $1 }
            })
        let domains = ClockDomain.all(of: root.files)
        #expect(domains.map(\.name) == ["cpu0", "cpu2"])
        #expect(domains.map(\.cpus) == [[0, 1], [2, 3]])
    }

    @Test func aMachineThatTellsNothingHasNone() throws {
        #expect(ClockDomain.all(of: try FixtureRoot().files).isEmpty)
    }

    /// CPUs and highest frequency of each cluster of the boards' dumps.
    @Test(
        .enabled(if: dataFolder != nil, "COEXEC_DATA is not set"),
        arguments: [
            ("exynos5422-galaxy-s5", [("0-3", 1300.0), ("4-7", 1900)]),
            ("kirin970-mate-10", [("0-3", 1844), ("4-7", 2362)]),
            ("tensor-g3-pixel-8", [("0-3", 1704), ("4-7", 2367), ("8", 2914)]),
        ])
    func readsDumps(board: String, clusters: [(cpus: String, megahertz: Double)]) throws {
        let data = try #require(dataFolder)
        let files = SystemFiles(root: "\(data)/boards/\(board)")
        let domains = ClockDomain.all(of: files)
        #expect(domains.map(\.cpus.description) == clusters.map(\.cpus))
        #expect(domains.map(\.rangeMegahertz?.upperBound) == clusters.map(\.megahertz))
        let monitor = ClockMonitor(files: files)
        monitor.sample()
        let clocks = monitor.summary().clocks
        #expect(clocks.allSatisfy { $0.megahertz != nil && $0.governors.count == 1 })
    }
}
