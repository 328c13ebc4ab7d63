// Measures energy while something else runs: asks every sensor at a steady rate, on a thread of its own.
// Owner: whoever measures; `begin`, `end` and `stop` are called by one thread.

import CoExec
import Glibc
import Synchronization

/// Polls power sensors, and gives the energy of each between `begin` and `end`.
///
/// It polls from when it is made, so that sensors that are slower than the polling are known when a measurement starts.
public final class PowerRecorder: Sendable {
    /// Where its thread runs.
    public enum Placement: Sendable, Hashable {
        /// On these CPUs, which nothing that is measured uses.
        case apart(CPUSet)
        /// On any CPU: all are used by what is measured.
        case anywhere
    }

    public let placement: Placement
    public let ratePerSecond: Int
    private let logs: Mutex<[RailLog]>
    private let sensors: [any PowerSensor]
    private let thread: Mutex<CoExec.Thread?>
    private let isStopping = Atomic<Bool>(false)
    private let cpuTime = Mutex(ThreadCPUTime.stopped(nanoseconds: 0))
    private let startedNanoseconds: Int
    private let alongside: @Sendable () -> Void

    /// Meters that send samples do so late.
    private static let greatestLagNanoseconds = 2_000_000_000
    /// How often `alongside` is called.
    private static let alongsideNanoseconds = 100_000_000

    /// Starts the sensors, and a thread that polls them.
    /// - Parameters:
    ///   - ratePerSecond: of polls; from 1 to 10,000.
    ///   - measured: CPUs that the thread keeps away from, if that leaves any.
    ///   - alongside: called ten times a second on the same thread, for what else is to be logged.
    /// - Throws: `PowerSensorError` for another rate; what `PowerSensor.start` throws; `ThreadError`.
    public init(
        _ sensors: [any PowerSensor], ratePerSecond: Int = 200, apartFrom measured: CPUSet, on topology: Topology,
        alongside: @escaping @Sendable () -> Void = {}
    ) throws {
        guard (1...10_000).contains(ratePerSecond) else {
            throw PowerSensorError(sensor: "power", reason: "\(ratePerSecond) polls a second are not from 1 to 10,000")
        }
        let free = topology.inventory.allowed.subtracting(measured)
        placement = topology.isThisSystem && !free.isEmpty ? .apart(free) : .anywhere
        (self.sensors, self.ratePerSecond, self.alongside) = (sensors, ratePerSecond, alongside)
        logs = Mutex(sensors.map(RailLog.init))
        thread = Mutex(nil)
        startedNanoseconds = monotonicNanoseconds()
        for (index, sensor) in sensors.enumerated() {
            do { try sensor.start() } catch {
                sensors[..<index].forEach { $0.stop() }
                throw error
            }
        }
        do {
            let started = try CoExec.Thread(name: "power") { [self] in
                // Bound or not, it polls: the energy is the same.
                if case .apart(let cpus) = placement { _ = try? topology.bindThread(to: cpus) }
                pollUntilStopped()
            }
            thread.withLock { $0 = started }
        } catch {
            sensors.forEach { $0.stop() }
            throw error
        }
    }

    public var rails: [PowerRail] { sensors.map(\.rail) }

    /// What polling takes of a core, from 0 to 1.
    public var cpuShare: Double {
        Double(cpuTime.withLock { $0.nanoseconds }) / Double(max(monotonicNanoseconds() - startedNanoseconds, 1))
    }

    /// Starts to measure.
    public func begin() {
        logs.withLock { logs in
            let now = monotonicNanoseconds()
            for index in logs.indices {
                logs[index].poll(at: now)
                logs[index].begin(at: now)
            }
        }
    }

    /// The energy of each rail since `begin`, in the order of `rails`. Waits for meters that send their samples late.
    public func end() -> [RailEnergy] {
        let end = monotonicNanoseconds()
        logs.withLock { logs in
            for index in logs.indices {
                logs[index].poll(at: end)
                logs[index].close(at: end)
            }
        }
        while logs.withLock({ $0.contains(where: \.isWaiting) }),
            monotonicNanoseconds() - end < Self.greatestLagNanoseconds
        {
            usleep(10_000)
        }
        return logs.withLock { logs in logs.indices.map { logs[$0].finish() } }
    }

    /// Ends the thread and leaves the sensors as they were. Called once, last.
    public func stop() {
        isStopping.store(true, ordering: .relaxed)
        thread.withLock { $0.take() }?.join()
        for sensor in sensors { sensor.stop() }
    }

    private func pollUntilStopped() {
        cpuTime.withLock { $0 = .start() }
        defer { cpuTime.withLock { $0.stop() } }
        let interval = 1_000_000_000 / ratePerSecond
        var next = monotonicNanoseconds()
        var nextAlongside = next
        while !isStopping.load(ordering: .relaxed) {
            logs.withLock { logs in
                for index in logs.indices { logs[index].poll(at: monotonicNanoseconds()) }
            }
            if monotonicNanoseconds() >= nextAlongside {
                alongside()
                nextAlongside = max(nextAlongside + Self.alongsideNanoseconds, monotonicNanoseconds())
            }
            // Sensors that are slower than the rate are asked as often as they answer.
            next = max(next + interval, monotonicNanoseconds() - interval)
            sleep(untilNanoseconds: next)
        }
    }
}
