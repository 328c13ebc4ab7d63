// Conformance cases of operations that networks from other frameworks bring.
import Kernels

extension ConformanceCase {
    /// Each operation alone, and behind and before a convolution: there its operands lie as the engine likes them.
    static let operators: [ConformanceCase] = 
        elementwise + functions + movement + axes + normalizations + windows + transposed + readers + ranks
        + positions

    /// One operation between two convolutions, over 1×20×7×6 and 2×20×7×6.
    private static func between(_ name: String, _ operation: Operation, channels: Int = 20) -> [ConformanceCase] {
        [1, 2].map { batch in
            ConformanceCase("\(name) between convolutions, batch \(batch)", [batch, 3, 7, 6]) {
                network, random, ids throws(NetworkError) in
                let point = Window(height: 1, width: 1)
                let before = try network.append(random.convolution(3, 20, point), ids[0])
                let here = try network.append(operation, before)
                return [try network.append(random.convolution(channels, 5, point), here), here]
            }
        }
    }

    private static func pair(_ name: String, _ operation: Operation, _ a: Shape, _ b: Shape) -> ConformanceCase {
        ConformanceCase("\(name), \(a) and \(b)", a, b) { network, random, ids throws(NetworkError) in
            // Away from zero, for division.
            let offset = try network.append(.constant(Tensor([], [3])))
            let second = try network.append(.binary(.add), ids[1], offset)
            return [try network.append(operation, ids[0], second)]
        }
    }

    private static let elementwise: [ConformanceCase] = {
        let unary: [UnaryFunction] = [
            .leakyRelu(slope: 0.1), .sigmoid, .hardSigmoid(slope: 0.2, offset: 0.5), .hardSwish, .tanh,
            .gelu, .geluByTanh, .errorFunction, .exponential, .negation, .absolute,
        ]
        var cases = unary.flatMap { function in
            between("\(function)", .unary(function))
                + [ConformanceCase("\(function) of a vector", [2, 33], within: 5) { _ in .unary(function) }]
        }
        // These need arguments above zero.
        for function in [UnaryFunction.logarithm, .squareRoot, .reciprocal] {
            for shape in [[2, 5, 6, 7], [2, 33], [3, 1]] as [Shape] {
                cases.append(
                    ConformanceCase("\(function) of \(shape)", shape, within: 9) {
                        network, _, ids throws(NetworkError) in
                        let positive = try network.append(.unary(.absolute), ids[0])
                        let offset = try network.append(.constant(Tensor([], [0.125])))
                        let sum = try network.append(.binary(.add), positive, offset)
                        return [try network.append(.unary(function), sum)]
                    })
            }
        }
        cases.append(ConformanceCase("floor of a map", [2, 5, 6, 7], within: 20) { _ in .unary(.floor) })
        cases.append(ConformanceCase("floor of a vector", [2, 33], within: 20) { _ in .unary(.floor) })
        cases.append(
            ConformanceCase("squares", [2, 20, 5, 7]) { network, random, ids throws(NetworkError) in
                let point = Window(height: 1, width: 1)
                let map = try network.append(random.convolution(20, 20, point), ids[0])
                let square = try network.append(.binary(.multiply), map, map)
                return [square, try network.append(.binary(.multiply), ids[0], ids[0])]
            })
        // Bases above zero; exponents are 2 to 4 there.
        for (a, b) in [([2, 5, 4, 6], [2, 5, 4, 6]), ([2, 5, 4, 6], []), ([3, 4], [4])] as [(Shape, Shape)] {
            cases.append(
                ConformanceCase("power, \(a) and \(b)", a, b) { network, _, ids throws(NetworkError) in
                    let positive = try network.append(.unary(.exponential), ids[0])
                    let three = try network.append(.constant(Tensor([], [3])))
                    let exponent = try network.append(.binary(.add), ids[1], three)
                    return [try network.append(.binary(.power), positive, exponent)]
                })
        }
        // Behind a convolution, rounding errors of engines may take a value to the next step.
        for grid in [
            QuantizationGrid(scale: 0.04, zeroPoint: -3, isSigned: true),
            QuantizationGrid(scale: 0.5, zeroPoint: 200, isSigned: false),
        ] {
            let function = UnaryFunction.quantize(grid)
            cases.append(
                ConformanceCase("\(function) of a map", [2, 5, 6, 7], within: 20) { _ in .unary(function) })
            cases.append(ConformanceCase("\(function) of a vector", [2, 33], within: 20) { _ in .unary(function) })
        }
        // Convolutions give values of about 0.5.
        for step: Float in [0.01, 0.04] {
            let grid = QuantizationGrid(scale: step, zeroPoint: 100, isSigned: false)
            cases += between("\(step) steps", .unary(.quantize(grid))).map { $0.rounding(step: Double(2 * step)) }
        }
        // One reader of the values before they are rounded, two of those behind.
        cases.append(
            ConformanceCase("values that are read rounded and not", [1, 20, 5, 7]) {
                network, random, ids throws(NetworkError) in
                let point = Window(height: 1, width: 1)
                let map = try network.append(random.convolution(20, 20, point), ids[0])
                let grid = QuantizationGrid(scale: 0.02, zeroPoint: 0, isSigned: true)
                let rounded = try network.append(.unary(.quantize(grid)), map)
                let joined = try network.append(.concatenation(), rounded, map)
                return [joined, try network.append(.addition(.relu), rounded, map), rounded]
            }.rounding(step: 0.04))
        let functions: [BinaryFunction] = [.add, .subtract, .multiply, .divide, .parametricRelu]
        for function in functions {
            let shapes: [(Shape, Shape)] = [
                ([2, 5, 4, 6], [2, 5, 4, 6]), ([2, 20, 4, 6], [2, 20, 1, 1]), ([2, 5, 4, 6], [5, 1, 1]),
                ([2, 5, 4, 6], [6]), ([2, 5, 4, 6], []), ([3, 4], [4]), ([3, 4, 5], [4, 1]), ([7], [1]), ([], []),
            ]
            cases += shapes.map { pair("\(function)", .binary(function), $0, $1) }
            if function != .parametricRelu {
                cases += [
                    pair("\(function)", .binary(function), [2, 20, 1, 1], [2, 20, 4, 6]),
                    pair("\(function)", .binary(function), [4, 1], [1, 5]),
                ]
            }
        }
        // Squeeze and excitation: a map times one value a channel, both made by convolutions.
        cases.append(
            ConformanceCase("squeeze and excitation", [2, 3, 9, 8]) { network, random, ids throws(NetworkError) in
                let point = Window(height: 1, width: 1)
                let map = try network.append(random.convolution(3, 36, point), ids[0])
                let mean = try network.append(.globalAveragePooling, map)
                let gate = try network.append(.unary(.sigmoid), network.append(random.convolution(36, 36, point), mean))
                let gated = try network.append(.binary(.multiply), map, gate)
                return [try network.append(random.convolution(36, 4, point), gated), map]
            })
        cases.append(
            ConformanceCase("activation of a constant that is read twice", [1, 4]) {
                network, random, ids throws(NetworkError) in
                let constant = try network.append(.constant(random.tensor([1, 4])))
                let activated = try network.append(.activation(.relu), constant)
                let sum = try network.append(.addition(.identity), constant, ids[0])
                return [activated, sum, constant]
            })
        return cases
    }()

