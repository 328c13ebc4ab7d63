// What is found, and whether CPU devices keep to the cores that they were given. The runtime is the machine's own.
import Glibc
import System
import Testing

@testable import OpenCLKernels

@Suite("OpenCL discovery", .enabled(if: OpenCLUnderTest.skipReason == nil, "needs an OpenCL device"))
struct OpenCLDiscoveryTests {
    @Test func devicesSayWhatTheyAre() throws {
        for device in try OpenCLUnderTest.devices.get() {
            #expect(!device.name.isEmpty && !device.platform.isEmpty && !device.driverVersion.isEmpty)
            #expect(device.version.hasPrefix("OpenCL "))
            #expect(device.computeUnits > 0 && device.maxWorkGroupSize > 0)
            #expect(device.globalMemoryBytes >= device.maxAllocationBytes / 2 && device.maxAllocationBytes > 0)
            #expect(!device.extensions.contains(where: { $0.contains(" ") || $0.isEmpty }))
        }
    }

    @Test func laterLooksFindTheSame() throws {
        let first: [OpenCLDevice] = try OpenCLUnderTest.devices.get()
        #expect(try OpenCL.devices().map(\.description) == first.map(\.description))
    }

    @Test func otherCoresAreRefusedOnceChosen() throws {
        _ = try OpenCLUnderTest.devices.get()
        let other = [OpenCLUnderTest.cores[0] + 1]
        #expect {
            try OpenCL.devices(cpuDeviceCores: other)
        } throws: { error in
            guard case .coresAlreadyChosen(_, let requested) = error as? OpenCLError else { return false }
            return requested == other && "\(error)".contains("cannot be moved to cores \(other)")
        }
    }

    /// The kernel's word for it, while a network runs.
    @Test func workersStayOnTheirCores() throws {
        let devices: [OpenCLDevice] = try OpenCLUnderTest.devices.get()
        guard devices.contains(where: { $0.kind == .cpu }) else { return }
        // Another suite of this process may have looked first, and chosen other cores or none.
        let mine = try ThreadAffinity.cpus()
        let cores = OpenCL.cpuDeviceCores ?? mine.numbers
        try ReluNetwork().run(on: devices[0])

        // As the kernel has them now. Not every driver tells its threads apart.
        let workers = devices.flatMap(\.workers).compactMap { OpenCLWorker(threadID: $0.threadID) }
        #expect(workers.count == devices.flatMap(\.workers).count)
        #expect(workers.allSatisfy { Set(cores).isSuperset(of: $0.allowedCPUs) }, "\(workers)")
        #expect(!workers.contains { $0.threadID == Int(getpid()) })
        // The calling thread got its own binding back.
        let now = try ThreadAffinity.cpus()
        #expect(now == mine)
    }
}

@Suite("OpenCL affinity")
struct OpenCLAffinityTests {
    private func allowedHere() -> [Int] { (try? ThreadAffinity.cpus().numbers) ?? [] }

    @Test func aThreadIsBoundForTheTimeOfACall() throws {
        let before = allowedHere()
        var during: [Int] = []
        try withAffinity([before[0]]) { during = allowedHere() }
        #expect(during == [before[0]])
        #expect(allowedHere() == before)
    }

    @Test func coresThatAreNotThereAreRefused() {
        for cores in [[1023], [-1], [1 << 20]] {
            var ran = false
            #expect {
                try withAffinity(cores) { ran = true }
            } throws: { error in
                guard case .binding(cores, EINVAL) = error as? OpenCLError else { return false }
                return "\(error)".contains("\(cores)")
            }
            #expect(!ran)
        }
    }
}
