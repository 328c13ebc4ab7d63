// One frame's result as the contract's JSON line.

import CoExec
import Foundation
import Kernels

/// `{"frame","device","latency_ms","top":[{"index","label","p"}]}`, or `"error"` in place of `"top"`; `"file"` names
/// the picture where the input is a folder.
struct ResultLine: Encodable {
    struct Class: Encodable, Equatable {
        let index: Int
        let label: OrNull<String>
        /// The network's output for this class: a probability where the network ends in a softmax. Null for what is no
        /// finite number, which JSON has no way to write.
        let p: OrNull<Float>
    }

    let frame: Int
    /// nil for a frame that no device ran.
    let device: OrNull<String>
    let latencyMs: Double
    let file: String?
    let top: [Class]?
    let error: String?

    init(_ delivery: Delivery<VideoFrame, [Tensor]>, labels: Labels?) {
        frame = delivery.sequence
        device = OrNull(delivery.device)
        latencyMs = delivery.latencyNanoseconds.milliseconds
        file = delivery.frame?.fileName
        switch delivery.result {
        case .success(let outputs):
            top = Self.top(5, of: outputs[0].values, labels: labels)
            error = nil
        case .failure(let failure):
            top = nil
            error = String(describing: failure)
        }
    }

    /// The greatest values, greatest first; the lower index first where two are equal.
    static func top(_ count: Int, of values: [Float], labels: Labels?) -> [Class] {
        var best: [Int] = []
        for index in values.indices {
            guard best.count < count || values[index] > values[best[count - 1]] else { continue }
            let place = best.firstIndex { values[index] > values[$0] } ?? best.count
            best.insert(index, at: place)
            if best.count > count { best.removeLast() }
        }
        return best.map {
            Class(index: $0, label: OrNull(labels?[$0]), p: OrNull(values[$0].isFinite ? values[$0] : nil))
        }
    }
}

/// Class names, one a line.
struct Labels {
    private let names: [String]

    init(_ names: [String]) { self.names = names }

    init(contentsOfFile path: String) throws {
        do {
            names = try String(contentsOfFile: path, encoding: .utf8).components(separatedBy: .newlines)
        } catch {
            throw LabelsError(path: path)
        }
    }

    /// The name of a class; nil past the end of the file.
    subscript(index: Int) -> String? { names.indices.contains(index) && !names[index].isEmpty ? names[index] : nil }
}

/// A labels file that cannot be read as text.
struct LabelsError: Error, CustomStringConvertible {
    let path: String
    var description: String { "cannot read labels from '\(path)': no such file, or not UTF-8 text" }
}
