// What tests of this room need of the machine.

import MediaFixtures
import Testing

extension Trait where Self == ConditionTrait {
    static var needsFFmpeg: Self { .enabled(if: FFmpegTool.isInstalled, "the ffmpeg program isn't installed") }
}
