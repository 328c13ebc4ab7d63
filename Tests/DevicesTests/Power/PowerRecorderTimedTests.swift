import CoExec
import Foundation
import Synchronization
import Testing

@testable import Devices

/// A sensor whose readings a test writes.
private final class ScriptedSensor: PowerSensor {
    let rail: PowerRail
    let sendsSamples: Bool
    private let read: @Sendable (_ now: Int) throws -> [PowerSample]
    let starts = Atomic<Int>(0)
    let stops = Atomic<Int>(0)

    init(
        _ quantity: PowerRail.Quantity, sendsSamples: Bool = false,
        _ read: @escaping @Sendable (_ now: Int) throws -> [PowerSample]
    ) {
        rail = PowerRail(meter: "script", name: "rail", quantity: quantity, load: .machine)
        (self.sendsSamples, self.read) = (sendsSamples, read)
    }

    func start() throws { starts.add(1, ordering: .relaxed) }
    func stop() { stops.add(1, ordering: .relaxed) }
    func poll(_ take: (PowerSample) -> Void) throws { try read(monotonicNanoseconds()).forEach(take) }
}

@Suite struct PowerRecorderTimedTests {
    private func measure(
        _ sensors: [ScriptedSensor], warmUp: Double = 0.1, seconds: Double
    ) throws -> (energies: [RailEnergy], recorder: PowerRecorder) {
        let recorder = try PowerRecorder(sensors, apartFrom: [], on: .thisMachine())
        defer { recorder.stop() }
        usleep(UInt32(warmUp * 1e6))
        recorder.begin()
        usleep(UInt32(seconds * 1e6))
        return (recorder.end(), recorder)
    }

    @Test func powerAndCounterAgree() throws {
        let start = monotonicNanoseconds()
        // 3 W ± 1 W, once a second up and down; a counter of the same in mJ.
        let phase = { @Sendable (now: Int) in Double(now - start) / 1e9 * 2 * .pi }
        let power = ScriptedSensor(.watts) { [PowerSample(nanoseconds: $0, value: 3 + sin(phase($0)))] }
        let counter = ScriptedSensor(.joules(wrapsAt: 4)) { now in
            let joules = 3 * Double(now - start) / 1e9 + (1 - cos(phase(now))) / (2 * .pi)
            let steps = (joules * 1000).rounded(.down) / 1000
            return [PowerSample(nanoseconds: now, value: steps.truncatingRemainder(dividingBy: 4))]
        }
        let (energies, recorder) = try measure([power, counter], seconds: 2)
        for energy in energies {
            let seconds = Double(energy.nanoseconds) / 1e9
            #expect(abs(try #require(energy.joules) / seconds - 3) < 0.03 + (seconds - 2))
            #expect(energy.problem == nil && energy.doubt == nil)
            #expect(energy.polls > 100 && energy.samples <= energy.polls)
            #expect(try #require(energy.errorJoules) < 0.3)
        }
        #expect(power.starts.load(ordering: .relaxed) == 1 && power.stops.load(ordering: .relaxed) == 1)
        #expect(recorder.cpuShare > 0 && recorder.cpuShare < 0.5)
    }

    @Test("a sensor that fails costs its own energy and no other's, and says when and why")
    func stopsInTheMiddle() throws {
        struct Unplugged: Error, CustomStringConvertible { let description = "unplugged" }
        let start = monotonicNanoseconds()
        let failing = ScriptedSensor(.watts) { now in
            guard now - start < 600_000_000 else { throw Unplugged() }
            return [PowerSample(nanoseconds: now, value: 1)]
        }
        let steady = ScriptedSensor(.watts) { [PowerSample(nanoseconds: $0, value: 2)] }
        let (energies, _) = try measure([failing, steady], seconds: 1)
        #expect(energies[0].joules == nil && energies[0].watts == nil)
        #expect(try #require(energies[0].problem).contains("unplugged"))
        #expect(try #require(energies[0].problem).hasPrefix("stopped after 0.5 s"))
        #expect(abs(try #require(energies[1].watts) - 2) < 1e-9)
    }

