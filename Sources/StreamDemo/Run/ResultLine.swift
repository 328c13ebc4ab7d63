// One frame's result as the contract's JSON line.

import CoExec
import Devices
import Foundation
import Kernels

/// `{"frame","time","device","latency_ms","top":[{"index","label","p"}]}`, or `"error"` or `"dropped"` in place of
/// `"top"`; `"wall"` is the time of day for live inputs, ISO 8601; `"tensors"` names the files with the outputs;
/// `"file"` names the picture where the input is a folder, `"stream"` the stream where there are several.
struct ResultLine: Encodable {
    struct Class: Encodable, Equatable {
        let index: Int
        let label: OrNull<String>
        /// The network's output for this class where that is a probability. Null for what is no finite number, which
        /// JSON has no way to write.
        var p: OrNull<Float>?
        /// The network's output for this class where that is anything else.
        var value: OrNull<Float>?
    }

    let frame: Int
    /// Seconds from the stream's first frame, by its own time stamps; nil where it has none.
    let time: OrNull<Double>
    /// When a live input's frame was taken, or arrived.
    let wall: String?
    /// nil for a frame that no device ran.
    let device: OrNull<String>
    let latencyMs: Double
    let file: String?
    let top: [Class]?
    /// Where the outputs are, in the folder that was asked for.
    let tensors: [String]?
    let error: String?
    /// Why it was not run: "overflow" or "late".
    let dropped: String?
    let stream: String?

    /// - Parameters:
    ///   - place: of the frame.
    ///   - network: whose results these are.
    ///   - topCount: how many classes; nil for none at all.
    ///   - tensors: the files that the outputs were written to.
    ///   - stream: which of several.
    init(
        _ delivery: Delivery<NumberedFrame, [Tensor]>, place: FramePlace, network: Network, labels: Labels?,
        topCount: Int? = 5, tensors: [String]? = nil, stream: String? = nil
    ) {
        (frame, self.tensors, self.stream) = (place.number, tensors, stream)
        time = OrNull(place.presentationNanoseconds.map { Double($0) / 1e9 })
        wall = place.wallNanoseconds.map(timeOfDay)
        device = OrNull(delivery.device)
        latencyMs = delivery.latencyNanoseconds.milliseconds
        file = delivery.frame?.frame.fileName
        switch delivery.result {
        case .success(let outputs):
            top = topCount.map {
                Self.top($0, of: outputs[0].values, areProbabilities: network.givesProbabilities, labels: labels)
            }
            (error, dropped) = (nil, nil)
        case .failure(let failure as DroppedFrame):
            (top, error) = (nil, nil)
            dropped = failure.reason == .overflow ? "overflow" : "late"
        case .failure(let failure):
            (top, dropped) = (nil, nil)
            error = String(describing: failure)
        }
    }

    /// The greatest values, greatest first; the lower index first where two are equal.
    static func top(_ count: Int, of values: [Float], areProbabilities: Bool, labels: Labels?) -> [Class] {
        var best: [Int] = []
        for index in values.indices {
            guard best.count < count || values[index] > values[best[count - 1]] else { continue }
            let place = best.firstIndex { values[index] > values[$0] } ?? best.count
            best.insert(index, at: place)
            if best.count > count { best.removeLast() }
        }
        return best.map {
            let value = OrNull(values[$0].isFinite ? values[$0] : nil)
            let label = OrNull(labels?[$0])
            return areProbabilities
                ? Class(index: $0, label: label, p: value) : Class(index: $0, label: label, value: value)
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

extension Network {
    /// Whether the first output is a softmax over all its values, rounded to a grid or not. The values themselves
    /// can't tell: of a thousand classes rounded to 8 bits, most are 0, and the sum is far from 1; and scores may
    /// look like probabilities in one frame, and not in the next.
    var givesProbabilities: Bool {
        var id = outputs[0]
        while true {
            switch nodes[id].operation {
            case .softmax(let axis): return nodes[id].shape[axis] == nodes[id].shape.count
            case .reshape, .unary(.quantize): id = nodes[id].inputs[0]
            default: return false
            }
        }
    }

    /// How many values the first output has.
    var classCount: Int { nodes[outputs[0]].shape.count }
}
