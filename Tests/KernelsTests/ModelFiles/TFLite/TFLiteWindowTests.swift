// Convolutions, pooling and layers of TFLite, against what the format defines them to be.
import Kernels
import Testing

@Suite("TFLite windows")
struct TFLiteWindowTests {
    /// One window over an N×H×W×C map, as TFLite's kernels walk it.
    private struct Walk {
        let height: Int
        let width: Int
        var kernelHeight = 3
        var kernelWidth = 3
        var strideHeight = 1
        var strideWidth = 1
        var dilationHeight = 1
        var dilationWidth = 1
        var isSame = true

        static func extent(_ extent: Int, _ kernel: Int, _ stride: Int, _ dilation: Int, _ isSame: Bool) -> (Int, Int) {
            let span = (kernel - 1) * dilation + 1
            let count = isSame ? (extent + stride - 1) / stride : (extent + stride - span) / stride
            // Where it is odd, the larger half lies behind.
            return (count, max((count - 1) * stride + span - extent, 0) / 2)
        }

        /// The elements (y, x, position in the kernel) under each place of the window.
        func places() -> [[(y: Int, x: Int, tap: Int)]] {
            let (rows, top) = Self.extent(height, kernelHeight, strideHeight, dilationHeight, isSame)
            let (columns, left) = Self.extent(width, kernelWidth, strideWidth, dilationWidth, isSame)
            return (0..<rows * columns).map { place in
                (0..<kernelHeight * kernelWidth).compactMap { tap in
                    let y = place / columns * strideHeight - top + tap / kernelWidth * dilationHeight
                    let x = place % columns * strideWidth - left + tap % kernelWidth * dilationWidth
                    return (0..<height).contains(y) && (0..<width).contains(x) ? (y, x, tap) : nil
                }
            }
        }
    }

    private static let walks: [Walk] = [
        Walk(height: 4, width: 5, strideHeight: 2, strideWidth: 2),
        Walk(height: 6, width: 6, strideHeight: 2, strideWidth: 3, isSame: false),
        Walk(height: 7, width: 5, kernelHeight: 2, kernelWidth: 3, dilationHeight: 2),
        Walk(height: 5, width: 4, kernelHeight: 1, kernelWidth: 1, isSame: false),
    ]

    private func numbers(_ walk: Walk, dilations: Bool, multiplier: Int? = nil, activation: Int) -> [FlatValue?] {
        var fields: [FlatValue?] = [.int8(walk.isSame ? 0 : 1), .uint32(walk.strideWidth), .uint32(walk.strideHeight)]
        if let multiplier { fields.append(.uint32(multiplier)) }
        fields.append(.int8(activation))
        if dilations { fields += [.uint32(walk.dilationWidth), .uint32(walk.dilationHeight)] }
        return fields
    }

    @Test(arguments: walks.indices) func convolutions(_ index: Int) throws {
        let walk = Self.walks[index]
        let taps = walk.kernelHeight * walk.kernelWidth
        let weights = ramp(3 * taps * 2, step: 0.25, from: -3).map { $0.truncatingRemainder(dividingBy: 1.75) }
        let bias: [Float] = [1, -2, 0.5]
        let input = ramp(walk.height * walk.width * 2, step: 0.5, from: -4)
        let model = TFLiteEncoder.between([1, walk.height, walk.width, 2]) { model, x, y in
            let w = model.floats("w", [3, walk.kernelHeight, walk.kernelWidth, 2], weights)
            let b = model.floats("b", [3], bias)
            model.operation(3, [x, w, b], [y], (1, numbers(walk, dilations: true, activation: 3)))
        }
        var expected: [Float] = []
        for place in walk.places() {
            for output in 0..<3 {
                var sum = bias[output]
                for (y, x, tap) in place {
                    for c in 0..<2 {
                        let weight = weights[(output * taps + tap) * 2 + c]
                        sum += weight * input[(y * walk.width + x) * 2 + c]
                    }
                }
                expected.append(min(max(sum, 0), 6))
            }
        }
        let result = try model.run(input)[0]
        #expect(result.values == expected)
        #expect(result.shape[3] == 3)
    }

    @Test(arguments: walks.indices) func depthwiseConvolutionsWithTwoOutputsAChannel(_ index: Int) throws {
        let walk = Self.walks[index]
        let weights = ramp(walk.kernelHeight * walk.kernelWidth * 4, step: 0.5, from: -7)
        let input = ramp(walk.height * walk.width * 2, step: 0.5, from: -4)
        let model = TFLiteEncoder.between([1, walk.height, walk.width, 2]) { model, x, y in
            let w = model.floats("w", [1, walk.kernelHeight, walk.kernelWidth, 4], weights)
            model.operation(
                4, [x, w, -1], [y], (2, numbers(walk, dilations: true, multiplier: 2, activation: 1)))
        }
        var expected: [Float] = []
        for place in walk.places() {
            for output in 0..<4 {
                var sum: Float = 0
                for (y, x, tap) in place {
                    sum += weights[tap * 4 + output] * input[(y * walk.width + x) * 2 + output / 2]
                }
                expected.append(max(sum, 0))
            }
        }
        #expect(try model.run(input)[0].values == expected)
    }

