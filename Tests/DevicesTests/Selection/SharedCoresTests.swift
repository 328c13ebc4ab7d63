import Testing

@testable import Devices

@Suite struct SharedCoresTests {
    /// Four cores of two threads: 0+4, 1+5, 2+6, 3+7.
    let inventory = CPUInventory(online: cpus(0...7), cores: (0..<4).map { [$0, $0 + 4] })

    private func device(_ name: String, _ cpus: CPUSet) -> ResolvedDevice {
        ResolvedDevice(UnitSummary(name: name, cpuUse: .computesOn(cpus)))
    }

    private func shared(_ devices: [(String, CPUSet)]) -> [String] {
        inventory.sharedCores(of: devices.map(device)).map(\.description)
    }

    @Test func sameCPUsAreShared() {
        #expect(shared([("big", [0, 1]), ("gpu", [1])]) == ["big and gpu share CPU 1"])
        #expect(
            shared([("a", [0, 1, 2]), ("b", [0, 1]), ("c", [1, 2, 3])])
                == ["a and b share CPU 0", "a, b and c share CPU 1", "a and c share CPU 2"])
        #expect(shared([("a", [0, 1]), ("b", [2, 3]), ("c", [])]).isEmpty)
        #expect(shared([("a", [0, 1]), ("b", [0, 1])]) == ["a and b share CPUs 0-1"])
    }

    @Test func threadsOfOneCoreAreShared() {
        #expect(
            shared([("a", [0, 1]), ("b", [4, 5])]) == ["a and b share cores, as hardware threads of them: CPUs 0-1,4-5"]
        )
        let both = inventory.sharedCores(of: [device("a", [0, 4]), device("b", [4])])
        #expect(both == [SharedCores(devices: ["a", "b"], cpus: [0, 4], isBySiblings: false)])
    }
}