    private static let movement: [ConformanceCase] = {
        var cases =
            between("transpose", .transpose([0, 1, 3, 2])) + between("mirror", .gather(axis: 3, indices: [5, 4, 2]))
        cases += between("channel slice", .gather(axis: 1, indices: Array(4..<15)), channels: 11)
        cases += between(
            "pad", .pad(ConstantPadding(before: [0, 1, 0, 2], after: [0, 0, 3, 1], value: 0.5)), channels: 21)
        cases += between("softmax of rows", .softmax(axis: 3)) + between("log softmax", .logSoftmax(axis: 1))
        for (shape, permutation) in [
            ([6], [0]), ([3, 5], [1, 0]), ([2, 3, 4], [2, 0, 1]), ([2, 3, 4, 5], [0, 2, 3, 1]),
            ([2, 3, 2, 4, 5], [4, 2, 0, 1, 3]),
        ] {
            cases.append(ConformanceCase("transpose \(permutation)", Shape(shape)) { _ in .transpose(permutation) })
        }
        for axis in 0..<4 {
            cases.append(
                ConformanceCase("concatenation along axis \(axis)", [2, 20, 4, 6], [2, 20, 4, 6]) {
                    network, random, ids throws(NetworkError) in
                    let map = try network.append(random.convolution(20, 20, Window(height: 1, width: 1)), ids[0])
                    return [try network.append(.concatenation(axis: axis), map, ids[1], map)]
                })
        }
        // ShuffleNet's shuffle of channels.
        cases.append(
            ConformanceCase("channel shuffle", [2, 3, 5, 4]) { network, random, ids throws(NetworkError) in
                let point = Window(height: 1, width: 1)
                let map = try network.append(random.convolution(3, 24, point), ids[0])
                let groups = try network.append(.reshape([2, 3, 8, 5, 4]), map)
                let swapped = try network.append(.transpose([0, 2, 1, 3, 4]), groups)
                let shuffled = try network.append(.reshape([2, 24, 5, 4]), swapped)
                return [try network.append(random.convolution(24, 24, point, groups: 3), shuffled)]
            })
        cases.append(
            ConformanceCase("reshape to a vector and on", [2, 3, 1, 1]) { network, random, ids throws(NetworkError) in
                let map = try network.append(random.convolution(3, 7, Window(height: 1, width: 1)), ids[0])
                let vector = try network.append(.reshape([2, 7]), map)
                return [try network.append(.activation(.relu), vector), map]
            })
        return cases
    }()

