// Files that change as sensors' do, written by a thread from power as a function of time.

import Foundation
import Synchronization

@testable import CoExec
@testable import Devices

/// Sensors below a fixture's root. Time 0 of their power is when this object is made.
final class SensorFixture: Sendable {
    /// Power in watts by time in seconds.
    typealias Curve = @Sendable (Double) -> Double

    /// One sensor: which files it has, and what is in them for a power and the energy since time 0.
    struct Sensor: Sendable {
        let refreshSeconds: Double
        let watts: Curve
        let texts: @Sendable (_ watts: Double, _ joules: Double) -> [(file: String, text: String)]

        /// A file with power in units of which `unitsPerWatt` are 1 W.
        static func power(
            _ file: String, unitsPerWatt: Double, decimals: Int = 0, every refreshSeconds: Double,
            _ watts: @escaping Curve
        ) -> Sensor {
            Sensor(refreshSeconds: refreshSeconds, watts: watts) { watts, _ in
                [(file, String(format: "%.\(decimals)f", watts * unitsPerWatt))]
            }
        }

        /// A counter of µJ that starts at `initial` and wraps at `range`.
        static func counter(
            _ file: String, initial: Double = 0, range: Double = .infinity, every refreshSeconds: Double,
            _ watts: @escaping Curve
        ) -> Sensor {
            Sensor(refreshSeconds: refreshSeconds, watts: watts) { _, joules in
                let microjoules = initial + joules * 1e6
                let shown = range.isFinite ? microjoules.truncatingRemainder(dividingBy: range) : microjoules
                return [(file, String(format: "%.0f", shown))]
            }
        }

        /// Two files, of mV and mA; the voltage sags as the current grows.
        static func product(
            _ volts: String, _ amperes: String, supplyVolts: Double, every refreshSeconds: Double,
            _ watts: @escaping Curve
        ) -> Sensor {
            Sensor(refreshSeconds: refreshSeconds, watts: watts) { watts, _ in
                let present = supplyVolts - 0.01 * watts
                return [
                    (volts, String(format: "%.0f", present * 1000)),
                    (amperes, String(format: "%.0f", watts / present * 1000)),
                ]
            }
        }
    }

    private struct State {
        var isStopping = false
        var removed: Set<Int> = []
    }

    let root: FixtureRoot
    private let sensors: [Sensor]
    /// Time 0.
    let startNanoseconds: Int
    private let state = Mutex(State())
    private let thread = Mutex<CoExec.Thread?>(nil)

    /// Writes the first values at once, and all that follow on a thread.
    init(_ root: FixtureRoot, _ sensors: [Sensor]) throws {
        (self.root, self.sensors) = (root, sensors)
        startNanoseconds = monotonicNanoseconds()
        for sensor in sensors { try Self.write(sensor, sensor.watts(0), 0, root) }
        let started = try CoExec.Thread(name: "sensors") { [self] in writeUntilStopped() }
        thread.withLock { $0 = started }
    }

    /// The energy that a sensor's power has between two times of `monotonicNanoseconds`.
    func joules(of sensor: Int, from start: Int, nanoseconds: Int) -> Double {
        let first = Double(start - startNanoseconds) / 1e9
        return Self.integral(sensors[sensor].watts, first, first + Double(nanoseconds) / 1e9)
    }

    /// Ends one sensor's updates and removes its files, as a driver does that is unbound.
    func remove(_ sensor: Int) throws {
        try state.withLock { state in
            state.removed.insert(sensor)
            for (file, _) in sensors[sensor].texts(0, 0) { try root.remove(file) }
        }
    }

    func stop() {
        state.withLock { $0.isStopping = true }
        thread.withLock { $0.take() }?.join()
    }

    private func writeUntilStopped() {
        var joules = [Double](repeating: 0, count: sensors.count)
        var times = [Double](repeating: 0, count: sensors.count)
        while true {
            var next = Double.infinity
            for index in sensors.indices {
                let sensor = sensors[index]
                let now = Double(monotonicNanoseconds() - startNanoseconds) / 1e9
                let due = ((times[index] / sensor.refreshSeconds).rounded(.down) + 1) * sensor.refreshSeconds
                if now >= due {
                    joules[index] += Self.integral(sensor.watts, times[index], now)
                    times[index] = now
                    let isOver = state.withLock { state in
                        guard !state.isStopping else { return true }
                        if !state.removed.contains(index) {
                            try? Self.write(sensor, sensor.watts(now), joules[index], root)
                        }
                        return false
                    }
                    if isOver { return }
                }
                next = min(next, due > now ? due : now + sensor.refreshSeconds)
            }
            let wait = next - Double(monotonicNanoseconds() - startNanoseconds) / 1e9
            if wait > 0 { usleep(UInt32(min(wait, 0.05) * 1e6)) }
            if state.withLock({ $0.isStopping }) { return }
        }
    }

    private static func write(_ sensor: Sensor, _ watts: Double, _ joules: Double, _ root: FixtureRoot) throws {
        for (file, text) in sensor.texts(watts, joules) { try root.write(text, file) }
    }

    /// By trapezoids of about 1 ms.
    static func integral(_ watts: Curve, _ start: Double, _ end: Double) -> Double {
        guard end > start else { return 0 }
        let steps = max(Int(((end - start) * 1000).rounded(.up)), 1)
        let width = (end - start) / Double(steps)
        var sum = (watts(start) + watts(end)) / 2
        for step in 1..<max(steps, 1) { sum += watts(start + Double(step) * width) }
        return sum * width
    }
}

extension PowerSensor {
    /// What it says now, between a start and a stop.
    func samples() throws -> [PowerSample] {
        try start()
        defer { stop() }
        var samples: [PowerSample] = []
        try poll { samples.append($0) }
        return samples
    }
}
