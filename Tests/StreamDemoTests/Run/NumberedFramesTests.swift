// Places of frames, and when damaged ones can be told.

import Kernels
import Media
import Testing

@testable import StreamDemo

@Suite struct NumberedFramesTests {
    /// Frames with damage before each.
    private final class Torn: FrameSource {
        let expectedFrameCount: Int? = nil
        private var position = 0

        func next() throws(VideoError) -> VideoFrame? {
            guard position < 8 else { return nil }
            defer { position += 1 }
            guard position % 4 == 3 else { throw VideoError(.damagedFrame(position), "clip", "torn") }
            return VideoFrame(
                image: try! Image(width: 1, height: 1, pixels: [0, 0, 0]), presentationNanoseconds: nil, fileName: nil)
        }
    }

    /// Before the next good frame, which may never come.
    @Test func damageIsToldAtOnce() throws {
        let frames = NumberedFrames(Torn(), ReadingPlan())
        var told: [Int] = []
        let note = { told += frames.takeDamaged().map(\.number) }
        let first = try frames.next(noteDamage: note)?.number
        #expect(first == 3 && told == [0, 1, 2])
        let second = try frames.next()?.number
        #expect(second == 7)
        #expect(frames.takeDamaged(before: 7).map(\.number) == [4, 5, 6])
        let end = try frames.next()
        #expect(end == nil && frames.damagedCount == 6)
    }
}
