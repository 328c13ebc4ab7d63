import Testing

@testable import Devices

@Suite struct DefaultDevicesTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let hardware: Hardware
        let expected: String

        init(_ description: String, _ inventory: CPUInventory, _ openCL: [OpenCLFixture], _ expected: String) {
            testDescription = description
            hardware = Hardware(inventory: inventory, openCLDevices: openCL)
            self.expected = expected
        }
    }

    static let mali = OpenCLFixture.mali
    static let pocl = OpenCLFixture.pocl
    static let board = CPUInventory(
        online: cpus(0...7),
        kinds: [
            .init(cpus: cpus(0...3), efficiency: 0, maxMegahertz: 1300),
            .init(cpus: cpus(4...7), efficiency: 1, maxMegahertz: 2600),
        ])
    static func alike(_ count: Int, threadsPerCore: Int = 1) -> CPUInventory {
        CPUInventory(
            online: CPUSet(0..<count * threadsPerCore),
            cores: (0..<count).map { core in CPUSet((0..<threadsPerCore).map { core + $0 * count }) })
    }

    @Test(arguments: [
        Case("board", board, [], "big:4-7 LITTLE:0-3"),
        Case("board, GPU", board, [mali], "big:4-7 LITTLE:0-3 gpu:0-3"),
        Case("board, PoCL", board, [pocl], "big:4-7 LITTLE:0-3"),
        Case("board, PoCL, two GPUs", board, [pocl, mali, mali], "big:4-7 LITTLE:0-3 gpu:0-3 gpu1:0-3"),
        Case("1 core", alike(1), [], "cpu:0"),
        Case("1 core of 2 threads, PoCL", alike(1, threadsPerCore: 2), [pocl], "cpu:0-1"),
        Case("1 core, GPU", alike(1), [mali], "cpu:0 gpu:0"),
        Case("2 cores, PoCL", alike(2), [pocl], "cpu:0-1"),
        Case("2 cores, GPU and PoCL", alike(2), [pocl, mali], "cpu:0-1 gpu:0-1"),
        Case("8 cores, PoCL", alike(8), [pocl], "cpu:0-7"),
        Case("2 cores of 2 threads, PoCL", alike(2, threadsPerCore: 2), [pocl], "cpu:0-3"),
        Case("2 cores, 1 allowed, PoCL", CPUInventory(online: [0, 1], allowed: [1]), [pocl], "cpu:1"),
    ])
    func choice(_ test: Case) {
        let devices = test.hardware.defaultDevices
        let printed = devices.map { device in
            let list = device.cpus.isEmpty ? "" : ":\(device.cpus)"
            return "\(device.name)\(list)\(device.isEmulated ? "*" : "")"
        }
        #expect(printed.joined(separator: " ") == test.expected)
        #expect(devices.allSatisfy { $0.speed == 1 })

        // None computes on a core of another, and no allowed core is left idle.
        let computing = devices.filter { !$0.hasHostThreads }
        #expect(test.hardware.inventory.sharedCores(of: computing).isEmpty)
        #expect(CPUSet(computing.flatMap(\.cpus.numbers)) == test.hardware.inventory.allowed)
    }
}
