// What units can do at most, as far as that is the same on every machine: that there are figures. How large they are,
// `Scripts/compare-roofs` compares.

import System
import Testing

@testable import Devices

@Suite(.serialized) struct CeilingProbeTests {
    private func checkRates(_ probe: any CeilingProbe) throws {
        #expect(probe.coreCount >= 1 && probe.memoryWorkingSetBytes > 1 << 20)
        #expect(probe.chains.contains { $0.format == .fp32 })
        for chain in probe.chains.indices {
            let rate = try probe.operationsPerSecond(of: chain, seconds: 0.002)
            #expect(rate > 1e7 && rate < 1e17, "\(probe.chains[chain]): \(rate)")
        }
        for stream in MemoryStream.allCases {
            for bytes in [1 << 20, probe.memoryWorkingSetBytes] {
                let rate = try probe.bytesPerSecond(stream, workingSetBytes: bytes, seconds: 0.002)
                #expect(rate > 1e6 && rate < 1e14, "\(stream) of \(bytes) bytes: \(rate)")
            }
        }
    }

    @Test func cpusHaveCeilings() throws {
        let selection = try DeviceSelection("cpu:0")
        let probe = try #require(try selection.machine.ceilingProbe(of: selection.devices[0]))
        #expect(probe.coreCount == 1)
        try checkRates(probe)
    }

    @Test func openCLDevicesHaveCeilings() throws {
        guard let selection = try? DeviceSelection("gpu:0") else { return }
        let probe = try #require(try selection.machine.ceilingProbe(of: selection.devices[0]))
        try checkRates(probe)
    }

    @Test func aUnitWithoutKernelsForThatHasNone() throws {
        let selection = try DeviceSelection("template")
        #expect(try selection.machine.ceilingProbe(of: selection.devices[0]) == nil)
    }

    @Test func cachesAreThoseOfTheCPUs() {
        let inventory = CPUInventory(
            online: [0, 1, 2, 3],
            caches: [
                CPUCache(level: 1, sizeBytes: 32 << 10, cpus: [0]),
                CPUCache(level: 2, sizeBytes: 1 << 20, cpus: [0, 1]),
                CPUCache(level: 2, sizeBytes: 2 << 20, cpus: [2, 3]),
                CPUCache(level: 3, sizeBytes: 8 << 20, cpus: [0, 1, 2, 3]),
            ])
        #expect(inventory.ceilingCaches(of: [0]).map(\.sizeBytes) == [1 << 20, 8 << 20])
        #expect(inventory.ceilingCaches(of: [1, 2]).map(\.sizeBytes) == [3 << 20, 8 << 20])
        #expect(inventory.ceilingCaches(of: [1, 2]).map(\.name) == ["L2", "L3"])
    }

    @Test func streamsAreLargerThanCachesAndSmallerThanMemory() {
        let caches = [CeilingCache(name: "L3", sizeBytes: 100 << 20)]
        #expect(StreamSize.bytes(behind: caches, memoryBytes: 64 << 30) == 400 << 20)
        #expect(StreamSize.bytes(behind: caches, memoryBytes: 1 << 30) == 128 << 20)
        #expect(StreamSize.bytes(behind: [], memoryBytes: 64 << 30) == 96 << 20)
    }
}
