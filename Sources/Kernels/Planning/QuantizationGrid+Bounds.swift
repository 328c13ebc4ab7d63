// What engines ask of grids: bounds of q, and weights as whole numbers. Pure.
import NetworkGraph

extension QuantizationGrid {
    /// The same numbers with q from −128 to 127, or from 0 to 255.
    package func on(signed: Bool) -> QuantizationGrid {
        isSigned == signed
            ? self
            : QuantizationGrid(scale: scale, zeroPoint: zeroPoint + (isSigned ? 128 : -128), isSigned: signed)
    }

    /// Where an activation leaves q.
    package func bounds(_ activation: Activation) -> ClosedRange<Int> {
        func index(_ bound: Float) -> Int {
            let q = (bound / scale + Float(zeroPoint)).rounded(.toNearestOrEven)
            return Int(min(max(q, Float(indices.lowerBound)), Float(indices.upperBound)))
        }
        let low = index(activation.range.low)
        return low...max(low, index(activation.range.high))
    }

    /// What clamps q as an activation clamps the numbers; the identity where q never gets beyond.
    package func clamp(_ activation: Activation) -> Activation {
        let bounds = bounds(activation)
        return bounds == indices ? .identity : .clip(low: Float(bounds.lowerBound), high: Float(bounds.upperBound))
    }
}

extension WeightGrid {
    /// Whole numbers that, times the channel's scale, are the weights.
    package func steps(_ weights: Tensor) -> [Float] {
        let row = weights.shape.count / weights.shape[0]
        var steps = weights.values
        for channel in 0..<weights.shape[0] {
            let scale = self[channel].scale
            for index in channel * row..<(channel + 1) * row { steps[index] = (steps[index] / scale).rounded() }
        }
        return steps
    }

    /// The least and the greatest of those numbers of one channel, or 0.
    package func stepRange(_ weights: ArraySlice<Float>, _ channel: Int) -> ClosedRange<Float> {
        var (low, high): (Float, Float) = (0, 0)
        for weight in weights {
            low = min(low, weight)
            high = max(high, weight)
        }
        let scale = self[channel].scale
        return (low / scale).rounded()...(high / scale).rounded()
    }
}
