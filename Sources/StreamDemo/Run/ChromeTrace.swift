// What each lane did when, in the JSON that chrome://tracing and Perfetto read.

import CoExec
import Foundation

/// Chrome's trace event format: one row a lane, one complete ("X") event a run of a frame.
enum ChromeTrace {
    /// Most events to keep: files beyond some hundred megabytes crash the viewer.
    static let capacity = 1_000_000

    private struct Event: Encodable {
        struct Arguments: Encodable {
            var frame: Int?
            var name: String?
        }
        let name: String
        let ph: String
        let pid = 1
        let tid: Int
        var ts: Double?
        var dur: Double?
        let args: Arguments
    }

    /// Writes one event a line; times are microseconds from the first run on.
    static func write(_ events: [TraceEvent], lanes: [String], to file: OutputFile) throws {
        let origin = events.map(\.startNanoseconds).min() ?? 0
        let names = lanes.enumerated().map { lane, name in
            Event(name: "thread_name", ph: "M", tid: lane, args: .init(name: name))
        }
        let runs = events.map { event in
            Event(
                name: "frame \(event.frame)", ph: "X", tid: event.lane,
                ts: Double(event.startNanoseconds - origin) / 1000,
                dur: Double(event.endNanoseconds - event.startNanoseconds) / 1000, args: .init(frame: event.frame))
        }
        let all = names + runs
        try file.writeLine("[")
        for (index, event) in all.enumerated() {
            let comma = index + 1 < all.count ? Data(",".utf8) : Data()
            try file.writeLine(JSON.line(event) + comma)
        }
        try file.writeLine("]")
    }
}
