// One frame's result as the contract's JSON line.

import CoExec
import Devices
import Foundation
import Kernels
import Results

/// `{"frame","time","device","latency_ms","top":[{"index","label","p"}]}`, with `"boxes"`, `"segments"` or `"keypoints"` in
/// place of `"top"` where the network finds such, or `"error"` or `"dropped"`; `"wall"` is the time of day for live inputs,
/// ISO 8601, `"arrival_age_ms"` how long after it the frame arrived;
/// `"tensors"` names the files with the outputs; `"file"` names the picture where the input is a folder,
/// `"stream"` the stream where there are several.
struct ResultLine: Encodable {
    let frame: Int
    /// Seconds from the stream's first frame, by its own time stamps; nil where it has none.
    let time: OrNull<Double>
    /// When a live input's frame was taken, or arrived.
    let wall: String?
    /// How old a frame of a live input that says when it was taken was when it arrived.
    let arrivalAgeMs: Double?
    /// nil for a frame that no device ran.
    let device: OrNull<String>
    let latencyMs: Double
    let file: String?
    let top: [ClassRow]?
    let boxes: [BoxRow]?
    let segments: [SegmentRow]?
    let keypoints: [KeypointRow]?
    /// Where the outputs are, in the folder that was asked for.
    let tensors: [String]?
    let error: String?
    /// Why it was not run: "overflow" or "late".
    let dropped: String?
    let stream: String?

    /// - Parameters:
    ///   - place: of the frame.
    ///   - result: what its outputs mean; nil for nothing, or no outputs.
    ///   - tensors: the files that the outputs were written to.
    ///   - stream: which of several.
    init(
        _ delivery: Delivery<NumberedFrame, [Tensor]>, place: FramePlace, result: FrameResult?, labels: Labels?,
        tensors: [String]? = nil, stream: String? = nil
    ) {
        (frame, self.tensors, self.stream) = (place.number, tensors, stream)
        time = OrNull(place.presentationNanoseconds.map { Double($0) / 1e9 })
        wall = place.wallNanoseconds.map(timeOfDay)
        arrivalAgeMs = place.arrivalAgeNanoseconds.map { $0.milliseconds }
        device = OrNull(delivery.device)
        latencyMs = delivery.latencyNanoseconds.milliseconds
        file = delivery.frame?.frame.fileName
        let rows = ResultRows(result, labels)
        (top, boxes, segments, keypoints) = (rows.top, rows.boxes, rows.segments, rows.keypoints)
        switch delivery.result {
        case .success: (error, dropped) = (nil, nil)
        case .failure(let failure as DroppedFrame):
            error = nil
            dropped = failure.reason == .overflow ? "overflow" : "late"
        case .failure(let failure):
            dropped = nil
            error = String(describing: failure)
        }
    }
}

/// A damaged frame's line: `{"frame","time","error"}`, with `"file"` where the input is a folder, `"stream"` where
/// there are several.
struct DamageLine: Encodable {
    let frame: Int
    let time: OrNull<Double>
    let file: String?
    let error: String
    let stream: String?

    init(_ damaged: DamagedFrame, stream: String? = nil) {
        (frame, file, error) = (damaged.number, damaged.fileName, damaged.error.description)
        time = OrNull(damaged.error.presentationNanoseconds.map { Double($0) / 1e9 })
        self.stream = stream
    }
}

/// A time since 1970 as "2026-01-31T23:59:59.123Z".
func timeOfDay(_ nanoseconds: Int) -> String {
    var (seconds, parts) = (time_t(nanoseconds / 1_000_000_000), tm())
    gmtime_r(&seconds, &parts)
    func digits(_ number: Int, _ count: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }
    let date = [Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday)].map { digits($0, 2) }
    let time = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { digits(Int($0), 2) }
    let milliseconds = digits(nanoseconds / 1_000_000 % 1000, 3)
    return "\(date.joined(separator: "-"))T\(time.joined(separator: ":")).\(milliseconds)Z"
}
