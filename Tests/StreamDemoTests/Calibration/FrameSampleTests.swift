// Which frames of a stream are taken: evenly, whatever its length, and others beside them.

import Kernels
import Media
import Testing

@testable import StreamDemo

@Suite struct FrameSampleTests {
    /// Frames of one pixel, whose colours say their place in the stream.
    private final class NumberedFrames: FrameSource {
        private let count: Int
        private let damaged: Set<Int>
        private var position = 0

        init(_ count: Int, damaged: Set<Int> = []) { (self.count, self.damaged) = (count, damaged) }

        var expectedFrameCount: Int? { nil }

        func next() throws(VideoError) -> VideoFrame? {
            guard position < count else { return nil }
            defer { position += 1 }
            if damaged.contains(position) { throw VideoError(.damagedFrame(position), "clip", "torn") }
            let pixels = [UInt8(position >> 8), UInt8(position & 255), 0]
            return VideoFrame(
                image: try! Image(width: 1, height: 1, pixels: pixels), presentationNanoseconds: nil, fileName: nil)
        }
    }

    private func places(_ images: [Image]) -> [Int] { images.map { Int($0.pixels[0]) << 8 | Int($0.pixels[1]) } }

    private func sample(_ count: Int, of length: Int) throws -> (frames: [Int], others: [Int]) {
        let sample = try FrameSample(count, of: NumberedFrames(length), keep: { $0 }, progress: { _ in })
        return (places(sample.frames), places(sample.others))
    }

    @Test(arguments: [32, 33, 47, 64, 65, 100, 257, 1000])
    func framesAreSpreadEvenly(_ length: Int) throws {
        let (frames, others) = try sample(8, of: length)
        #expect(frames.count == 8 && others.count == 8)
        #expect(frames == frames.sorted() && others == others.sorted())
        #expect(Set(frames + others).count == 16)
        #expect(frames[0] == 0)
        // They are chosen among the 16 to 32 frames that were kept.
        let gaps = zip(frames, frames.dropFirst() + [length]).map { Double($1 - $0) }
        let apart = Double(length) / 8
        #expect(gaps.allSatisfy { $0 > 0.5 * apart && $0 < 1.5 * apart }, "\(frames)")
    }

    @Test func aShortStreamIsTakenWhole() throws {
        let (frames, others) = try sample(8, of: 5)
        #expect(frames == [0, 1, 2, 3, 4] && others.isEmpty)
        let (most, rest) = try sample(8, of: 12)
        #expect(most.count == 8 && (most + rest).sorted() == Array(0..<12))
        let (none, noOthers) = try sample(8, of: 0)
        #expect(none.isEmpty && noOthers.isEmpty)
    }

    @Test func aLongStreamIsThinnedAsItComes() throws {
        var (kept, read) = (0, 0)
        _ = try FrameSample(
            4, of: NumberedFrames(2000),
            keep: { image in
                kept += 1
                return image
            }, progress: { read = $0 })
        #expect(read == 2000)
        // 16 at first, and 8 more each time that the distance doubles, up to 128.
        #expect(kept == 16 + 7 * 8)
    }

    @Test func damagedFramesAreLeftOut() throws {
        let source = NumberedFrames(7, damaged: [0, 4])
        let sample = try FrameSample(8, of: source, keep: { $0 }, progress: { _ in })
        #expect(places(sample.frames) == [1, 2, 3, 5, 6])
        #expect(sample.damageNote == "2 frames left out, as they are damaged: first clip: frame 0 is damaged: torn")
        let whole = try FrameSample(8, of: NumberedFrames(7), keep: { $0 }, progress: { _ in })
        #expect(whole.damageNote == nil)
        #expect(throws: VideoError(.damagedFrame(0), "clip", "torn")) {
            try FrameSample(8, of: NumberedFrames(2, damaged: [0, 1]), keep: { $0 }, progress: { _ in })
        }
    }

    @Test func aBreakIsNoSingleFrame() {
        let end = VideoError(.brokenOff(afterFrames: 3), "clip", "torn")
        #expect(!NumberedFrames(3).goesOn(after: end))
        #expect(NumberedFrames(3).goesOn(after: VideoError(.damagedFrame(1), "clip", "torn")))
    }

    private struct Refused: Error {}

    @Test func whatKeepingThrowsEndsTheSample() throws {
        #expect(throws: Refused.self) {
            try FrameSample(4, of: NumberedFrames(9), keep: { _ in throw Refused() }, progress: { _ in })
        }
    }
}
