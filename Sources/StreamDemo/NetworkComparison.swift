// How near the results of two versions of a network are, frame by frame. Used on one thread.

import Foundation
import Kernels

/// Runs a network and another version of it, and compares what they say of each frame.
struct NetworkComparison {
    /// Of one frame: the outputs' values, before the softmax that they may end in.
    struct Frame {
        /// Whether the first output's greatest is the same.
        let agreesOnTop: Bool
        /// Of the angle between an output's values, seen as vectors: the least of all outputs.
        let cosine: Double
    }

    private let network: Network
    private let contexts: [any ExecutionContext]
    private var outputs: [[Tensor]]

    /// - Precondition: versions of one network, which takes frames.
    init(_ network: Network, _ other: Network, by engine: any Engine) throws {
        self.network = network
        let versions = [network, other].map { version in
            var version = version
            version.setOutputs(version.scores)
            return version
        }
        contexts = try versions.map { try engine.compile($0).makeContext() }
        outputs = versions.map { $0.makeOutputs() }
    }

    /// - Parameter afterRun: called with the number of frames done; what it throws ends the comparison.
    func agreement(on frames: [Image], afterRun: (_ count: Int) throws -> Void) throws -> [Frame] {
        var results: [Frame] = []
        var outputs = outputs
        for run in try network.runs(of: frames) {
            for index in contexts.indices { try contexts[index].run(run, into: &outputs[index]) }
            let batch = network.nodes[network.inputs[0]].shape[0]
            for place in 0..<batch where results.count < frames.count {
                let slices = outputs.map { $0.map { $0.slice(place, of: batch) } }
                results.append(Frame(slices[0], slices[1]))
            }
            try afterRun(results.count)
        }
        return results
    }
}

extension NetworkComparison.Frame {
    /// - Precondition: as many of both, one at least.
    init(_ a: [ArraySlice<Float>], _ b: [ArraySlice<Float>]) {
        cosine = zip(a, b).map { $0.cosine(to: $1) }.min()!
        agreesOnTop = Self.top(a[0]) == Self.top(b[0])
    }

    private static func top(_ values: ArraySlice<Float>) -> Int? {
        values.indices.max { values[$0] < values[$1] }.map { $0 - values.startIndex }
    }
}

extension Tensor {
    /// A frame's part of a batch; all of what can't be cut into such parts.
    fileprivate func slice(_ place: Int, of batch: Int) -> ArraySlice<Float> {
        guard shape.count.isMultiple(of: batch) else { return values[...] }
        let size = shape.count / batch
        return values[place * size..<(place + 1) * size]
    }
}

extension Network {
    /// The outputs, before softmax and what only reshapes its result.
    fileprivate var scores: [NodeID] {
        outputs.map { output in
            var id = output
            while case .reshape = nodes[id].operation { id = nodes[id].inputs[0] }
            switch nodes[id].operation {
            case .softmax, .logSoftmax: return nodes[id].inputs[0]
            default: return output
            }
        }
    }
}
