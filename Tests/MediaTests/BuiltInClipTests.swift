// The generated clip.

import MediaFixtures
import Testing

@testable import Media

@Suite struct BuiltInClipTests {
    @Test func isTheDefaultInput() throws {
        let source = try openSource(path: nil)
        #expect(source.expectedFrameCount == 300)
        let first = try #require(try source.next())
        #expect([first.image.width, first.image.height] == [640, 360])
        #expect(first.presentationNanoseconds == 0)
    }

    @Test func movesVisiblyAndEnds() throws {
        let clip = BuiltInClip(width: 160, height: 90, frameCount: 40, framesPerSecond: 25)
        var previous: VideoFrame?
        var count = 0
        while let frame = clip.next() {
            #expect(frame.presentationNanoseconds == count * 40_000_000)
            if let previous {
                let difference = zip(frame.image.pixels, previous.image.pixels)
                    .reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
                #expect(difference / frame.image.pixels.count >= 4, "mean change of frame \(count)")
            }
            previous = frame
            count += 1
        }
        #expect(count == 40)
        #expect(clip.next() == nil)
    }

    @Test func isTheSameEveryTime() {
        let (one, other) = (BuiltInClip(width: 65, height: 33), BuiltInClip(width: 65, height: 33))
        for _ in 0..<20 { #expect(one.next()?.image.pixels == other.next()?.image.pixels) }
    }

    @Test(arguments: [1, 2, 7]) func drawsTinyFrames(side: Int) {
        let clip = BuiltInClip(width: side, height: side, frameCount: 50)
        while clip.next() != nil {}
    }
}
