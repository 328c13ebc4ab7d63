// What tests of this room need of the machine.

import MediaFixtures
import Testing

extension Trait where Self == ConditionTrait {
    static var needsFFmpeg: Self { .enabled(if: FFmpegTool.isInstalled, "the ffmpeg program isn't installed") }

    static var needsSRT: Self {
        .enabled(if: FFmpegTool.has("srt", in: "protocols"), "this FFmpeg has no SRT")
    }
    static var needsOpenSSL: Self { .enabled(if: OpenSSLTool.path != nil, "the openssl program isn't installed") }
}
