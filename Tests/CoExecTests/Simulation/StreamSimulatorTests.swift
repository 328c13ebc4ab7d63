import Glibc
import Testing

@testable import CoExec

@Suite struct StreamSimulatorTests {
    /// A random mix of devices, as the acceptance test of the scheduler asks for: 1 to 6 devices, up to 100× apart.
    struct Mix {
        let devices: [SimulatedDevice]
        let frames: Int

        init(seed: UInt64) {
            var random = SplitMix64(seed: seed)
            let jitter = Double.random(in: 0...0.3, using: &random)
            devices = (0..<Int.random(in: 1...6, using: &random)).map { index in
                // Log-uniform between 1 and 100 ms.
                let milliseconds = pow(100, Double.random(in: 0...1, using: &random))
                return SimulatedDevice(name: "d\(index)", serviceNanoseconds: milliseconds * 1e6, jitter: jitter)
            }
            frames = Int.random(in: 1...1000, using: &random)
        }
    }

    @Test func neverSlowerThanTheBestDeviceAndCloseToTheBound() {
        for seed in 0..<1000 as Range<UInt64> {
            let mix = Mix(seed: seed)
            let combined = StreamSimulator.run(devices: mix.devices, frames: mix.frames, window: 256, seed: seed)
            #expect(combined.frames.reduce(0, +) == mix.frames)
            let fastest = mix.devices.min { $0.serviceNanoseconds < $1.serviceNanoseconds }!
            let alone = StreamSimulator.run(devices: [fastest], frames: mix.frames, window: 256, seed: seed)
            // One frame of the fastest device, at its longest.
            let frame = fastest.serviceNanoseconds * (1 + 6 * fastest.jitter)
            #expect(
                Double(combined.durationNanoseconds) <= Double(alone.durationNanoseconds) + frame,
                "seed \(seed): \(mix.devices.map { $0.serviceNanoseconds / 1e6 }), \(mix.frames) frames")
            if mix.frames >= 200 {
                let bound = Double(mix.frames) / mix.devices.reduce(0) { $0 + 1 / $1.serviceNanoseconds }
                #expect(
                    Double(combined.durationNanoseconds) <= bound * 1.05,
                    "seed \(seed): \(Double(combined.durationNanoseconds) / bound) of the bound, \(mix), \(combined)")
            }
        }
    }

    // MARK: policies on two devices, one four times as fast

    private let unequal = [
        SimulatedDevice(name: "fast", serviceNanoseconds: 10e6),
        SimulatedDevice(name: "slow", serviceNanoseconds: 40e6),
    ]

    private func run(_ policy: any Policy, frames: Int = 500) -> SimulationResult {
        StreamSimulator.run(devices: unequal, frames: frames, window: 32, policy: policy)
    }

    @Test func roundRobinIsAsSlowAsTheSlowDeviceMakesIt() {
        let result = run(RoundRobin())
        #expect(result.frames == [250, 250])
        #expect(result.durationNanoseconds == 250 * 40_000_000)
        #expect(result.framesPerSecond < 0.5 * run(WorkStealing()).framesPerSecond)
    }

    @Test func fixedSharesRunsTheSharesThatWereAskedFor() {
        #expect(run(FixedShares([1, 1])).frames == [250, 250])
        #expect(run(FixedShares([9, 1])).frames == [450, 50])
        #expect(run(FixedShares([1, 0])).frames == [500, 0])
        // In proportion to the speeds nothing is lost.
        #expect(run(FixedShares([4, 1])).framesPerSecond > 0.98 * 125)
    }

    @Test func singleRunsOneDeviceOnly() {
        for device in 0...1 {
            let result = run(SingleDevice(device))
            #expect(result.frames[device] == 500 && result.frames[1 - device] == 0)
            #expect(result.durationNanoseconds == 500 * Int(unequal[device].serviceNanoseconds))
        }
    }

    @Test func earliestCompletionBalancesOnceItKnowsTheSpeeds() {
        let result = run(EarliestCompletion())
        #expect(result.framesPerSecond > 0.9 * 125)
        #expect((75...85).contains(result.composition[0]))
    }

    @Test func workStealingUsesBothDevicesToTheirLimit() {
        let result = run(WorkStealing())
        #expect(result.framesPerSecond > 0.99 * 125)
        #expect(result.rerunFrames == 0)
    }

    /// A device that runs less than a window's part of the frames would hold all others up: it declines.
    @Test func aDeviceTooSlowForTheWindowDeclines() {
        let devices = [
            SimulatedDevice(name: "fast", serviceNanoseconds: 1e6),
            SimulatedDevice(name: "slow", serviceNanoseconds: 100e6, priorNanoseconds: 100_000_000),
        ]
        let narrow = StreamSimulator.run(devices: devices, frames: 2000, window: 32)
        #expect(narrow.frames == [2000, 0] && narrow.declines > 0)
        let wide = StreamSimulator.run(devices: devices, frames: 2000, window: 128)
        #expect(wide.frames[1] > 10 && wide.framesPerSecond > narrow.framesPerSecond)
    }

    @Test func hostThreadsTakeTheirShare() {
        let devices = [
            SimulatedDevice(name: "cpu", serviceNanoseconds: 20e6),
            SimulatedDevice(name: "gpu", serviceNanoseconds: 10e6, hosts: [(device: 0, share: 0.5)]),
        ]
        let result = StreamSimulator.run(devices: devices, frames: 1000, window: 64)
        // 100 of the GPU, and half of 50.
        #expect(abs(result.framesPerSecond / 125 - 1) < 0.01)
    }

    /// Frames aren't admitted long before a lane can take them: latency is little more than service time.
    @Test func waitingFramesDoNotAddLatency() {
        let device = SimulatedDevice(name: "d", serviceNanoseconds: 10e6)
        let result = StreamSimulator.run(devices: [device], frames: 100, window: 64)
        #expect(result.latency.maximum <= 20_100_000)
    }

    @Test func theSameSeedGivesTheSameStream() {
        let mix = Mix(seed: 7)
        func run(_ seed: UInt64) -> [Int] {
            let result = StreamSimulator.run(devices: mix.devices, frames: 400, window: 64, seed: seed)
            return [result.durationNanoseconds, result.declines, result.latency.p99] + result.frames
        }
        #expect(run(1) == run(1))
        #expect(run(1) != run(2))
    }
}
