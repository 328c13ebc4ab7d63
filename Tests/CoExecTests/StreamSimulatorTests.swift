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
}