    @Test(arguments: walks.indices) func pooling(_ index: Int) throws {
        var walk = Self.walks[index]
        walk.dilationHeight = 1
        let input = ramp(walk.height * walk.width * 2, step: 0.5, from: -4).map { $0 * $0 - 7 * $0 }
        func elements(_ place: [(y: Int, x: Int, tap: Int)], _ c: Int) -> [Float] {
            place.map { input[($0.y * walk.width + $0.x) * 2 + c] }
        }
        for code in [1, 17] {
            let model = TFLiteEncoder.between([1, walk.height, walk.width, 2]) { model, x, y in
                model.operation(
                    code, [x], [y],
                    (
                        5,
                        [
                            .int8(walk.isSame ? 0 : 1), .uint32(walk.strideWidth), .uint32(walk.strideHeight),
                            .uint32(walk.kernelWidth), .uint32(walk.kernelHeight), .int8(0),
                        ]
                    ))
            }
            var expected: [Float] = []
            for place in walk.places() {
                for c in 0..<2 {
                    let values = elements(place, c)
                    expected.append(code == 17 ? values.max()! : values.reduce(0, +) / Float(values.count))
                }
            }
            let result = try model.run(input)[0]
            for (a, b) in zip(result.values, expected) {
                let tolerance = 1e-5 * max(abs(b), 1)
                #expect(abs(a - b) <= tolerance)
            }
            #expect(result.values.count == expected.count)
        }
    }

    @Test("a layer on a map takes the features as the file orders them")
    func fullyConnected() throws {
        let input = ramp(12, from: -3)
        let weights = ramp(24, step: 0.5).map { $0.truncatingRemainder(dividingBy: 3.5) - 1 }
        var expected: [Float] = []
        for output in 0..<2 {
            expected.append(
                zip(input, weights[output * 12..<output * 12 + 12]).reduce([1, 2][output]) { $0 + $1.0 * $1.1 })
        }
        for isMap in [false, true] {
            var model = TFLiteEncoder()
            let x = model.tensor("x", [1, 2, 3, 2])
            let relu = model.tensor("relu", [1, 2, 3, 2])
            let flat = model.tensor("flat", [1, 12])
            let y = model.tensor("y", [1, 2])
            let one = model.floats("one", [2, 1, 1, 2], [1, 0, 0, 1])
            let shape = model.integers("shape", [1, 12])
            let w = model.floats("w", [2, 12], weights)
            let b = model.floats("b", [2], [1, 2])
            // An identity that makes planes of it.
            model.operation(3, [x, one], [relu], (1, [.int8(1), .uint32(1), .uint32(1)]))
            if !isMap { model.operation(22, [relu, shape], [flat]) }
            model.operation(9, [isMap ? relu : flat, w, b], [y], (8, []))
            (model.inputs, model.outputs) = ([x], [y])
            #expect(try model.run(input)[0].values == expected)
            let transposes = try model.network().nodes.filter {
                if case .transpose = $0.operation { true } else { false }
            }
            #expect(transposes.count == 1, "only the input's")
        }
        let kept = TFLiteEncoder.between([2, 3, 12]) { model, x, y in
            let w = model.floats("w", [2, 12], weights)
            model.operation(9, [x, w], [y], (8, [nil, nil, .int8(1)]))
        }
        #expect(try kept.network().nodes.last!.shape == [2, 3, 2])
    }

    @Test func mean() throws {
        for (axes, keeps, extents, expected) in [
            ([1, 2], 1, [1, 1, 1, 2], [3, 4]), ([1, 2], 0, [1, 2], [3, 4]),
            ([-1], 0, [1, 2, 2], [0.5, 2.5, 4.5, 6.5]),
            ([2], 1, [1, 2, 1, 2], [1, 2, 5, 6]),
        ] as [([Int], Int, [Int], [Float])] {
            let model = TFLiteEncoder.between([1, 2, 2, 2]) { model, x, y in
                let a = model.integers("axes", axes)
                model.operation(40, [x, a], [y], (27, [.int8(keeps)]))
            }
            let result = try model.run(ramp(8))[0]
            #expect(result == Tensor(Shape(extents), expected))
        }
    }
}
