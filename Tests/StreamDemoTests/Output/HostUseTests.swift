import Testing

@testable import StreamDemo

@Suite struct HostUseTests {
    @Test func mediansOverRounds() throws {
        let uses = [(5.0, 90.0), (1, 80), (3, 100)].map { HostUse(hostPercent: $0.0, workerPercent: $0.1) }
        let median = try #require(HostUse(medianOf: uses))
        #expect(median.hostPercent == 3 && median.workerPercent == 90)
        #expect(median.text == "host threads 3.0 % of a core, workers 90.0 %")
        #expect(HostUse(medianOf: []) == nil)
    }

    @Test func aGPUHasNoWorkers() throws {
        let use = try #require(HostUse(medianOf: [HostUse(hostPercent: 2.04, workerPercent: nil)]))
        #expect(use.workerPercent == nil && use.text == "host threads 2.0 % of a core")
    }
}
