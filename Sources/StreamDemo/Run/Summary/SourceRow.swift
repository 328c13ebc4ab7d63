// What reading an input took, for the summary.

import CoExec
import Devices
import Media

/// In JSON; `text` says the same in a line.
struct SourceRow: Encodable {
    let live: Bool
    /// How frames are decoded; null where nothing is.
    let decoder: OrNull<String>
    /// Of a core, while the stream ran: the thread that reads the input, and the decoder's own.
    let readingPercent: Double
    /// How often a live input was lost.
    let losses: Int
    let awaySeconds: Double
    /// What the ages of a live input's frames count from.
    let age: AgeRow?

    /// - Parameters:
    ///   - threadNanoseconds: of the cores, by the thread that pulled the source.
    ///   - durationNanoseconds: of the stream.
    ///   - age: of its frames, where it is live.
    init(_ source: any FrameSource, threadNanoseconds: Int, durationNanoseconds: Int, age: AgeRow?) {
        self.age = age
        let decoding = source.decoding
        (live, decoder) = (source.isLive, OrNull(decoding.name))
        let nanoseconds = threadNanoseconds + decoding.threadsNanoseconds
        readingPercent = 100 * Double(nanoseconds) / Double(max(durationNanoseconds, 1))
        (losses, awaySeconds) = (source.losses.count, Double(source.losses.awayNanoseconds) / 1e9)
    }

    var text: String {
        let how = decoder.value.map { " and decoding (\($0))" } ?? ""
        let lost = losses > 0 ? "; lost \(losses) times, \(awaySeconds.formatted(digits: 1)) s in all" : ""
        let ages = age.map { "; " + $0.text } ?? ""
        return "input: \(live ? "live, " : "")reading\(how) took \(readingPercent.formatted(digits: 0)) % of a core"
            + lost + ages
    }
}
