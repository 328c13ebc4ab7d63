import Testing

@testable import Devices

@Suite struct QuotaSharesTests {
    private let pocl = OpenCLFixture.pocl
    private let mali = OpenCLFixture.mali

    /// Big 4-7, LITTLE 0-3.
    private func board(_ quota: Double?, _ openCL: [OpenCLFixture] = []) -> Hardware {
        let kinds = DefaultDevicesTests.board.kinds
        return Hardware(
            inventory: CPUInventory(online: cpus(0...7), kinds: kinds, quota: quota), openCLDevices: openCL)
    }

    private func text(_ devices: [ResolvedDevice]) -> String {
        devices.map { "\($0.name):\($0.cpus)" }.joined(separator: " ")
    }

    @Test(
        arguments: [
            (nil, "big:4-7 LITTLE:0-3"), (8, "big:4-7 LITTLE:0-3"), (7.2, "big:4-7 LITTLE:0-3"),
            (6, "big:4-7 LITTLE:0-1"), (4.0, "big:4-7"), (1.5, "big:4-5"), (0.2, "big:4"),
        ] as [(Double?, String)])
    func defaultsGetWhatTheQuotaKeepsBusy(quota: Double?, expected: String) {
        #expect(text(board(quota).defaultDevices) == expected)
    }

    @Test func coresCountNotTheirThreads() {
        let inventory = CPUInventory(online: cpus(0...15), cores: (0..<8).map { [$0, $0 + 8] }, quota: 1.5)
        #expect(text(Hardware(inventory: inventory).defaultDevices) == "cpu:0-1,8-9")
        #expect(Hardware(inventory: inventory).busyCoreLimit == 2)
    }

    @Test func aGPUComputesOnNoCore() {
        #expect(text(board(1.5, [mali]).defaultDevices) == "big:4-5 gpu:0-3")
    }

    @Test func whatIsLeftOutIsNamed() {
        #expect(board(nil).leftOut().isEmpty && board(6, [mali]).leftOut().isEmpty)
        #expect(
            board(2, [pocl, mali]).leftOut().map(\.description) == [
                "LITTLE (the CPU quota is used up by the faster cores)",
                "gpu1 (PoCL, no GPU: it would compute on the same cores)",
            ])
    }

    @Test func aUserWhoCountsThreadsGetsAllCores() {
        #expect(text(board(1.5).unplacedDefaultDevices(keepingQuota: false)) == "big:4-7 LITTLE:0-3")
        #expect(board(1.5).leftOut(keepingQuota: false).isEmpty)
    }

    @Test("devices that the user named keep a core each, and those whose CPUs are written keep them")
    func whatIsAskedForIsThere() throws {
        func devices(_ list: String, _ quota: Double, fixed: Set<String> = []) throws -> String {
            let hardware = board(quota, [pocl])
            let devices = try DeviceSpecification.list(parsing: list).map { try hardware.resolve($0) }
            return text(hardware.withinQuota(devices, fixed: fixed, keepingEach: true))
        }
        #expect(try devices("big,LITTLE", 1.5) == "big:4 LITTLE:0")
        #expect(try devices("big,LITTLE", 3) == "big:4-5 LITTLE:0")
        #expect(try devices("big,LITTLE", 0.5) == "big:4 LITTLE:0")
        #expect(try devices("cpu", 2) == "cpu:0-1")
        #expect(try devices("cpu:0-5", 2, fixed: ["cpu"]) == "cpu:0-5")
        #expect(try devices("big,gpu:0", 3, fixed: ["gpu"]) == "big:4-5 gpu:0")
    }
}
