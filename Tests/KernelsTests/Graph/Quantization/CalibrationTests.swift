// Quantising networks after training: ranges, grids, where values are rounded, and what is left of the results.
import Kernels
import Testing

@Suite struct CalibrationTests {
    @Test func gridsCoverRangesAndHoldZero() {
        let positive = QuantizationGrid(covering: 0.5...4)
        #expect(positive.zeroPoint == 0 && abs(positive.range.high - 4) < 1e-5)
        let both = QuantizationGrid(covering: -1...3)
        #expect(both.rounded(0) == 0 && both.zeroPoint == 64)
        #expect(abs(both.range.low + 1) < 0.01 && abs(both.range.high - 3) < 0.01)
        #expect(QuantizationGrid(covering: 0...0).rounded(0) == 0)
        #expect(QuantizationGrid(covering: -2 ... -1).range.high == 0)
    }

    @Test func weightsGetAGridAChannel() {
        let grid = WeightGrid(symmetric: Tensor([3, 2], [1, -2, 0, 0, 0.5, 0.1]))
        #expect(grid.scales == [2 / 127, 1, 0.5 / 127] as [Float] && grid.zeroPoints == [0, 0, 0])
        #expect(grid.rounded(Tensor([3, 2], [1, -2, 0, 0, 0.5, 0.1])).values[1] == -2)
    }

    @Test func rangesAreOverAllRuns() throws {
        var network = Network(name: "ranges")
        let input = try network.append(.tensor([1, 3]))
        network.setOutputs(try network.append(.activation(.relu), input))
        let runs: [[NetworkInput]] = [
            [.tensor(Tensor([1, 3], [1, -2, 0]))], [.tensor(Tensor([1, 3], [0, 5, .nan]))],
        ]
        let calibration = try Calibration(network, on: runs, method: .extremes, by: ReferenceEngine())
        #expect(calibration.ranges[0] == -2...5 && calibration.ranges[1] == 0...5)
    }

    @Test func whatCannotBeginIsAnError() throws {
        var network = Network(name: "tensors")
        network.setOutputs(try network.append(.tensor([1, 3])))
        #expect(throws: CalibrationError.nothing(network: "tensors")) {
            try Calibration(network, on: [], by: ReferenceEngine())
        }
        #expect(throws: CalibrationError.percentile(0)) {
            try Calibration(
                network, on: [[.tensor(Tensor([1, 3], [1, 2, 3]))]], method: .percentile(0), by: ReferenceEngine())
        }
        let picture = try Image(width: 1, height: 1, pixels: [1, 2, 3])
        #expect(throws: CalibrationError.notFrames(network: "tensors")) { try network.runs(of: [picture]) }
        let pictures = try NetworkCatalog.make("mobilenet_v1_0.25")
        #expect(throws: CalibrationError.nothing(network: pictures.name)) {
            try pictures.quantized(calibratedOn: [], by: ReferenceEngine())
        }
    }

    /// A block with everything in it: convolutions, a residual, a concatenation, pools, a fully connected layer.
    private func block() throws -> (network: Network, runs: [[NetworkInput]]) {
        var random = SeededValues(seed: 11)
        let window = Window(height: 3, width: 3, padding: Padding(1))
        var network = Network(name: "block")
        let input = try network.append(.tensor([1, 3, 16, 16]), name: "input")
        let a = try network.append(random.convolution(3, 16, window, .relu), input, name: "a")
        let b = try network.append(random.convolution(16, 16, window), a, name: "b")
        let sum = try network.append(.addition(.relu), b, a, name: "sum")
        let c = try network.append(random.convolution(16, 8, window, .relu), sum, name: "c")
        let joined = try network.append(.concatenation(), sum, c, name: "joined")
        let pooled = try network.append(.pooling(Pooling(.maximum, window: window)), joined, name: "pooled")
        let mean = try network.append(.globalAveragePooling, pooled, name: "mean")
        let layer = try network.append(random.fullyConnected(24, 40), mean, name: "layer")
        network.setOutputs(try network.append(.softmax(), layer, name: "probabilities"))
        return (network, (0..<4).map { _ in [.tensor(random.tensor([1, 3, 16, 16]))] })
    }

    @Test func namesMayLookLikeThoseOfRoundings() throws {
        var random = SeededValues(seed: 5)
        var network = Network(name: "names")
        let input = try network.append(.tensor([1, 8]), name: "x")
        network.setOutputs(try network.append(random.fullyConnected(8, 4), input, name: "x/quantize"))
        let runs: [[NetworkInput]] = [[.tensor(random.tensor([1, 8]))]]
        let quantized = network.quantized(try Calibration(network, on: runs, by: ReferenceEngine()))
        #expect(quantized.nodes.map(\.name) == ["x", "x/quantize_", "x/quantize"])
    }

    @Test func roundsWhatLayersRead() throws {
        let (network, runs) = try block()
        let quantized = network.quantized(try Calibration(network, on: runs, by: ReferenceEngine()))
        let rounded = quantized.nodes.filter { $0.operation.name == "quantize" }.map(\.name)
        #expect(rounded == ["input", "a", "sum", "c", "mean"].map { "\($0)/quantize" })
        var grids: [String: QuantizationGrid] = [:]
        for node in quantized.nodes {
            if case .unary(.quantize(let grid)) = node.operation { grids[node.name] = grid }
            if case .convolution(let layer) = node.operation {
                #expect(layer.weightGrid?.scales.count == layer.bias.count)
            }
        }
        #expect(grids["sum/quantize"] == grids["c/quantize"])
        #expect(quantized.outputs.map { quantized.nodes[$0].name } == ["probabilities"])
    }

    @Test func resultsStayNear() throws {
        let (network, runs) = try block()
        let quantized = network.quantized(try Calibration(network, on: runs, by: ReferenceEngine()))
        for engine in [ReferenceEngine(), CPUEngine(threads: 1)] as [any Engine] {
            let (exact, rounded) = (
                try ReferenceEngine().compile(network).makeContext(), try engine.compile(quantized).makeContext()
            )
            for run in runs {
                var (expected, outputs) = (network.makeOutputs(), quantized.makeOutputs())
                try exact.run(run, into: &expected)
                try rounded.run(run, into: &outputs)
                let error = outputs[0].relativeError(to: expected[0])
                #expect(error > 0 && error < 0.03)
            }
        }
    }
}