    @Test("a moment's failure is bridged")
    func briefFailure() throws {
        let calls = Atomic<Int>(0)
        let busy = ScriptedSensor(.watts) { now in
            let call = calls.add(1, ordering: .relaxed).newValue
            guard call % 10 != 0 else { throw POSIXError(.EAGAIN) }
            return [PowerSample(nanoseconds: now, value: 2)]
        }
        let (energies, _) = try measure([busy], seconds: 0.5)
        #expect(abs(try #require(energies[0].watts) - 2) < 1e-9)
    }

    @Test("a counter that stands still tells nothing; a power that does is doubtful")
    func standsStill() throws {
        let start = monotonicNanoseconds()
        let elapsed = { @Sendable (now: Int) in min(Double(now - start) / 1e9, 0.3) }
        let counter = ScriptedSensor(.joules(wrapsAt: nil)) { [PowerSample(nanoseconds: $0, value: elapsed($0))] }
        let power = ScriptedSensor(.watts) { [PowerSample(nanoseconds: $0, value: 1 + elapsed($0))] }
        let (energies, _) = try measure([counter, power], seconds: 2.5)
        #expect(try #require(energies[0].problem).contains("told nothing new for 2."))
        #expect(try #require(energies[1].doubt).contains("unchanged for the last 2."))
        #expect(energies[1].joules != nil)
    }

    @Test("a sensor that had no news in a short stretch tells nothing of it")
    func noNews() throws {
        let start = monotonicNanoseconds()
        let slow = ScriptedSensor(.watts) { now in
            [PowerSample(nanoseconds: now, value: Double((now - start) / 300_000_000))]
        }
        let (energies, _) = try measure([slow], warmUp: 0.95, seconds: 0.1)
        #expect(energies[0].joules == nil)
        #expect(try #require(energies[0].problem).contains("has news every 0.3 s"))
    }

    @Test("a meter that sends late is waited for, and clipped to the stretch")
    func lateSamples() throws {
        // 4 W before a moment, 8 W after it, sent every 10 ms, 150 ms late.
        let turn = monotonicNanoseconds() + 500_000_000
        let sent = Mutex(monotonicNanoseconds() / 10_000_000 * 10_000_000)
        let meter = ScriptedSensor(.watts, sendsSamples: true) { now in
            sent.withLock { sent in
                var samples: [PowerSample] = []
                while sent + 160_000_000 <= now {
                    sent += 10_000_000
                    samples.append(PowerSample(nanoseconds: sent, value: sent < turn ? 4 : 8))
                }
                return samples
            }
        }
        let recorder = try PowerRecorder([meter], apartFrom: [], on: .thisMachine())
        defer { recorder.stop() }
        usleep(300_000)
        let start = monotonicNanoseconds()
        recorder.begin()
        usleep(600_000)
        let energy = recorder.end()[0]
        let before = Double(turn - start) / 1e9
        let expected = 4 * before + 8 * (Double(energy.nanoseconds) / 1e9 - before)
        #expect(abs(try #require(energy.joules) - expected) < 0.03 * expected)
    }

    @Test("it keeps away from the CPUs that are measured, where there are others")
    func placement() throws {
        let topology = try Topology.thisMachine()
        let all = topology.inventory.allowed
        let none = try PowerRecorder([], apartFrom: all, on: topology)
        #expect(none.placement == .anywhere)
        none.stop()
        guard all.count > 1 else { return }
        let cpu = all.first!
        let seen = Mutex<[CPUSet]>([])
        let recorder = try PowerRecorder([], apartFrom: all.subtracting([cpu]), on: topology) {
            seen.withLock { $0.append((try? topology.threadBinding()) ?? []) }
        }
        usleep(350_000)
        recorder.stop()
        #expect(recorder.placement == .apart([cpu]))
        #expect(seen.withLock { $0.count >= 3 && $0.allSatisfy { $0 == [cpu] } })
    }

    @Test("a sensor that can't be started stops those that were")
    func startFails() throws {
        final class Dead: PowerSensor {
            let rail = PowerRail(meter: "script", name: "dead", quantity: .watts, load: .other)
            func start() throws { throw PowerSensorError(sensor: "script dead", reason: "no power") }
            func poll(_ take: (PowerSample) -> Void) throws {}
        }
        let first = ScriptedSensor(.watts) { _ in [] }
        #expect(throws: PowerSensorError(sensor: "script dead", reason: "no power")) {
            try PowerRecorder([first, Dead()], apartFrom: [], on: .thisMachine())
        }
        #expect(first.stops.load(ordering: .relaxed) == 1)
    }
}
