// Frames that were there before they were pushed: their age and latency count from then.

import System
import Testing

@testable import CoExec

@Suite struct FrameAgeTests {
    @Test func latencyCountsFromWhenThereWasTheFrame() throws {
        let stream = try FrameStream(devices: [FakeDevice(name: "a", service: { _ in 10 })], window: 8)
        #expect(stream.push(1, since: monotonicNanoseconds() - 50_000_000))
        #expect(stream.push(2, since: monotonicNanoseconds() + 50_000_000))
        stream.finish()
        let (early, late) = (try #require(stream.pull()), try #require(stream.pull()))
        stream.cancel()
        #expect(early.latencyNanoseconds >= 50_000_000)
        #expect(late.latencyNanoseconds >= 0)
    }

    /// However long the device takes: a frame that is fresh when it is taken runs.
    @Test func whatIsTooOldWhenTakenIsDropped() throws {
        var options = StreamOptions(window: 8)
        options.greatestAgeNanoseconds = 1_000_000_000
        let stream = try FrameStream(devices: [FakeDevice(name: "a", service: { _ in 10 })], options: options)
        let now = monotonicNanoseconds()
        for (frame, age) in [0, 2_000_000_000, 0, 3_000_000_000].enumerated() {
            #expect(stream.push(frame, since: now - age))
        }
        stream.finish()
        var late: [Int] = []
        while let delivery = stream.pull() {
            if case .failure(let error) = delivery.result {
                #expect(error as? DroppedFrame == DroppedFrame(reason: .late))
                late.append(delivery.sequence)
            }
        }
        stream.cancel()
        #expect(late == [1, 3])
    }
}