    private static let axes: [ConformanceCase] = {
        var cases = between("reduction", .reduction(Reduction(.mean, axes: [1, 3])), channels: 1)
        cases += between("maximum", .reduction(Reduction(.maximum, axes: [2])))
        let taps = [[Resampling.Tap(index: 0, weight: 0.25), Resampling.Tap(index: 2, weight: 0.75)], [], []]
        cases += between("resampling", .resampling(Resampling(axis: 2, taps: taps)))
        cases += between("arg max", .argMax(axis: 1, selectsLast: false), channels: 1)
        for size in [1, 2, 3, 4, 5] {
            let layer = LocalResponseNormalization(size: size, alpha: 0.5, beta: 0.75, bias: 2)
            cases += between("normalization over \(size)", .localResponseNormalization(layer))
        }
        for (a, b) in [([3, 4], [4, 5]), ([2, 3, 4], [2, 4, 5]), ([2, 1, 3, 4], [5, 4, 6]), ([1, 4], [4, 1])] {
            cases.append(
                ConformanceCase("matrices \(a) and \(b)", Shape(a), Shape(b)) { network, _, ids throws(NetworkError) in
                    [try network.append(.matrixMultiplication, ids)]
                })
        }
        return cases
    }()

    private static let windows: [ConformanceCase] = [1, 2].flatMap { batch in
        let window = Window(
            rows: Window.Axis(kernel: 3, stride: 2, dilation: 1, near: 1, far: 0),
            columns: Window.Axis(kernel: 2, stride: 1, dilation: 3, near: 0, far: 1))
        return [
            ConformanceCase("convolution, rows and columns differ, batch \(batch)", [batch, 17, 9, 11]) {
                $0.convolution(17, 19, window, .relu)
            },
            ConformanceCase("depthwise, rows and columns differ, batch \(batch)", [batch, 19, 9, 11]) {
                $0.convolution(19, 19, window, groups: 19)
            },
            ConformanceCase("max pooling, rows and columns differ, batch \(batch)", [batch, 19, 9, 11]) { _ in
                .pooling(Pooling(.maximum, window: window))
            },
            ConformanceCase("average pooling, dilated, batch \(batch)", [batch, 19, 9, 11]) { _ in
                .pooling(Pooling(.average, window: Window(height: 2, width: 3, dilation: 2, padding: Padding(1))))
            },
            ConformanceCase("convolution, padding beyond the window, batch \(batch)", [batch, 17, 9, 11]) {
                $0.convolution(17, 19, Window(height: 3, width: 1, stride: 2, padding: Padding(4)))
            },
            ConformanceCase("depthwise, padding beyond the window, batch \(batch)", [batch, 32, 9, 11]) {
                $0.convolution(32, 32, Window(height: 3, width: 3, padding: Padding(4)), groups: 32)
            },
            ConformanceCase("max pooling, padding that no window reaches, batch \(batch)", [batch, 19, 9, 11]) { _ in
                let padding = Padding(top: 1, left: 0, bottom: 5, right: 6)
                return .pooling(Pooling(.maximum, window: Window(height: 3, width: 2, stride: 8, padding: padding)))
            },
            ConformanceCase("scaling of channels, batch \(batch)", [batch, 19, 9, 11]) {
                $0.convolution(19, 19, Window(height: 1, width: 1), groups: 19, .relu)
            },
        ]
    }

    /// One value in several layouts, and some of its readers in place.
    private static let readers: [ConformanceCase] = [1, 2].map { batch in
        ConformanceCase("a part of a concatenation that two more read, batch \(batch)", [batch, 8, 6, 6]) {
            network, random, ids throws(NetworkError) in
            let same = Window(height: 3, width: 3, padding: Padding(1))
            let a = try network.append(random.convolution(8, 16, Window(height: 1, width: 1)), ids[0])
            let b = try network.append(random.convolution(8, 16, same), ids[0])
            let joined = try network.append(.concatenation(), a, b)
            let c = try network.append(.unary(.tanh), b)
            let normalization = LocalResponseNormalization(size: 5, alpha: 1, beta: 0.75, bias: 1)
            let d = try network.append(.localResponseNormalization(normalization), b)
            return [joined, c, d]
        }
    }
}
