import Testing

@testable import CoExec

@Suite struct CoExecutionGainTests {
    /// AlexNet on the Exynos 5422, Tables I and II of the study.
    @Test func theStudysOwnFigures() {
        let gain = CoExecutionGain(isolatedFramesPerSecond: [1.1, 3.1, 7.8], combinedFramesPerSecond: 10.3)
        #expect(gain.bestSingleFramesPerSecond == 7.8)
        #expect(abs(gain.gainPercent - 32.4) < 0.5)
        #expect(abs(gain.efficiency - 10.3 / 12) < 1e-12)
    }

    @Test func aSlowerCombinationIsANegativeGain() {
        let gain = CoExecutionGain(isolatedFramesPerSecond: [10, 5], combinedFramesPerSecond: 9)
        #expect(abs(gain.gainPercent + 10) < 1e-9)
        #expect(abs(gain.efficiency - 0.6) < 1e-9)
    }
}
