import Foundation
import Testing

@testable import Devices

private let folder = "sys/class/powercap"

/// Zones by identifier: name, µJ, and the range of the counter.
private func zones(_ zones: [(String, name: String, microjoules: String, range: String?)]) -> [String: String] {
    var files = ["\(folder)/intel-rapl/enabled": "1"]
    for (identifier, name, microjoules, range) in zones {
        files["\(folder)/\(identifier)/name"] = name
        files["\(folder)/\(identifier)/energy_uj"] = microjoules
        files["\(folder)/\(identifier)/max_energy_range_uj"] = range
    }
    return files
}

@Suite struct PowercapMeterTests {
    @Test("a laptop: parts of a package are told, the platform and what is shown twice set apart")
    func laptop() throws {
        let range: String? = "262143328850"
        let root = try FixtureRoot(
            zones([
                ("intel-rapl:0", "package-0", "1500000", range), ("intel-rapl:0:0", "core", "500000", range),
                ("intel-rapl:0:1", "uncore", "250000", range), ("intel-rapl:0:2", "dram", "125000", "65532610987"),
                ("intel-rapl:1", "psys", "9000000", range), ("intel-rapl-mmio:0", "package-0", "1500001", range),
            ]))
        let (sensors, failures) = PowerMeters.discover(root.files)
        #expect(failures.isEmpty)
        func rail(
            _ name: String, _ load: PowerRail.Load, wrapsAt: Double = 262143.32885, isPart: Bool = false,
            meter: String = "rapl"
        ) -> PowerRail {
            PowerRail(meter: meter, name: name, quantity: .joules(wrapsAt: wrapsAt), load: load, isPart: isPart)
        }
        let rails = sensors.map(\.rail)
        let expected = [
            rail("package-0", .package), rail("psys", .machine, meter: "rapl psys"),
            rail("package-0 core", .cpus, isPart: true), rail("package-0 uncore", .gpu, isPart: true),
            rail("package-0 dram", .memory, wrapsAt: 65532.610987),
        ]
        try #require(rails.count == expected.count)
        for (rail, expected) in zip(rails, expected) {
            #expect(rail.name == expected.name && rail.load == expected.load && rail.meter == expected.meter)
            #expect(rail.isPart == expected.isPart)
            guard case .joules(let told?) = rail.quantity, case .joules(let true_?) = expected.quantity else {
                Issue.record("\(rail.name) is no counter that wraps")
                continue
            }
            #expect(abs(told - true_) < 1e-6)
        }
        #expect(try sensors.map { try $0.samples()[0].value } == [1.5, 9, 0.5, 0.25, 0.125])
    }

    @Test("two packages have parts of the same names")
    func twoPackages() throws {
        let root = try FixtureRoot(
            zones([
                ("intel-rapl:0", "package-0", "1", "100"), ("intel-rapl:1", "package-1", "2", "100"),
                ("intel-rapl:0:0", "dram", "3", "100"), ("intel-rapl:1:0", "dram", "4", nil),
            ]))
        let rails = PowerMeters.discover(root.files, meters: [.rapl]).sensors.map(\.rail)
        #expect(rails.map(\.name) == ["package-0", "package-1", "package-0 dram", "package-1 dram"])
        #expect(rails.allSatisfy { !$0.isPart })
        #expect(rails[3].quantity == .joules(wrapsAt: nil))
    }

    @Test("mapped registers serve where nothing else tells of a package; models don't")
    func otherControls() throws {
        let root = try FixtureRoot(
            zones([
                ("intel-rapl-mmio:0", "package-0", "7000000", "1000000"), ("dtpm:0", "soc", "1", "100"),
                ("arm-scmi:0", "big", "2000000", "0"), ("arm-scmi:0:0", "gpu", "1000000", "0"),
            ]))
        try root.remove("\(folder)/arm-scmi:0:0/energy_uj")
        try root.write("3500000", "\(folder)/arm-scmi:0:0/power_uw")
        let (sensors, failures) = PowerMeters.discover(root.files)
        #expect(failures.isEmpty)
        #expect(
            sensors.map(\.rail) == [
                PowerRail(
                    meter: "powercap arm-scmi", name: "big", quantity: .joules(wrapsAt: nil), load: .cluster("big")),
                PowerRail(
                    meter: "powercap arm-scmi", name: "big gpu", quantity: .watts, load: .gpu, isPart: true),
                PowerRail(meter: "rapl", name: "package-0", quantity: .joules(wrapsAt: 1), load: .package),
            ])
        #expect(try sensors.map { try $0.samples()[0].value } == [2, 3.5, 7])
    }

    @Test("a part whose package can't be read is no part of it")
    func orphan() throws {
        let root = try FixtureRoot(
            zones([("intel-rapl:0", "package-0", "garbage", "100"), ("intel-rapl:0:0", "core", "1", "100")]))
        let (sensors, failures) = PowerMeters.discover(root.files)
        #expect(sensors.map(\.rail.isPart) == [false])
        #expect(failures.map(\.description).first?.hasSuffix("energy_uj' holds 'garbage', no number") == true)
        try root.remove("\(folder)/intel-rapl:0/name")
        #expect(PowerMeters.discover(root.files).failures.map(\.sensor) == ["powercap intel-rapl:0"])
    }

    @Test("since 2020 only root may read the counters", .enabled(if: isRoot, "only root's files can be withheld"))
    func rootOnly() throws {
        let root = try FixtureRoot(zones([("intel-rapl:0", "package-0", "1", "100")]))
        chmod("\(root.path)/\(folder)/intel-rapl:0/energy_uj", 0o400)
        let files = root.files
        let (count, failures) = asOrdinaryUser {
            let found = PowerMeters.discover(files)
            return (found.sensors.count, found.failures)
        }
        #expect(count == 0)
        let path = "\(root.path)/\(folder)/intel-rapl:0/energy_uj"
        #expect(
            failures.map(\.description) == [
                "rapl package-0: '\(path)': Permission denied; readable by root only: run as root, or let others "
                    + "read it (chmod a+r)"
            ])
        #expect(PowerMeters.discover(files).sensors.count == 1)
    }
}
