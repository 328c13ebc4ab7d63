// What networks make of numbers that files may hold: scales of 0, and weights below the normal range. Pure.
import NetworkGraph

extension WeightGrid {
    /// Where a file gives no other scale, biases of weights that are all zero are counted in steps of this.
    private static let fineScale: Float = 0x1p-10

    /// Scales of 0 make all weights of a channel zero, whatever its grid: it gets the least scale of the others, so
    /// that its bias is as exact as theirs.
    /// - Precondition: scales are 0 or more, and finite; else as for all grids.
    init(scalesOfFile scales: [Float], zeroPoints: [Int], isSigned: Bool) {
        let least = scales.filter { $0 > 0 }.min() ?? Self.fineScale
        self.init(scales: scales.map { $0 > 0 ? $0 : least }, zeroPoints: zeroPoints, isSigned: isSigned)
    }
}

extension Float {
    /// Zero for what lies below the normal range: processors are slow with such numbers, and no result depends on them.
    var flushed: Float { isSubnormal ? 0 : self }
}

extension [Float] {
    /// The same of each.
    var flushed: [Float] {
        var count = 0
        for value in self where value.isSubnormal { count += 1 }
        return count == 0 ? self : map(\.flushed)
    }
}

extension Tensor {
    var flushed: Tensor { Tensor(shape, values.flushed) }
}

extension Operation {
    /// With weights and constants below the normal range set to zero.
    var flushed: Operation {
        switch self {
        case .convolution(let layer):
            .convolution(
                Convolution(
                    weights: layer.weights.flushed, bias: layer.bias.flushed, window: layer.window,
                    groups: layer.groups, activation: layer.activation, weightGrid: layer.weightGrid))
        case .fullyConnected(let layer):
            .fullyConnected(
                FullyConnected(
                    weights: layer.weights.flushed, bias: layer.bias.flushed, activation: layer.activation,
                    weightGrid: layer.weightGrid))
        case .transposedConvolution(let layer):
            .transposedConvolution(
                TransposedConvolution(
                    weights: layer.weights.flushed, bias: layer.bias.flushed, window: layer.window,
                    extraRows: layer.extraRows, extraColumns: layer.extraColumns, groups: layer.groups))
        case .constant(let tensor): .constant(tensor.flushed)
        default: self
        }
    }
}
