import Foundation
import Testing

@testable import Devices

/// Energy of a run as a tracker sees it, in virtual time.
private struct Replay {
    /// Milliseconds.
    var pollEvery = 5
    var quantity = PowerRail.Quantity.watts
    var sendsSamples = false
    var refreshTold: Int?

    /// - Parameters:
    ///   - reading: what the sensor shows at a time in milliseconds.
    ///   - window: of the measurement, in milliseconds; polling starts at 0.
    func energy(_ reading: (Int) -> Double, window: Range<Int>) -> (joules: Double, error: Double, samples: Int) {
        var tracker = PowerTracker(
            quantity: quantity, sendsSamples: sendsSamples, refreshNanoseconds: refreshTold.map { $0 * 1_000_000 })
        var stretch = EnergyWindow(startNanoseconds: window.lowerBound * 1_000_000)
        stretch.endNanoseconds = window.upperBound * 1_000_000
        var before = 0
        for time in stride(from: 0, through: window.upperBound, by: pollEvery) {
            if time <= window.lowerBound { before = tracker.sampleCount }
            let sample = PowerSample(nanoseconds: time * 1_000_000, value: reading(time))
            for segment in tracker.add(sample) { stretch.add(segment) }
        }
        if let tail = tracker.tail(until: stretch.endNanoseconds) { stretch.add(tail) }
        let samples = tracker.sampleCount - before
        let error = stretch.error95(
            quantity: quantity, sampleCount: samples, refreshNanoseconds: tracker.refreshNanoseconds ?? 0)
        return (stretch.joules, error, samples)
    }
}

@Suite struct PowerTrackerTests {
    @Test("a sensor that repeats itself is counted by its changes")
    func repetitions() {
        // A new value every 260 ms, polled every 5 ms: 2 W ± 0.5 W.
        let slow = { (time: Int) in 2 + 0.5 * sin(Double(time / 260)) }
        let (joules, error, samples) = Replay().energy(slow, window: 1000..<11_000)
        #expect(samples >= 38 && samples <= 39)
        #expect(abs(joules - 20) < 0.2)
        #expect(error > 0.05 && error < 1)
    }

    @Test("a value that stands for long was measured again and again: what follows doesn't reach back")
    func longPlateau() {
        let reading = { (time: Int) in time < 2000 ? Double(1 + time / 250 % 2) : time < 12_000 ? 1 : 5 }
        let (joules, _, _) = Replay().energy(reading, window: 2000..<14_000)
        // 10 s at 1 W, 2 s at 5 W, and the step somewhere within 250 ms before it was seen.
        #expect(abs(joules - 20) < 0.501)
        let told = Replay(refreshTold: 5).energy(reading, window: 2000..<14_000).joules
        #expect(abs(told - 20) < 0.02)
    }

    @Test func constantPowerNeedsNoChange() {
        let (joules, error, samples) = Replay().energy({ _ in 3 }, window: 100..<1100)
        #expect(joules == 3 && samples == 0 && error == 0)
    }

    @Test("a ramp is exact")
    func ramp() {
        let (joules, _, _) = Replay(pollEvery: 10).energy({ Double($0) / 1000 }, window: 1000..<3000)
        #expect(abs(joules - 4) < 0.02)
    }

    @Test("a counter is differenced, through its wraps")
    func wrappingCounter() {
        let counter = { (time: Int) in (Double(time) * 0.007).truncatingRemainder(dividingBy: 10) }
        let replay = Replay(quantity: .joules(wrapsAt: 10))
        let (joules, _, _) = replay.energy(counter, window: 500..<10_500)
        #expect(abs(joules - 70) < 0.1)
    }

    @Test("between two steps of a slow counter a run may start or end anywhere")
    func slowCounter() {
        let counter = { (time: Int) in Double(time / 100) * 0.4 }
        for start in [1000, 1033, 1077] {
            let (joules, error, _) = Replay(quantity: .joules(wrapsAt: nil)).energy(
                counter, window: start..<start + 2050)
            #expect(abs(joules - 8.2) < 0.03)
            #expect(error > 0.05 && error < 0.5)
        }
    }

    @Test("a counter that goes back where it can't wrap started anew")
    func resetCounter() {
        var tracker = PowerTracker(quantity: .joules(wrapsAt: nil))
        for (time, value) in [5.0, 6, 7, 1, 2].enumerated() {
            _ = tracker.add(PowerSample(nanoseconds: time + 1, value: value))
        }
        #expect(tracker.resetCount == 1 && tracker.sampleCount == 5)
    }

    @Test("a meter that sends samples may repeat a value, and come late")
    func sentSamples() {
        var tracker = PowerTracker(quantity: .watts, sendsSamples: true)
        var window = EnergyWindow(startNanoseconds: 1_000_000_000)
        window.endNanoseconds = 3_000_000_000
        for (seconds, watts) in [(0, 1.0), (1, 2), (2, 2), (4, 4), (2, 9), (5, 5)] {
            let sample = PowerSample(nanoseconds: seconds * 1_000_000_000, value: watts)
            for segment in tracker.add(sample) { window.add(segment) }
        }
        // 2 W for a second, then half the way to 4 W; the sample out of order is none.
        #expect(window.joules == 4.5 && tracker.sampleCount == 5)
    }
}

@Suite struct EnergyWindowTests {
    @Test func onlyWhatLiesInsideCounts() {
        var window = EnergyWindow(startNanoseconds: 1_000_000_000)
        window.endNanoseconds = 2_000_000_000
        window.add(PowerSegment(startNanoseconds: 0, endNanoseconds: 4_000_000_000, startWatts: 0, endWatts: 4))
        #expect(window.joules == 1.5 && window.coveredNanoseconds == 1_000_000_000)
        window.add(
            PowerSegment(startNanoseconds: 4_000_000_000, endNanoseconds: 5_000_000_000, startWatts: 9, endWatts: 9))
        #expect(window.joules == 1.5)
    }

    @Test("the error bar holds the truth of noisy samples about 95 times in 100")
    func errorBar() {
        var generator = SplitMix(state: 7)
        var hits = 0
        for _ in 0..<400 {
            var window = EnergyWindow(startNanoseconds: 0)
            // The mean of 12 uniform numbers is all but normal.
            var previous = 0.0
            for second in 0...40 {
                let noise = (0..<12).reduce(-6.0) { sum, _ in sum + Double.random(in: 0..<1, using: &generator) }
                let watts = 5 + 0.3 * noise
                if second > 0 {
                    window.add(
                        PowerSegment(
                            startNanoseconds: (second - 1) * 1_000_000_000, endNanoseconds: second * 1_000_000_000,
                            startWatts: previous, endWatts: watts))
                }
                previous = watts
            }
            let error = window.error95(quantity: .watts, sampleCount: 40, refreshNanoseconds: 1_000_000_000)
            if abs(window.joules - 200) <= error { hits += 1 }
        }
        #expect(hits >= 368 && hits < 400)
    }
}
