// Which decoder decodes, what it takes of the cores, and what is said where it isn't there.

import Foundation
import MediaFixtures
import System
import Testing

@testable import Media

@Suite(.needsFFmpeg) struct DecoderTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: [DecoderChoice.vaapi, .v4l2m2m, .rkmpp])
    func hardwareThatIsNotThereIsNamed(choice: DecoderChoice) throws {
        var options = SourceOptions()
        options.decoder = choice
        let path = try folder.makeClip("clip.mp4")
        let outcome = Outcome(try openSource(path: path, options))
        // Where the machine has it, frames come.
        guard outcome.count == 0 else { return }
        let error = try #require(outcome.errors.first)
        #expect("\(error)".lowercased().contains(choice.rawValue), "\(error)")
        #expect(error.kind == .unsupportedCodec || "\(error)".contains("VAAPI can't"), "\(error)")
    }

    @Test func softwareSaysWhatItTakes() throws {
        let path = try folder.make(
            "-f", "lavfi", "-i", "testsrc2=s=640x360:r=30:d=2", "-c:v", "libx264", "-pix_fmt", "yuv420p", "clip.mp4")
        let source = try VideoFileSource(path: path, decoderThreads: 4)
        #expect(source.decoding.name == "h264, in software, 4 threads")
        let before = source.decoding.threadsNanoseconds
        let process = processCPUNanoseconds()
        while try source.next() != nil {}
        let taken = source.decoding.threadsNanoseconds - before
        #expect(taken > 1_000_000 && taken <= processCPUNanoseconds() - process)
        #expect(try VideoFileSource(path: path).decoding.name == "h264, in software, 1 thread")
        #expect(try VideoFileSource(path: path).decoding.threadsNanoseconds == 0)
    }
}
