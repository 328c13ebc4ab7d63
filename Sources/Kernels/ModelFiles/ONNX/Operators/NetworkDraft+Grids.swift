// Which values of a draft lie on grids of 8-bit numbers already, so that rounding them again can be left out.
import NetworkGraph

extension NetworkDraft {
    /// The grid that a node's value lies on, known from its operation and its inputs' grids; nil for none.
    func grid(of id: Int, _ grids: [QuantizationGrid?]) -> QuantizationGrid? {
        let node = nodes[id]
        if case .unary(.quantize(let grid)) = node.operation { return grid }
        guard let first = node.inputs.first, let grid = grids[first] else { return nil }
        switch node.operation {
        case .reshape, .transpose, .gather: return grid
        case .pooling(let pooling): return pooling.kind == .maximum ? grid : nil
        case .reduction(let reduction): return reduction.kind == .maximum ? grid : nil
        case .pad(let padding): return grid.rounded(padding.value) == padding.value ? grid : nil
        case .concatenation: return node.inputs.allSatisfy { grids[$0] == grid } ? grid : nil
        case .activation(let activation):
            let ends = [activation.range.low, activation.range.high]
            return ends.allSatisfy { $0.isInfinite || grid.rounded($0) == $0 } ? grid : nil
        case .image, .tensor, .constant, .convolution, .globalAveragePooling, .fullyConnected, .addition, .softmax,
            .logSoftmax, .unary, .binary, .localResponseNormalization, .matrixMultiplication, .resampling, .argMax:
            return nil
        }
    }
}
