import Testing

@testable import Devices

@Suite struct HostThreadsTests {
    let gpu = OpenCLFixture.mali
    let pocl = OpenCLFixture.pocl

    private func place(
        _ text: String, _ inventory: CPUInventory, _ openCL: [OpenCLFixture], on host: CPUSet? = nil
    ) throws -> [String: CPUSet] {
        let hardware = Hardware(inventory: inventory, openCLDevices: openCL)
        let devices = try DeviceSpecification.list(parsing: text).map { try hardware.resolve($0) }
        let placed = try hardware.placingHostThreads(of: devices, on: host)
        #expect(placed.map(\.name) == devices.map(\.name) && placed.map(\.speed) == devices.map(\.speed))
        return Dictionary(uniqueKeysWithValues: placed.map { ($0.name, $0.cpus) })
    }

    @Test func theyGoToTheSlowestCluster() throws {
        let board = DefaultDevicesTests.board
        #expect(try place("big,gpu", board, [gpu]) == ["big": cpus(4...7), "gpu": cpus(0...3)])
        #expect(try place("LITTLE,gpu", board, [gpu])["gpu"] == cpus(0...3))
        #expect(try place("gpu:5,gpu1@0.5", board, [gpu, gpu]) == ["gpu": [5], "gpu1": cpus(0...3)])
        // An OpenCL device that runs on the CPU computes on its CPUs.
        #expect(try place("gpu,gpu1", board, [gpu, pocl]) == ["gpu": cpus(0...3), "gpu1": cpus(0...7)])
    }

    @Test("where no cluster is the slowest, to cores that are free, else to the last cluster")
    func oneKind() throws {
        let desktop = CPUInventory(online: cpus(0...7), cores: (0..<4).map { [$0, $0 + 4] })
        #expect(try place("cpu:0,2,gpu", desktop, [gpu])["gpu"] == [1, 3, 5, 7])
        #expect(try place("cpu,gpu", desktop, [gpu])["gpu"] == cpus(0...7))
        let unranked = CPUInventory(
            online: cpus(0...5), caches: [CPUCache(level: 3, cpus: cpus(0...1)), CPUCache(level: 3, cpus: cpus(2...5))])
        #expect(try place("cpu1,gpu", unranked, [gpu])["gpu"] == [0, 1])
        #expect(try place("cpu0,cpu1,gpu", unranked, [gpu])["gpu"] == cpus(2...5))
        #expect(try place("gpu", desktop, [gpu])["gpu"] == cpus(0...7))
    }

    @Test func writtenCPUsWin() throws {
        let board = CPUInventory(
            online: cpus(0...7), allowed: cpus(0...5), kinds: DefaultDevicesTests.board.kinds)
        #expect(try place("big,gpu,gpu1:0", board, [gpu, gpu], on: [4]) == ["big": [4, 5], "gpu": [4], "gpu1": [0]])
        #expect(throws: DeviceSpecificationError.noHostThreads([4])) { try place("big,gpu:0", board, [gpu], on: [4]) }
        #expect(throws: DeviceSpecificationError.noHostThreads([4])) { try place("gpu", board, [pocl], on: [4]) }
        #expect(throws: DeviceSpecificationError.self) { try place("gpu", board, [gpu], on: [9]) }
        #expect(throws: DeviceSpecificationError.self) { try place("gpu", board, [gpu], on: [6]) }
    }

    @Test func whatTheyShareIsKnown() throws {
        let hardware = Hardware(inventory: DefaultDevicesTests.board, openCLDevices: [gpu])
        #expect(
            hardware.inventory.sharedCores(of: hardware.defaultDevices).map(\.description)
                == ["LITTLE and gpu share CPUs 0-3"])
    }
}
