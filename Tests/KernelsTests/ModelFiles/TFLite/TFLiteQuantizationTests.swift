// TFLite's 8-bit numbers: grids, weights, biases, and where values are rounded.
import Foundation
import Kernels
import Testing

@Suite("TFLite quantisation")
struct TFLiteQuantizationTests {
    private typealias Grid = TFLiteEncoder.Grid

    private func grids(_ network: Network) -> [QuantizationGrid] {
        network.nodes.compactMap { if case .unary(.quantize(let grid)) = $0.operation { grid } else { nil } }
    }

    /// A layer with integers only, as the format's specification has it.
    @Test(arguments: [TFLiteEncoder.ElementType.uint8, .int8]) func layers(_ type: TFLiteEncoder.ElementType) throws {
        let isSigned = type == .int8
        let zero = isSigned ? 0 : 120
        let weightScales: [Double] = isSigned ? [0.25, 0.5] : [0.25, 0.25]
        let matrix = (0..<8).map { isSigned ? $0 * 37 % 200 - 100 : $0 * 37 % 256 }
        let (inputZero, outputZero) = isSigned ? (-5, 10) : (100, 30)
        var model = TFLiteEncoder()
        let x = model.tensor("x", [1, 4], type, Grid(0.5, inputZero))
        let w = model.quantized(
            "w", [2, 4], type, isSigned ? Grid(scales: [0.25, 0.5], axis: 0) : Grid(0.25, zero), matrix)
        let b = model.tensor("b", [2], .int32, bytes: [100, -300].flatMap { (number: Int32) in number.bytes })
        let y = model.tensor("y", [1, 2], type, Grid(2, outputZero))
        model.operation(9, [x, w, b], [y], (8, [.int8(1)]))
        (model.inputs, model.outputs) = ([x], [y])
        let network = try model.network()
        guard case .fullyConnected(let layer) = network.nodes[2].operation else {
            Issue.record("\(network.nodes.map(\.operation.name))")
            return
        }
        let grid = try #require(layer.weightGrid)
        #expect(grid.isSigned == isSigned && grid.scales == (isSigned ? [0.25, 0.5] : [0.25]))
        #expect(grids(network).map(\.zeroPoint) == [inputZero, outputZero])
        for seed in 0..<20 {
            let q = (0..<4).map { isSigned ? ($0 * 71 + seed * 53) % 256 - 128 : ($0 * 71 + seed * 53) % 256 }
            let result = try model.run(q.map { 0.5 * Float($0 - inputZero) })[0]
            for output in 0..<2 {
                let sum = (0..<4).reduce([100, -300][output]) {
                    $0 + (matrix[output * 4 + $1] - zero) * (q[$1] - inputZero)
                }
                let scaled = Double(sum) * 0.5 * weightScales[output] / 2
                let steps = max(Int(scaled.rounded(.toNearestOrEven)) + outputZero, outputZero)
                let clamped = min(max(steps, isSigned ? -128 : 0), isSigned ? 127 : 255)
                #expect(result.values[output] == 2 * Float(clamped - outputZero))
            }
        }
    }

    @Test("weights of scale 0 are zeros, and so are biases in steps of it")
    func zeroScales() throws {
        let biases: [(TFLiteEncoder.ElementType, [UInt8])] = [
            (.int32, [Int32(10), 40].flatMap(\.bytes)), (.float32, [Float(2.5), 4].flatMap(\.bitPattern.bytes)),
        ]
        for (type, bias) in biases {
            var model = TFLiteEncoder()
            let x = model.tensor("x", [1, 2], .int8, Grid(0.5, 0))
            let w = model.quantized("w", [2, 2], .int8, Grid(scales: [0.5, 0], axis: 0), [1, 2, 3, 4])
            let b = model.tensor("b", [2], type, bytes: bias)
            let y = model.tensor("y", [1, 2], .int8, Grid(0.5, 0))
            model.operation(9, [x, w, b], [y], (8, []))
            (model.inputs, model.outputs) = ([x], [y])
            #expect(try model.run([1, 2])[0].values == [5, type == .int32 ? 0 : 4])
        }
    }

    @Test("values are rounded once, and not where they lie on the grid already")
    func roundings() throws {
        var model = TFLiteEncoder()
        let grid = Grid(0.5, -3)
        func tensor(_ grid: Grid) -> Int { model.tensor("t\(model.tensorCount)", [], .int8, grid) }
        let x = model.tensor("x", [1, 4, 4, 2], .int8, grid)
        let (pooled, padded, flat, twice, other) = (
            tensor(grid), tensor(grid), tensor(grid), tensor(grid), tensor(Grid(0.25, 0))
        )
        let mean = tensor(grid)
        let pads = model.integers("pads", [0, 0, 1, 1, 0, 0, 0, 0], [4, 2])
        let shape = model.integers("shape", [1, -1])
        let axes = model.integers("axes", [1])
        model.operation(17, [x], [pooled], (5, [nil, .uint32(2), .uint32(2), .uint32(2), .uint32(2), .int8(1)]))
        model.operation(34, [pooled, pads], [padded])
        model.operation(22, [padded, shape], [flat])
        model.operation(2, [flat, flat], [twice], (10, [.uint32(1)]))
        model.operation(114, [twice], [other])
        model.operation(40, [twice, axes], [mean], (27, []))
        (model.inputs, model.outputs) = ([x], [other, mean])
        let network = try model.network()
        #expect(grids(network).map(\.scale) == [0.5, 0.25, 0.5])
    }

    @Test func dequantisedValuesAndHalvesAreFloats() throws {
        var model = TFLiteEncoder()
        let x = model.tensor("x", [1, 2])
        let halves = model.tensor(
            "halves", [1, 2], .float16, bytes: [Float16(1.5), -2].flatMap(\.bitPattern.bytes))
        let weights = model.tensor("weights", [1, 2])
        let (q, real, y) = (
            model.tensor("q", [1, 1], .uint8, Grid(0.5, 128)), model.tensor("real", [1, 1]), model.tensor("y", [1, 1])
        )
        model.operation(6, [halves], [weights])
        model.operation(9, [x, weights], [q], (8, []))
        model.operation(6, [q], [real])
        model.operation(20, [real], [y])
        (model.inputs, model.outputs) = ([x], [real, y])
        #expect(try model.run([1, 0.1]).map(\.values) == [[1.5], [1]])
    }

    @Test("bytes of pictures are an input's q, or q + 128")
    func pictures() throws {
        for (type, zeroPoint, mean) in [(.uint8, 128, 128), (.int8, -128, 0), (.int8, 3, 131)]
            as [(TFLiteEncoder.ElementType, Int, Float)]
        {
            var model = TFLiteEncoder()
            let x = model.tensor("x", [1, 1, 1, 3], type, Grid(0.25, zeroPoint))
            let y = model.tensor("y", [1, 1, 1, 3], type, Grid(0.25, zeroPoint))
            model.operation(19, [x], [y])
            (model.inputs, model.outputs) = ([x], [y])
            let network = try Network(tflite: model.bytes, image: .imageNet)
            guard case .image(let input) = network.nodes[0].operation else {
                Issue.record("no image")
                continue
            }
            #expect(input.mean == [mean, mean, mean] && input.scale == [0.25, 0.25, 0.25])
            var outputs = network.makeOutputs()
            try ReferenceEngine().compile(network).makeContext().run(
                [.images([try Image(width: 1, height: 1, pixels: [200, 131, 0])])], into: &outputs)
            #expect(outputs[0].values == [200, 131, 0].map { max(($0 - mean) * 0.25, 0) })
        }
    }
}
