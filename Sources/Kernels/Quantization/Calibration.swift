// What values a network's nodes take, watched over a few inputs: from which grids are chosen. A value type.

/// The least and greatest numbers that each node gave for some inputs.
public struct Calibration: Sendable {
    /// By node; nodes that no output needs have none.
    public private(set) var ranges: [Network.NodeID: ClosedRange<Float>] = [:]

    /// Runs a network and watches all of its values.
    /// - Parameters:
    ///   - inputs: of one run each, in `Network.inputs` order; a few dozen pictures of the kind that will come.
    ///   - engine: computes in FP32.
    /// - Throws: `NetworkInputError` for inputs that the network doesn't take, or the engine's own error.
    /// - Precondition: at least one run.
    public init(_ network: Network, on inputs: [[NetworkInput]], by engine: any Engine) throws {
        precondition(!inputs.isEmpty, "calibration needs inputs")
        let live = LayerFusion(network).live.sorted()
        var watched = network
        watched.setOutputs(live)
        let context = try engine.compile(watched).makeContext()
        var values = watched.makeOutputs()
        for run in inputs {
            try context.run(run, into: &values)
            for (id, tensor) in zip(live, values) {
                // What is no number has no place on a grid, and none in a range.
                let numbers = tensor.values.lazy.filter(\.isFinite)
                guard let low = numbers.min(), let high = numbers.max() else { continue }
                let known = ranges[id] ?? low...high
                ranges[id] = min(low, known.lowerBound)...max(high, known.upperBound)
            }
        }
    }
}

extension QuantizationGrid {
    /// The unsigned grid from one number to another, stretched to hold zero.
    public init(covering range: ClosedRange<Float>) {
        let (low, high) = (min(range.lowerBound, 0), max(range.upperBound, 0))
        let scale = (high - low) / 255
        guard scale >= .leastNormalMagnitude, scale.isFinite else {
            self.init(scale: 1, zeroPoint: 0, isSigned: false)
            return
        }
        self.init(scale: scale, zeroPoint: Int((-low / scale).rounded()), isSigned: false)
    }
}

extension WeightGrid {
    /// A signed grid for each output channel, with zero in its middle.
    public init(symmetric weights: Tensor) {
        let row = weights.shape.count / weights.shape[0]
        let scales = (0..<weights.shape[0]).map { channel in
            let largest = weights.values[channel * row..<(channel + 1) * row].reduce(0) { max($0, abs($1)) }
            let scale = largest / 127
            return scale >= .leastNormalMagnitude && scale.isFinite ? scale : 1
        }
        self.init(scales: scales, zeroPoints: [Int](repeating: 0, count: scales.count), isSigned: true)
    }

    /// The nearest weights on the grid.
    public func rounded(_ weights: Tensor) -> Tensor {
        let row = weights.shape.count / weights.shape[0]
        var values = weights.values
        for channel in 0..<weights.shape[0] {
            let grid = self[channel]
            for index in channel * row..<(channel + 1) * row { values[index] = grid.rounded(values[index]) }
        }
        return Tensor(weights.shape, values)
    }
}
