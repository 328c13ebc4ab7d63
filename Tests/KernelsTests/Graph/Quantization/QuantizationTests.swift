// Grids of 8-bit numbers.
import Kernels
import Testing

@Suite struct QuantizationTests {
    private let grid = QuantizationGrid(scale: 0.5, zeroPoint: -100, isSigned: true)

    @Test func nearestNumbersAndEnds() {
        #expect(grid.range == (-14, 113.5))
        for (value, index): (Float, Int) in [
            (0, -100), (0.25, -100), (0.75, -98), (-0.25, -100), (0.26, -99), (113.5, 127), (1e9, 127), (-14.1, -128),
            (.infinity, 127), (-.infinity, -128), (.nan, -100),
        ] {
            #expect(grid.index(of: value) == index, "\(value)")
        }
        #expect(grid.rounded(3.3) == 3.5 && grid.rounded(-20) == -14)
    }

    @Test func everyNumberOfAGridIsItsOwnNearest() {
        for isSigned in [false, true] {
            let indices = QuantizationGrid.indices(isSigned: isSigned)
            for scale: Float in [1e-6, 0.0078125, 0.1, 3.7e4] {
                let grid = QuantizationGrid(scale: scale, zeroPoint: indices.lowerBound + 77, isSigned: isSigned)
                for index in indices { #expect(grid.index(of: grid.value(of: index)) == index) }
                #expect(grid.rounded(0) == 0)
            }
        }
    }

    @Test func weightsHaveAGridAChannelOrOneForAll() {
        let one = WeightGrid(scales: [0.5], zeroPoints: [128], isSigned: false)
        #expect(one[0] == one[7] && one[3] == QuantizationGrid(scale: 0.5, zeroPoint: 128, isSigned: false))
        let each = WeightGrid(scales: [0.5, 2], zeroPoints: [0, 0], isSigned: true)
        #expect(each[1] == QuantizationGrid(scale: 2, zeroPoint: 0, isSigned: true))
    }

    @Test("choices are remembered by whether weights are quantised, not by their scales")
    func structure() throws {
        func digest(_ grid: WeightGrid?) throws -> String {
            var network = Network(name: "one")
            let input = try network.append(.tensor([1, 4]))
            let layer = FullyConnected(weights: Tensor(zeros: [2, 4]), bias: [0, 0], weightGrid: grid)
            network.setOutputs(try network.append(.fullyConnected(layer), input))
            return network.structureDigest
        }
        let a = WeightGrid(scales: [0.5], zeroPoints: [0], isSigned: true)
        let b = WeightGrid(scales: [0.25], zeroPoints: [0], isSigned: true)
        #expect(try digest(a) == digest(b))
        #expect(try digest(a) != digest(nil))
    }
}
