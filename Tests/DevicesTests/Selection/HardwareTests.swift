import Testing

@testable import Devices

@Suite struct HardwareTests {
    /// Exynos-like: real clusters, two of the CPUs kept from this process, a GPU and PoCL.
    let board = Hardware(
        inventory: CPUInventory(
            online: cpus(0...7), allowed: cpus(0...5),
            kinds: [
                .init(cpus: cpus(0...3), efficiency: 0, maxMegahertz: 1300),
                .init(cpus: cpus(4...7), efficiency: 1, maxMegahertz: 2600),
            ]),
        openCLDevices: [.init(name: "PoCL", isCPU: true), .init(name: "Mali", isCPU: false)])
    let desktop = Hardware(
        inventory: CPUInventory(online: cpus(0...3)), openCLDevices: [.init(name: "PoCL", isCPU: true)])

    @Test func resolvesOnRealClusters() throws {
        #expect(try resolve("BIG", board) == .init(name: "big", unit: .cpu, cpus: [4, 5]))
        #expect(try resolve("little:1-2", board) == .init(name: "LITTLE", unit: .cpu, cpus: [1, 2]))
        #expect(
            try resolve("big:4@0.5", board)
                == .init(name: "big", unit: .cpu, cpus: [4], speed: 0.5, isEmulated: true))
        #expect(try resolve("cpu", board) == .init(name: "cpu", unit: .cpu, cpus: cpus(0...5)))
        #expect(try resolve("cpu:3-4", board) == .init(name: "cpu", unit: .cpu, cpus: [3, 4]))
    }

    @Test("GPUs come before OpenCL devices that run on the CPU")
    func resolvesGPUs() throws {
        #expect(try resolve("gpu", board) == .init(name: "gpu", unit: .openCL(1), cpus: []))
        #expect(try resolve("gpu0:0", board) == .init(name: "gpu", unit: .openCL(1), cpus: [0]))
        #expect(
            try resolve("gpu1", board)
                == .init(name: "gpu1", unit: .openCL(0), cpus: cpus(0...5), isEmulated: true))
        #expect(
            try resolve("gpu:1@0.5", desktop)
                == .init(name: "gpu", unit: .openCL(0), cpus: [1], speed: 0.5, isEmulated: true))
    }

    @Test("an emulated cluster's name is a label for any CPUs")
    func resolvesOnEmulatedClusters() throws {
        #expect(try resolve("big", desktop) == .init(name: "big", unit: .cpu, cpus: [0, 1], isEmulated: true))
        #expect(try resolve("LITTLE:0", desktop) == .init(name: "LITTLE", unit: .cpu, cpus: [0], isEmulated: true))
        #expect(try resolve("cpu@1", desktop) == .init(name: "cpu", unit: .cpu, cpus: cpus(0...3)))
    }

    @Test func refusesWhatIsNotHere() throws {
        #expect(message("foo", board) == "unknown device 'foo' (this machine has big, LITTLE, gpu, gpu1)")
        #expect(message("mid", desktop) == "unknown device 'mid' (this machine has big, LITTLE, gpu)")
        #expect(message("gpu2", board) == "unknown device 'gpu2' (this machine has big, LITTLE, gpu, gpu1)")
        #expect(message("cpu:0,9", board) == "device 'cpu': no CPU 9 on this machine, which has CPUs 0-7")
        #expect(message("gpu:8-9", board) == "device 'gpu': no CPUs 8-9 on this machine, which has CPUs 0-7")
        #expect(message("big:5-6", board) == "device 'big': this process may not use CPU 6, only CPUs 0-5")
        #expect(
            message("LITTLE:3-4", board)
                == "device 'LITTLE': this cluster has CPUs 0-3, not CPU 4; a cluster of any CPUs is written cpu:CPULIST"
        )
        #expect(
            message("gpu", Hardware(inventory: board.inventory))
                == "unknown device 'gpu' (this machine has big, LITTLE)")
    }

    private func resolve(_ text: String, _ hardware: Hardware) throws -> ResolvedDevice {
        try hardware.resolve(DeviceSpecification(parsing: text))
    }

    private func message(_ text: String, _ hardware: Hardware) -> String? {
        do {
            return "resolved: \(try resolve(text, hardware))"
        } catch {
            return "\(error)"
        }
    }
}
