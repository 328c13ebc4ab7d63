// Scripted streams in virtual time, for comparing what drives a dispatcher.

import Glibc

@testable import CoExec

/// A random mix of policy, devices, speeds, faults and a source, the same for the same seed.
struct Scenario {
    let devices: [SimulatedDevice]
    let conditions: SimulatedConditions
    let frames: Int
    let seed: UInt64

    init(seed: UInt64) {
        self.seed = seed
        var random = SplitMix64(seed: seed &* 7919 &+ 1)
        func isTrue(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &random) < probability }
        let jitter = Double.random(in: 0...0.3, using: &random)
        let isHinted = isTrue(0.5)
        devices = (0..<Int.random(in: 1...4, using: &random)).map { index in
            // Log-uniform between 0.06 and 20 ms: lanes grab shorter frames several at a time.
            let service = 6e4 * pow(330, Double.random(in: 0...1, using: &random))
            return SimulatedDevice(
                name: "d\(index)", laneCount: Int.random(in: 1...2, using: &random), serviceNanoseconds: service,
                jitter: jitter, priorNanoseconds: isHinted ? Int(service) : nil)
        }
        frames = Int.random(in: 1...160, using: &random)
        let weights = devices.map { _ in Double.random(in: 0.1...4, using: &random) }
        let policies: [any Policy] = [
            WorkStealing(), WorkStealing(), WorkStealing(), RoundRobin(), EarliestCompletion(), FixedShares(weights),
            SingleDevice(Int.random(in: devices.indices, using: &random)),
        ]
        var options = StreamOptions(
            window: Int.random(in: 1...24, using: &random), policy: policies.randomElement(using: &random)!)
        options.faults.shortestHangNanoseconds = 2_000_000
        options.faults.firstPauseNanoseconds = 3_000_000
        let isLive = isTrue(0.5)
        if isLive {
            options.admission = [.dropOldest, .dropNewest, .wait].randomElement(using: &random)!
            if isTrue(0.5) { options.deadlineNanoseconds = Int.random(in: 500_000...20_000_000, using: &random) }
        }
        conditions = SimulatedConditions(
            options: options, frameInterval: isLive ? Int.random(in: 10_000...4_000_000, using: &random) : nil,
            isLengthKnown: false, fault: Self.faults(seed: random.next(), isFaulty: isTrue(0.6)))
    }

    /// Errors and hangs of a device's n-th run, the same each time they are asked for.
    private static func faults(seed: UInt64, isFaulty: Bool) -> (_ device: Int, _ run: Int) -> SimulatedFault? {
        { device, run in
            guard isFaulty else { return nil }
            var random = SplitMix64(seed: seed &+ UInt64(device * 1_000_003 + run))
            // The first device fails for a while at times: then it is set aside.
            if device == 0, run % 20 < 4, seed % 2 == 0 { return .error }
            switch Int.random(in: 0..<40, using: &random) {
            case 0...1: return .error
            case 2: return .hang(nanoseconds: Int.random(in: 10_000_000...900_000_000, using: &random))
            default: return nil
            }
        }
    }

    /// What the simulator asks its dispatcher, and what that decides.
    func simulate() -> (events: [DispatchEvent], result: SimulationResult) {
        var events: [DispatchEvent] = []
        var simulator = StreamSimulator(devices, frames, conditions, seed) { events.append($0) }
        let result = simulator.run()
        return (events, result)
    }
}
