import CoExec
import Kernels
import Testing

@testable import Devices

/// Emulated lanes beside full-speed ones, on real work and the real clock.
@Suite(.serialized) struct EmulatedSpeedTimedTests {
    /// An attempt counts if nothing else wanted the core meanwhile, and if the full speed was the same before and after:
    /// a virtual machine's neighbours change it for seconds, and the kernel doesn't know. Where that never holds for so
    /// long, there is nothing to be told.
    @Test(arguments: [0.9, 0.5, 0.1]) func throughputIsWhatTheSpeedSays(speed: Double) throws {
        let machine = try Machine(topology: Topology.thisMachine(), for: [])
        let cpus = CPUSet([machine.topology.inventory.allowed.first!])
        let network = try NetworkCatalog.make("mobilenet_v1_0.25", batch: 1)
        let device: NetworkDevice<BlankFrame> = try machine.makeDevice(
            machine.hardware.resolve(DeviceSpecification("cpu", cpus: cpus)), network: network)
        let frame = try #require(BlankFrame(network))
        let former = try machine.topology.threadBinding()
        defer { _ = try? machine.topology.bindThread(to: former) }
        let full = try device.openLane(0)
        func framesPerSecond(_ lane: any Lane<BlankFrame, [Tensor]>, seconds: Double) throws -> Double {
            let start = monotonicNanoseconds()
            var (frames, elapsed) = (0, 0.0)
            while elapsed < seconds {
                _ = try lane.run(frame)
                frames += 1
                elapsed = Double(monotonicNanoseconds() - start) / 1e9
            }
            return Double(frames) / elapsed
        }
        var errors: [Double] = []
        for _ in 0..<12 {
            let (start, waited) = (monotonicNanoseconds(), waitedNanoseconds())
            let emulated = try device.converted(to: BlankFrame.self, speed: speed).openLane(0)
            // Until what sleeping costs is known.
            _ = try framesPerSecond(emulated, seconds: 0.3)
            var ratios: [Double] = []
            for _ in 0..<3 {
                let before = try framesPerSecond(full, seconds: 0.05)
                let slow = try framesPerSecond(emulated, seconds: 0.3)
                let after = try framesPerSecond(full, seconds: 0.05)
                if abs(before / after - 1) < 0.05 { ratios.append(slow / ((before + after) / 2)) }
            }
            let disturbance = Double(waitedNanoseconds() - waited) / Double(monotonicNanoseconds() - start)
            guard disturbance < 0.01, !ratios.isEmpty else { continue }
            errors.append(ratios.sorted()[ratios.count / 2] / speed - 1)
            if abs(errors.last!) < 0.04 { return }
        }
        if errors.isEmpty { return }
        Issue.record("off by \(errors) at \(speed)")
    }

    /// How long the calling thread has been ready to run in its life, without a core to run on.
    private func waitedNanoseconds() -> Int {
        let text = (try? SystemFiles.thisMachine.text("proc/thread-self/schedstat")) ?? ""
        let fields = text.split(separator: " ")
        return fields.count > 1 ? Int(fields[1]) ?? 0 : 0
    }
}
