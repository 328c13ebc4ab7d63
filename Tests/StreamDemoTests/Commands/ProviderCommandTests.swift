// A kind of hardware that no command knows works in all of them: by its provider alone.

import Foundation
import Kernels
import Testing

@testable import Devices
@testable import StreamDemo

/// One unit, described and nothing else: `devices` must not need more.
private struct TinyProvider: DeviceProvider {
    struct Unit: DeviceUnit {
        let summary = UnitSummary(name: "tiny", cpuUse: .hostThreads)
        func describe(_ device: ResolvedDevice) -> [String] { ["a tiny thing"] }
        func makeDevice<Frame: ImageFrame>(_ order: DeviceOrder) throws -> NetworkDevice<Frame> {
            try order.makeDevice(ReferenceEngine(), lanes: 1, computing: .others([]), busyThreads: 0)
        }
    }

    let naming = UnitNaming(stem: "tiny")
    func find(_ search: UnitSearch) -> FoundUnits { FoundUnits([Unit()]) }
}

@Suite struct ProviderCommandTests {
    @Test func devicesListsWhatAProviderFinds() throws {
        let dump = try MachineDump([(1000, "0xd03"), (2000, "0xd09")])
        let providers = DeviceProviders.all + [TinyProvider()]
        let inventory = try DeviceInventory(
            sysroot: dump.path, files: SystemFiles(root: dump.path), providers: providers)
        #expect(inventory.text.contains("\n\ntiny  what it is\n────  ────────────\ntiny  a tiny thing\n\n"))
        let json = try JSONSerialization.jsonObject(with: JSON.document(inventory)) as? [String: Any]
        #expect(json?["tiny"] as? [[String: String]] == [["description": "a tiny thing", "name": "tiny"]])
        #expect(json?["tiny_failures"] == nil && json?["opencl_failures"] != nil)
    }

    @Test("the template runs by its name, alone and beside a cluster, and is never listed")
    func templateRuns() throws {
        let usual = ["--network", "mobilenet_v1_0.25", "--idle", "0", "--no-tune", "--json", "-"]
        let bench = try Program.run(["bench", "--device", "Template0@0.5", "--frames", "20"] + usual)
        #expect(bench.exitCode == 0, "\(bench.errors)")
        let result = try bench.json()
        #expect(result["device"] as? String == "template" && result["lanes"] as? Int == 2)
        #expect((result["device_description"] as? String)?.hasPrefix("no hardware: sleeps for each frame") == true)
        #expect((result["host_use"] as? [String: Double])?["host_percent"] ?? 0 > 0)

        let run = try Program.run(["run", "--devices", "cpu:0,template"] + usual)
        let rows = try #require(try run.json()["devices"] as? [[String: Any]])
        #expect(rows.map { $0["name"] as? String } == ["cpu", "template"])
        #expect(rows.allSatisfy { $0["frames"] as? Int ?? 0 > 0 })

        let unknown = try Program.run(["bench", "--device", "template1"] + usual)
        #expect(unknown.exitCode == 64 && unknown.errors.contains("unknown device 'template1' (this machine has"))
        #expect(!unknown.errors.contains("has template") && !unknown.errors.contains(", template"))
    }
}
