import Glibc
import Synchronization
import Testing

@testable import CoExec

/// What a stream holds of a source that is faster than its devices.
@Suite struct LiveMemoryTests {
    /// A camera of large pictures that is much faster than the device: what the stream holds stays within its window.
    @Test func aFastLiveSourceKeepsMemoryFlat() throws {
        final class Picture: Sendable {
            static let alive = Atomic<Int>(0)
            let pixels = [UInt8](repeating: 0, count: 1 << 20)
            init() { Self.alive.add(1, ordering: .relaxed) }
            deinit { Self.alive.subtract(1, ordering: .relaxed) }
        }
        var options = StreamOptions(window: 8)
        options.admission = .dropOldest
        let stream = try FrameStream(devices: [PictureDevice<Picture>()], options: options)
        let producer = try Thread(name: "camera") {
            for _ in 0..<2000 { #expect(stream.push(Picture())) }
            stream.finish()
        }
        var next = 0
        var most = 0
        while let delivery = stream.pull() {
            #expect(delivery.sequence == next)
            next += 1
            most = max(most, Picture.alive.load(ordering: .relaxed))
        }
        producer.join()
        stream.cancel()
        let report = stream.report()
        #expect(next == 2000 && report.frames == 2000 && report.droppedFrames > 500)
        // Counted rather than read from /proc: other tests allocate in this process at the same time.
        // The window, one with the producer, one with the consumer, one with the lane.
        #expect(most <= 8 + 3)
        #expect(Picture.alive.load(ordering: .relaxed) == 0)
    }
}

/// A device that looks at a picture for 8 ms.
private struct PictureDevice<Picture: Sendable>: Device {
    let name = "viewer"
    let laneCount = 1
    func openLane(_ index: Int) -> any Lane<Picture, Int> { PictureLane() }

    private final class PictureLane: Lane {
        func run(_ frame: Picture) -> Int { Int(usleep(8000)) }
    }
}
