// What these tests take from those of the room below.

import MediaFixtures
import Testing

typealias TemporaryFolder = MediaFixtures.TemporaryFolder
typealias FFmpegTool = MediaFixtures.FFmpegTool

extension Trait where Self == ConditionTrait {
    static var needsFFmpeg: Self { .enabled(if: FFmpegTool.isInstalled, "the ffmpeg program isn't installed") }
}
