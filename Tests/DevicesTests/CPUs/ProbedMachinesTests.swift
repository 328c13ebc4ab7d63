// Machines that were told apart wrongly once, from copies of their /sys and /proc.

import Foundation
import Testing

@testable import Devices

@Suite struct ProbedMachinesTests {
    struct Dump: Sendable, CustomTestStringConvertible {
        let folder: String
        let clusters: [String]
        var testDescription: String { folder }

        init(_ folder: String, _ clusters: String...) { (self.folder, self.clusters) = (folder, clusters) }
    }

    private func clusters(_ root: String) throws -> [String] {
        try Topology(sysroot: root).inventory.clusters.map { "\($0.name) \($0.cpus)" }
    }

    @Test(
        .enabled(if: dataFolder != nil, "COEXEC_DATA is not set"),
        arguments: [
            Dump("cpu0-offline", "cpu 1-7"), Dump("i9-13900kf", "P 0-15", "E 16-31"), Dump("nosmt", "cpu 0,2,4,6"),
            Dump("pixel6-tensor", "big 6-7", "mid 4-5", "LITTLE 0-3"), Dump("rk3582-no5-6", "big 4,7", "LITTLE 0-3"),
            Dump("rk3588", "big 4-7", "LITTLE 0-3"), Dump("ryzen-7545u-zen4c", "big 0-1,6-7", "LITTLE 2-5,8-11"),
            Dump("ryzen-hx370", "big 0-3,12-15", "LITTLE 4-11,16-23"),
        ])
    func kindsAreNotMixed(dump: Dump) throws {
        #expect(try clusters(#require(dataFolder) + "/probes/machines/" + dump.folder) == dump.clusters)
    }

    /// A copy of a dump without some of its files.
    private func copy(_ dump: String, without files: [String]) throws -> FixtureRoot {
        let root = try FixtureRoot()
        let source = URL(fileURLWithPath: try #require(dataFolder) + "/probes/machines/" + dump)
        let prefix = source.resolvingSymlinksInPath().path + "/"
        let all = try #require(
            FileManager.default.enumerator(at: source, includingPropertiesForKeys: [.isRegularFileKey]))
        for case let file as URL in all {
            guard try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else { continue }
            let path = String(file.resolvingSymlinksInPath().path.dropFirst(prefix.count))
            guard !files.contains(where: path.hasPrefix) else { continue }
            try root.write(String(contentsOf: file, encoding: .utf8), path)
        }
        return root
    }

    @Test("less and less is told of a hybrid processor", .enabled(if: dataFolder != nil, "COEXEC_DATA is not set"))
    func hybridWithoutItsTypes() throws {
        let types = ["sys/devices/cpu_core", "sys/devices/cpu_atom"]
        let untyped = try copy("i9-13900kf", without: types)
        #expect(try clusters(untyped.path) == ["big 0-15", "LITTLE 16-31"])
        let clockless = try copy("i9-13900kf", without: types + ["sys/devices/system/cpu/cpufreq"])
        #expect(try clusters(clockless.path) == ["cpu0 0-15", "cpu1 16-31"])
        let hx370 = try copy("ryzen-hx370", without: ["sys/devices/system/cpu/cpufreq"])
        #expect(try clusters(hx370.path) == ["cpu0 0-3,12-15", "cpu1 4-11,16-23"])
    }

    @Test("where the links of cpufreq are lost, its policies tell")
    func policiesTell() throws {
        let dump = try MachineDump(processors: (0..<4).map { _ in .init(part: "0xd0b") })
        #expect(try clusters(dump.path) == ["cpu 0-3"])
        let policies = [("0 1", 1900), ("2 3", 2600)]
        for (index, policy) in policies.enumerated() {
            let folder = "sys/devices/system/cpu/cpufreq/policy\(2 * index)"
            try dump.root.write(policy.0, "\(folder)/related_cpus")
            try dump.root.write("400000", "\(folder)/cpuinfo_min_freq")
            try dump.root.write("\(policy.1)000", "\(folder)/cpuinfo_max_freq")
        }
        #expect(try clusters(dump.path) == ["big 2-3", "LITTLE 0-1"])
    }
}
