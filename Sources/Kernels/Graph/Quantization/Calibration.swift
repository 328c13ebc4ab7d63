// What values a network's nodes take, watched over a few inputs: from which grids are chosen. A value type.

/// The range of numbers that each node gave for some inputs.
public struct Calibration: Sendable {
    /// How a range is taken from the numbers of a node, over all runs.
    public enum Method: Hashable, Sendable {
        /// From the least to the greatest.
        case extremes
        /// What holds so many percent of them, half of the others lying below and half above: a few outliers would cost
        /// all others some of their resolution. Told from a histogram, to a 2048th of the range (`ValueHistogram`).
        case percentile(Double)

        /// What is taken where nobody asks for another.
        public static let standard = Method.percentile(99.99)
    }

    /// By node; nodes that no output needs have none.
    public private(set) var ranges: [Network.NodeID: ClosedRange<Float>] = [:]
    /// By node that a layer with weights reads: the mean of each channel.
    public private(set) var means: [Network.NodeID: [Float]] = [:]

    /// Runs a network and watches all of its values. None is kept: memory doesn't grow with the runs.
    /// - Parameters:
    ///   - inputs: of one run each, in `Network.inputs` order; a few dozen pictures of the kind that will come.
    ///   - engine: computes in FP32.
    ///   - afterRun: called with the number of runs done; what it throws ends the calibration.
    /// - Throws: `CalibrationError` without a run, and for a percentile that isn't above 0, 100 at most;
    ///   `NetworkInputError` for inputs that the network doesn't take, or the engine's own error.
    public init(
        _ network: Network, on inputs: [[NetworkInput]], method: Method = .standard, by engine: any Engine,
        afterRun: (_ count: Int) throws -> Void = { _ in }
    ) throws {
        guard !inputs.isEmpty else { throw CalibrationError.nothing(network: network.name) }
        if case .percentile(let percent) = method, !(percent > 0 && percent <= 100) {
            throw CalibrationError.percentile(percent)
        }
        let live = LayerFusion(network).live.sorted()
        let weighted = Set(network.nodes.filter(\.operation.hasWeights).map { $0.inputs[0] })
        var sums: [Network.NodeID: [Double]] = [:]
        var watched = network
        watched.setOutputs(live)
        let context = try engine.compile(watched).makeContext()
        var values = watched.makeOutputs()
        var histograms = [ValueHistogram](repeating: ValueHistogram(), count: live.count)
        for (index, run) in inputs.enumerated() {
            try context.run(run, into: &values)
            for (place, tensor) in zip(live.indices, values) {
                if weighted.contains(live[place]) { tensor.addChannels(to: &sums[live[place], default: []]) }
                // What is no number has no place on a grid, and none in a range.
                guard let range = tensor.finiteRange else { continue }
                switch method {
                case .extremes:
                    let known = ranges[live[place]] ?? range
                    ranges[live[place]] =
                        min(known.lowerBound, range.lowerBound)...max(known.upperBound, range.upperBound)
                case .percentile: histograms[place].add(tensor.values, within: range)
                }
            }
            try afterRun(index + 1)
        }
        for (id, channels) in sums {
            let count = Double(inputs.count * network.nodes[id].shape.count / channels.count)
            means[id] = channels.map { Float($0 / count) }
        }
        guard case .percentile(let percent) = method else { return }
        for (id, histogram) in zip(live, histograms) { ranges[id] = histogram.range(holding: percent) }
    }
}

/// What a calibration can't begin with.
public enum CalibrationError: Error, Equatable, CustomStringConvertible {
    /// No input to take ranges from.
    case nothing(network: String)
    /// The network takes something else than frames, or more than that.
    case notFrames(network: String)
    case percentile(Double)

    public var description: String {
        switch self {
        case .nothing(let network): "network '\(network)': there is nothing to calibrate it on"
        case .notFrames(let network): "network '\(network)' takes other inputs than frames: calibrate it on runs"
        case .percentile(let percent): "a percentile of \(percent), where it is above 0, and 100 at most"
        }
    }
}

extension Operation {
    fileprivate var hasWeights: Bool {
        switch self {
        case .convolution, .fullyConnected: true
        default: false
        }
    }
}

extension Tensor {
    /// Adds the sum of each channel to the sums so far, if there are any.
    fileprivate func addChannels(to sums: inout [Double]) {
        let channels = shape.rank > 1 ? shape[1] : 1
        let inner = shape.rank > 1 ? shape.count / shape[0] / channels : shape.count
        if sums.isEmpty { sums = [Double](repeating: 0, count: channels) }
        for row in 0..<shape.count / inner {
            var sum = 0.0
            for value in values[row * inner..<(row + 1) * inner] { sum += Double(value) }
            sums[row % channels] += sum
        }
    }

    /// From the least to the greatest number that is finite; nil where none is.
    fileprivate var finiteRange: ClosedRange<Float>? {
        var (low, high) = (Float.infinity, -Float.infinity)
        for value in values where value.isFinite {
            low = min(low, value)
            high = max(high, value)
        }
        return low <= high ? low...high : nil
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
    /// - Parameter leastScales: one a channel; none for 0.
    public init(symmetric weights: Tensor, leastScales: [Float]? = nil) {
        let row = weights.shape.count / weights.shape[0]
        let scales = (0..<weights.shape[0]).map { channel in
            let largest = weights.values[channel * row..<(channel + 1) * row].reduce(0) { max($0, abs($1)) }
            let scale = max(largest / 127, leastScales?[channel] ?? 0)
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
