// From an output back through the network, as far as the layers with weights. Pure.

import NetworkGraph

struct OutputWalk {
    private let network: Network

    init(_ network: Network) { self.network = network }

    /// Past operations that only move values, or round them.
    private func origin(_ id: Int) -> Int {
        var id = id
        while true {
            switch network.nodes[id].operation {
            case .reshape, .transpose, .unary(.quantize), .activation(.identity): id = network.nodes[id].inputs[0]
            case .gather(_, let indices) where indices.count > 1: id = network.nodes[id].inputs[0]
            default: return id
            }
        }
    }

    func end(_ id: Int) -> OutputEnd {
        let node = network.nodes[origin(id)]
        switch node.operation {
        case .softmax(let axis): return .softmax(of: node.shape[axis])
        case .logSoftmax(let axis): return .logSoftmax(of: node.shape[axis])
        case .unary(.sigmoid), .unary(.hardSigmoid): return .sigmoid
        case .argMax: return .argMax
        case .topK: return .other
        case .resampling: return .resampling
        case .globalAveragePooling, .pooling, .matrixMultiplication: return .linear
        case .addition(.identity): return .linear
        case .binary(.add): return .linear
        case .reduction(let reduction) where reduction.kind == .mean: return .linear
        case .convolution(let layer) where layer.activation == .identity: return .linear
        case .fullyConnected(let layer) where layer.activation == .identity: return .linear
        case .transposedConvolution: return .linear
        default: return .other
        }
    }

    func tail(_ id: Int) -> OutputTail {
        var tail: OutputTail = []
        var (seen, waiting): (Set<Int>, [Int]) = ([id], [id])
        while let next = waiting.popLast() {
            let node = network.nodes[next]
            if node.operation.parameters != nil { continue }
            switch node.operation {
            case .image, .tensor, .constant, .matrixMultiplication: continue
            case .unary(.exponential): tail.insert(.exponential)
            case .unary(.sigmoid), .unary(.hardSigmoid): tail.insert(.sigmoid)
            case .unary(.sine), .unary(.cosine): tail.insert(.turning)
            case .softmax, .logSoftmax: tail.insert(.softmax)
            case .binary, .addition: tail.insert(.arithmetic)
            case .pooling: tail.insert(.pooling)
            default: break
            }
            for input in node.inputs where seen.insert(input).inserted { waiting.append(input) }
        }
        return tail
    }

    func joinsCorners(_ id: Int) -> Bool {
        let node = network.nodes[origin(id)]
        guard case .concatenation = node.operation else { return false }
        let parts = node.inputs.map { network.nodes[origin($0)].operation }
        let differences = parts.count { if case .binary(.subtract) = $0 { true } else { false } }
        let sums = parts.count { operation in
            switch operation {
            case .binary(.add), .addition: true
            default: false
            }
        }
        return differences > 0 && sums > 0 && differences + sums == parts.count
    }

    func joinsSigmoids(_ id: Int) -> Bool {
        let node = network.nodes[origin(id)]
        guard case .concatenation = node.operation else { return false }
        return node.inputs.allSatisfy { end($0) == .sigmoid }
    }

    func selected(_ id: Int) -> SelectedBoxes? {
        var (id, picked): (Int, [Int]?) = (id, nil)
        while true {
            let node = network.nodes[id]
            switch node.operation {
            case .reshape: break
            case .gather(let axis, let indices):
                if axis == 2, picked == nil { picked = indices }
                if axis == 1, indices.count == 1 { picked = [-1] }
            case .anchoredDetection:
                switch picked {
                case [0, 1, 2, 3]: return .corners
                case [4]: return .classes
                case [5]: return .scores
                case [-1]: return .count
                default: return nil
                }
            default: return nil
            }
            id = node.inputs[0]
        }
    }
}
