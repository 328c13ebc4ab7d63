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
        openCLDevices: [.pocl, .mali])
    let desktop = Hardware(
        inventory: CPUInventory(online: cpus(0...3)), openCLDevices: [.pocl])

    /// "big:4@0.5 emulated".
    private func text(_ written: String, _ hardware: Hardware) throws -> String {
        let device = try resolve(written, hardware)
        let speed = device.speed == 1 ? "" : "@\(device.speed)"
        return "\(device.name):\(device.cpus)\(speed)" + (device.isEmulated ? " emulated" : "")
    }

    @Test func resolvesOnRealClusters() throws {
        #expect(try text("BIG", board) == "big:4-5")
        #expect(try text("little:1-2", board) == "LITTLE:1-2")
        #expect(try text("big:4@0.5", board) == "big:4@0.5 emulated")
        #expect(try text("cpu", board) == "cpu:0-5")
        #expect(try text("cpu:3-4", board) == "cpu:3-4")
    }

    @Test("GPUs come before OpenCL devices that run on the CPU")
    func resolvesGPUs() throws {
        #expect(try text("gpu", board) == "gpu:")
        #expect(try text("gpu0:0", board) == "gpu:0")
        #expect(try resolve("gpu", board).hasHostThreads)
        #expect(try text("gpu1", board) == "gpu1:0-5 emulated")
        #expect(try text("gpu:1@0.5", desktop) == "gpu:1@0.5 emulated")
    }

    @Test func resolvesOnOneKind() throws {
        #expect(try text("CPU", desktop) == "cpu:0-3")
        #expect(try text("cpu:2@1", desktop) == "cpu:2")
    }

    @Test func clustersOfOnesOwnAreNumbered() throws {
        func names(_ text: String, _ hardware: Hardware) throws -> [String] {
            let devices = try DeviceSpecification.list(parsing: text).map { try hardware.resolve($0) }
            return hardware.numbered(devices).map { "\($0.name):\($0.cpus)" }
        }
        #expect(try names("cpu:0", desktop) == ["cpu:0"])
        #expect(try names("cpu:0,gpu:3,cpu:1-2", desktop) == ["cpu0:0", "gpu:3", "cpu1:1-2"])
        #expect(try names("cpu,LITTLE:0,cpu:4", board) == ["cpu0:0-5", "LITTLE:0", "cpu1:4"])
        // Kinds that nothing ranks have such names, too.
        let unranked = Hardware(
            inventory: CPUInventory(
                online: cpus(0...5),
                caches: [CPUCache(level: 3, cpus: cpus(0...1)), CPUCache(level: 3, cpus: cpus(2...5))]))
        #expect(try names("cpu:2,cpu0,cpu:3", unranked) == ["cpu1:2", "cpu0:0-1", "cpu2:3"])
    }

    @Test func mixedKindsAreNamed() throws {
        let devices = try ["cpu:0-4", "big", "cpu:1", "gpu:0-4"].map { try resolve($0, board) }
        #expect(board.mixtures(of: devices) == ["cpu mixes kinds of core: big 4, LITTLE 0-3"])
        #expect(desktop.mixtures(of: [try resolve("cpu", desktop)]).isEmpty)
    }

    @Test func refusesWhatIsNotHere() throws {
        #expect(message("foo", board) == "unknown device 'foo' (this machine has big, LITTLE, gpu, gpu1, cpu)")
        #expect(message("big", desktop) == "unknown device 'big' (this machine has cpu, gpu)")
        #expect(message("gpu2", board) == "unknown device 'gpu2' (this machine has big, LITTLE, gpu, gpu1, cpu)")
        #expect(message("cpu:0,9", board) == "device 'cpu': no CPU 9 on this machine, which has CPUs 0-7")
        #expect(message("gpu:8-9", board) == "device 'gpu': no CPUs 8-9 on this machine, which has CPUs 0-7")
        #expect(message("big:5-6", board) == "device 'big': this process may not use CPU 6, only CPUs 0-5")
        #expect(
            message("LITTLE:3-4", board)
                == "device 'LITTLE': this cluster has CPUs 0-3, not CPU 4; a cluster of any CPUs is written cpu:CPULIST"
        )
        #expect(
            message("gpu", Hardware(inventory: board.inventory))
                == "unknown device 'gpu' (this machine has big, LITTLE, cpu)")
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
