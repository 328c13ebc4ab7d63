// Which layer of a network's 8-bit version loses what FP32 says, told from the values of all layers for one picture.

import Foundation
import Kernels

/// The layer behind which both versions' values are less alike than in front of it, by more than anywhere else.
struct LayerLoss: Encodable, Equatable {
    let layer: String
    let op: String
    /// Of the angle between both versions' values of it, seen as vectors.
    let cosine: Double
    /// The least of its inputs'.
    let inputCosine: Double

    /// - Precondition: `quantized` is the network's 8-bit version, and frames are all that it takes.
    /// - Returns: nil where no layer loses anything.
    static func greatest(
        of network: Network, _ quantized: Network, for frame: Image, by engine: any Engine
    ) throws -> LayerLoss? {
        let live = network.liveNodes.filter { !network.nodes[$0].isConstant }
        let places = quantized.places
        var (exact, rounded) = (network, quantized)
        exact.setOutputs(live)
        rounded.setOutputs(live.map { places[network.nodes[$0].name]! })
        let values = try [exact, rounded].map { version in
            var outputs = version.makeOutputs()
            try engine.compile(version).makeContext().run(network.runs(of: [frame])[0], into: &outputs)
            return outputs
        }
        var cosines: [Network.NodeID: Double] = [:]
        var greatest: LayerLoss?
        for (position, id) in live.enumerated() {
            let cosine = values[0][position].values[...].cosine(to: values[1][position].values[...])
            let before = network.nodes[id].inputs.compactMap { cosines[$0] }.min() ?? 1
            cosines[id] = cosine
            guard before - cosine > greatest.map({ $0.inputCosine - $0.cosine }) ?? 0 else { continue }
            let node = network.nodes[id]
            greatest = LayerLoss(layer: node.name, op: node.operation.name, cosine: cosine, inputCosine: before)
        }
        return greatest
    }
}

extension Network {
    /// Those that outputs need, in order.
    fileprivate var liveNodes: [NodeID] {
        var live = Set(outputs)
        for (id, node) in nodes.enumerated().reversed() where live.contains(id) { live.formUnion(node.inputs) }
        return live.sorted()
    }

    /// Where the values of another version's nodes are, by name: rounded, if this one rounds them.
    fileprivate var places: [String: NodeID] {
        var places: [String: NodeID] = [:]
        for (id, node) in nodes.enumerated() {
            if case .unary(.quantize) = node.operation {
                places[nodes[node.inputs[0]].name] = id
            } else {
                places[node.name] = id
            }
        }
        return places
    }
}

extension Network.Node {
    fileprivate var isConstant: Bool { if case .constant = operation { true } else { false } }
}

extension ArraySlice<Float> {
    /// Of the angle between two vectors; where one is all 0 or infinite there is none: 1 for equal ones, else 0.
    func cosine(to other: ArraySlice<Float>) -> Double {
        func product(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>) -> Double {
            zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        let norm = (product(self, self) * product(other, other)).squareRoot()
        let dot = product(self, other)
        return norm > 0 && norm.isFinite && dot.isFinite ? dot / norm : self == other ? 1 : 0
    }
}
