// When frames go back to their owner: a camera has few buffers, and an idle lane must not sit on one.

import Glibc
import Synchronization
import Testing

@testable import CoExec

@Suite struct FrameMemoryTests {
    /// A frame that counts itself.
    private final class Buffer: Sendable {
        let alive: Count
        init(_ alive: Count) { self.alive = alive }
        deinit { _ = alive.increment() }
    }

    private struct BufferDevice: Device {
        let name = "a"
        var laneCount: Int { 2 }
        func openLane(_ index: Int) -> any Lane<Buffer, Int> { BufferLane() }

        private final class BufferLane: Lane {
            func run(_ frame: Buffer) -> Int { 0 }
        }
    }

    private func waitUntil(_ condition: () -> Bool) -> Bool {
        for _ in 0..<2000 where !condition() { usleep(1000) }
        return condition()
    }

    @Test func anIdleLaneKeepsNoFrame() throws {
        let stream = try FrameStream(devices: [BufferDevice()], window: 4)
        let released = Count()
        for _ in 0..<20 {
            #expect(stream.push(Buffer(released)))
            _ = stream.pull()
        }
        #expect(waitUntil { released.value == 20 })
        stream.cancel()
    }

    /// Dropped frames go back at once, though the stream goes on, and those in flight when it is cancelled and let go.
    @Test func droppedFramesAndThoseOfACancelledStreamGoBack() throws {
        let released = Count()
        do {
            var options = StreamOptions(window: 3)
            options.admission = .dropOldest
            let stream = try FrameStream(devices: [BufferDevice()], options: options)
            for _ in 0..<200 { #expect(stream.push(Buffer(released))) }
            #expect(released.value >= 200 - 3 - 2)
            stream.cancel()
        }
        #expect(waitUntil { released.value == 200 })
    }
}
