import CoExec
import Foundation
import Synchronization
import Testing

@testable import Devices

@Suite struct EnergyMeterTimedTests {
    /// A rail that draws so many watts, of a load, until it fails.
    private final class SteadySensor: PowerSensor {
        let rail: PowerRail
        let watts: Mutex<Double?>

        init(_ name: String, _ load: PowerRail.Load, watts: Double) {
            rail = PowerRail(meter: "script", name: name, quantity: .watts, load: load)
            self.watts = Mutex(watts)
        }

        func poll(_ take: (PowerSample) -> Void) throws {
            guard let watts = watts.withLock({ $0 }) else { throw PowerSensorError(sensor: rail.label, reason: "gone") }
            // A steady load, and a sensor that has news all the time.
            let now = monotonicNanoseconds()
            take(PowerSample(nanoseconds: now, value: watts + Double(now % 1000) * 1e-12))
        }
    }

    private let big = CPUCluster(name: "big", cpus: [1], efficiency: 1, core: "Cortex-A15")

    private func report(_ names: [String]) throws -> StreamReport {
        let stream = try FrameStream(devices: names.map { SleepingDevice(name: $0) })
        var left = 30
        try stream.run(source: {
            left -= 1
            return left >= 0 ? left : nil
        }) { _ in }
        return stream.report()
    }

    @Test("each device by its own rails, or by all rails while it runs alone")
    func figures() throws {
        let a15 = SteadySensor("A15", .core("Cortex-A15"), watts: 1)
        let memory = SteadySensor("memory", .memory, watts: 0.25)
        let recorder = try PowerRecorder([a15, memory], apartFrom: [], on: .thisMachine())
        defer { recorder.stop() }
        let consumers = [
            PowerPlan.Consumer(name: "big") { CPURails.positions(of: [big], in: $0) },
            PowerPlan.Consumer(name: "gpu") { GPURails.positions(of: "Mali", "ARM", in: $0) },
        ]
        let meter = SensorEnergyMeter(recorder: recorder, consumers: consumers, idleSeconds: 0.2)
        #expect(meter.name == "script")
        a15.watts.withLock { $0 = 4 }
        usleep(50_000)

        meter.begin()
        let both = meter.end(try report(["big", "gpu"]))
        let own = try #require(both.own["big"])
        #expect(abs(own.watts - 4) < 1e-6)
        #expect(abs(try #require(own.idleWatts) - 1) < 1e-6)
        #expect(abs(try #require(own.activeWatts) - 3) < 1e-6)
        #expect(own.rails == ["script A15"])
        #expect(both.own["gpu"] == nil)
        #expect(abs(try #require(both.combined).watts - 4.25) < 1e-6)

        meter.begin()
        let alone = meter.end(try report(["gpu"]))
        #expect(alone.own["gpu"] == alone.combined && alone.own["gpu"]?.rails == ["script A15", "script memory"])

        memory.watts.withLock { $0 = nil }
        usleep(50_000)
        meter.begin()
        usleep(300_000)
        let failed = meter.end(try report(["big", "gpu"]))
        #expect(failed.combined == nil && failed.own["gpu"] == nil)
        #expect(failed.own["big"] != nil)
        #expect(try #require(failed.rails[1].problem).contains("gone"))
    }

    @Test("modelled power is idle power and what activity adds")
    func modelled() {
        let meter = ModelEnergyMeter(
            powers: [
                "big": BoardPower(activeWatts: 5, activeWattsByNetwork: ["alexnet": 4], idleWatts: 1),
                "gpu": BoardPower(activeWatts: 2),
            ], network: "alexnet")
        let energy = meter.energy(names: ["big", "gpu"], busyShares: [0.5, 1.2])
        #expect(energy.own["big"] == PowerFigure(watts: 2.5, idleWatts: 1))
        #expect(energy.combined == PowerFigure(watts: 4.5, idleWatts: nil))
        // All together are known only where each is.
        #expect(meter.energy(names: ["big", "npu"], busyShares: [1, 1]).combined == nil)
        #expect(meter.energy(names: ["big"], busyShares: [1]).combined == PowerFigure(watts: 4, idleWatts: 1))
    }
}

/// Takes 2 ms for a frame.
private struct SleepingDevice: Device {
    final class Sleep: Lane {
        func run(_ frame: Int) throws -> Int {
            usleep(2000)
            return frame
        }
    }

    let name: String
    let laneCount = 1
    func openLane(_ index: Int) throws -> any Lane<Int, Int> { Sleep() }
}
