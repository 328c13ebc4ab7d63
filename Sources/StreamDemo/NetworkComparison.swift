// How near the results of two versions of a network are, frame by frame. Used on one thread.

import Foundation
import Kernels

/// Runs a network and another version of it, and compares what they say of each frame.
struct NetworkComparison {
    /// Of one frame: the first output's values, before the softmax that they may end in.
    struct Frame {
        /// Whether the greatest is the same.
        let agreesOnTop: Bool
        /// Of the angle between them, seen as vectors.
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
        for run in network.runs(of: frames) {
            for index in contexts.indices { try contexts[index].run(run, into: &outputs[index]) }
            let (count, batch) = (outputs[0][0].shape.count, network.nodes[network.inputs[0]].shape[0])
            let size = count.isMultiple(of: batch) ? count / batch : count
            for start in stride(from: 0, to: count, by: size) where results.count < frames.count {
                results.append(
                    Frame(outputs[0][0].values[start..<start + size], outputs[1][0].values[start..<start + size]))
            }
            try afterRun(results.count)
        }
        return results
    }
}

extension NetworkComparison.Frame {
    init(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>) {
        func product(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>) -> Double {
            zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        let (norm, dot) = ((product(a, a) * product(b, b)).squareRoot(), product(a, b))
        // Where all values are 0 in one of them, or some infinite, there is no angle.
        cosine = norm > 0 && norm.isFinite && dot.isFinite ? dot / norm : a == b ? 1 : 0
        agreesOnTop = Self.top(a) == Self.top(b)
    }

    private static func top(_ values: ArraySlice<Float>) -> Int? {
        values.indices.max { values[$0] < values[$1] }.map { $0 - values.startIndex }
    }
}

extension Network {
    /// The first output, before softmax and what only reshapes its result.
    fileprivate var scores: NodeID {
        var id = outputs[0]
        while case .reshape = nodes[id].operation { id = nodes[id].inputs[0] }
        switch nodes[id].operation {
        case .softmax, .logSoftmax: return nodes[id].inputs[0]
        default: return outputs[0]
        }
    }
}
