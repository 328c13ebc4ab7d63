// Conformance cases of operations over tensors of every rank, and of what lies in unusual places: joined along any
// axis, repeated, mirrored, constant.
import Kernels

extension ConformanceCase {
    static let ranks: [ConformanceCase] =
        anyRank + joinedAlongAxes + slices + layersOverParts + reshapes + products + constants

    private static let point = Window(height: 1, width: 1)

    private static func one(_ name: String, _ shape: Shape, _ operation: Operation) -> ConformanceCase {
        ConformanceCase("\(name) of \(shape)", shape) { _ in operation }
    }

    private static let anyRank: [ConformanceCase] = {
        var cases: [ConformanceCase] = []
        for shape: Shape in [[37], [3, 37], [2, 19, 5], [2, 3, 2, 5, 18], [2, 3, 1, 2, 3, 4]] {
            cases += [one("relu", shape, .activation(.relu)), one("tanh", shape, .unary(.tanh))]
            for axis in 0..<shape.rank {
                cases += [
                    one("softmax along \(axis)", shape, .softmax(axis: axis)),
                    one("log softmax along \(axis)", shape, .logSoftmax(axis: axis)),
                    one("mean over \(axis)", shape, .reduction(Reduction(.mean, axes: [axis]))),
                    one("last maximum along \(axis)", shape, .argMax(axis: axis, selectsLast: true)),
                    one("first slice along \(axis)", shape, .gather(axis: axis, indices: [0])),
                ]
            }
            let axes = Array(0..<shape.rank)
            cases += [
                one("mean over all axes", shape, .reduction(Reduction(.mean, axes: axes))),
                one(
                    "maximum over all but the first axis", shape,
                    .reduction(Reduction(.maximum, axes: Array(axes.dropFirst())))),
                one("reversed axes", shape, .transpose(axes.reversed())),
                one(
                    "pad", shape,
                    .pad(ConstantPadding(before: axes.map { $0 % 2 }, after: axes.map { _ in 1 }, value: -2))),
            ]
        }
        cases += [
            one("relu", [], .activation(.relu)), one("sigmoid", [], .unary(.sigmoid)),
            one("tanh", [2, 1001], .unary(.tanh)), one("softmax of columns", [9, 1001], .softmax(axis: 0)),
            one("reshape to 1×1", [], .reshape([1, 1])), one("transpose", [], .transpose([])),
            one("no reduction", [2, 3, 4], .reduction(Reduction(.mean, axes: []))),
            one("mean over channels and rows", [2, 40, 6, 5], .reduction(Reduction(.mean, axes: [1, 2]))),
            one("maximum over channels", [2, 40, 6, 5], .reduction(Reduction(.maximum, axes: [1]))),
            one("mean over all", [2, 40, 6, 5], .reduction(Reduction(.mean, axes: [0, 1, 2, 3]))),
            one("position of the largest row", [2, 40, 6, 5], .argMax(axis: 2, selectsLast: false)),
            // More channels on either side than there are, an even number, and another power than 0.75.
            one(
                "normalization over 12", [2, 5, 3, 4],
                .localResponseNormalization(LocalResponseNormalization(size: 12, alpha: 1, beta: 0.75, bias: 1))),
            one(
                "normalization over 4", [1, 70, 3, 4],
                .localResponseNormalization(LocalResponseNormalization(size: 4, alpha: 2, beta: 0.6, bias: 1.5))),
        ]
        // Of equals the first, or the last.
        for selectsLast in [false, true] {
            cases.append(
                ConformanceCase("equals, last \(selectsLast)", [2, 20, 3, 3]) { network, _, ids throws(NetworkError) in
                    let clipped = try network.append(.activation(.clip(low: -0.1, high: 0.1)), ids[0])
                    return try [0, 1, 2, 3].map { axis throws(NetworkError) in
                        try network.append(.argMax(axis: axis, selectsLast: selectsLast), clipped)
                    }
                })
        }
        return cases
    }()

    private static let joinedAlongAxes: [ConformanceCase] = {
        var cases: [ConformanceCase] = []
        for axis in 0..<4 {
            cases += [
                ConformanceCase("joined along \(axis) by their producers", [2, 5, 6, 7]) {
                    network, random, ids throws(NetworkError) in
                    let a = try network.append(random.convolution(5, 18, point), ids[0])
                    let window = Window(height: 3, width: 3, padding: Padding(1))
                    let b = try network.append(random.convolution(5, 18, window), ids[0])
                    let c = try network.append(.pooling(Pooling(.maximum, window: window)), a)
                    let d = try network.append(random.convolution(18, 18, window, groups: 18), a)
                    let joined = try network.append(.concatenation(axis: axis), a, b, c, d)
                    let twice = try network.append(.concatenation(axis: 3 - axis), joined, joined)
                    let last = try network.append(.activation(.relu), twice)
                    return [joined, c, last, try network.append(.concatenation(axis: axis), b, a)]
                },
                ConformanceCase("joins within a join along \(axis)", [2, 3, 4, 5]) {
                    network, _, ids throws(NetworkError) in
                    let a = try network.append(.unary(.tanh), ids[0])
                    let b = try network.append(.unary(.sigmoid), ids[0])
                    let inner = try network.append(.concatenation(axis: axis), a, b)
                    let pair = try network.append(.concatenation(axis: (axis + 1) % 4), inner, inner)
                    let c = try network.append(.activation(.relu), pair)
                    return [try network.append(.concatenation(axis: axis), c, pair)]
                },
            ]
        }
        for (shape, axis): (Shape, Int) in [
            ([5], 0), ([3, 5], 0), ([3, 5], 1), ([2, 3, 4], 2), ([2, 3, 4, 5, 2], 0), ([2, 3, 4, 5, 2], 2),
            ([2, 3, 4, 5, 2], 3), ([2, 3, 4, 5, 2], 4), ([2, 1, 3, 2, 2, 2], 5),
        ] {
            cases.append(
                ConformanceCase("\(shape) joined along \(axis)", shape) { network, random, ids throws(NetworkError) in
                    let a = try network.append(.unary(.tanh), ids[0])
                    let constant = try network.append(.constant(random.tensor(shape)))
                    return [try network.append(.concatenation(axis: axis), a, ids[0], constant, a)]
                })
        }
        return cases
    }()

    private static let slices: [ConformanceCase] = [
        ("twice each", [0, 0, 1, 1, 2, 2, 3, 3]), ("backwards", [3, 2, 1, 0]), ("every other", [0, 2]),
        ("one, five times", [2, 2, 2, 2, 2]), ("backwards, twice each", [3, 3, 1, 1]),
        ("in no order", [0, 3, 1, 1, 2]),
        ("twice each but the last", [0, 0, 1, 1, 2]),
    ].flatMap { name, indices in
        (0..<4).map { axis in
            ConformanceCase("slices of axis \(axis) \(name)", axis == 1 ? [4, 4, 5, 4] : [4, 19, 5, 4]) {
                network, random, ids throws(NetworkError) in
                let channels = network.nodes[ids[0]].shape[1]
                let before = try network.append(random.convolution(channels, channels, point), ids[0])
                let here = try network.append(.gather(axis: axis, indices: indices), before)
                return [try network.append(.activation(.relu), here), try network.append(.softmax(axis: axis), here)]
            }
        }
    }

    /// Layers whose input is a part of a wider map, or has a border, and whose result is a part of another.
    private static let layersOverParts: [ConformanceCase] = {
        let same = Window(height: 3, width: 3, padding: Padding(1))
        let slices: [(axis: Int, indices: Range<Int>)] = [(0, 1..<3), (1, 5..<37), (2, 2..<9), (3, 1..<8)]
        var cases = slices.map { axis, indices in
            ConformanceCase("layers over a slice of axis \(axis)", [3, 40, 9, 9]) {
                network, random, ids throws(NetworkError) in
                let map = try network.append(random.convolution(40, 40, point), ids[0])
                let part = try network.append(.gather(axis: axis, indices: Array(indices)), map)
                let shape = network.nodes[part].shape
                let channels = shape[1]
                let dense = try network.append(random.convolution(channels, channels, same), part)
                let depthwise = try network.append(random.convolution(channels, channels, same, groups: channels), part)
                let normalization = LocalResponseNormalization(size: 5, alpha: 1, beta: 0.75, bias: 1)
                return [
                    try network.append(.addition(.relu), dense, part),
                    try network.append(.concatenation(axis: axis), part, depthwise),
                    try network.append(.pooling(Pooling(.maximum, window: same)), part),
                    try network.append(.localResponseNormalization(normalization), part),
                    try network.append(random.fullyConnected(shape.count / shape[0], 6), part),
                    try network.append(.globalAveragePooling, part), part,
                ]
            }
        }
        cases.append(
            ConformanceCase("slices of an input with a border", [2, 3, 12, 11]) {
                network, random, ids throws(NetworkError) in
                let window = Window(height: 5, width: 5, stride: 2, padding: Padding(2))
                let stem = try network.append(random.convolution(3, 16, window), ids[0])
                let rows = try network.append(.gather(axis: 2, indices: Array(3..<12)), ids[0])
                let squeezed = try network.append(.reshape([2, 3, 9 * 11]), rows)
                let joined = try network.append(.concatenation(axis: 2), rows, ids[0])
                return [
                    stem, try network.append(random.convolution(3, 16, window), rows), squeezed, joined,
                    try network.append(.transpose([3, 1, 0, 2]), ids[0]),
                ]
            })
        for axis in 0..<4 {
            cases.append(
                ConformanceCase("sums and vectors joined along \(axis)", [2, 32, 7, 7]) {
                    network, random, ids throws(NetworkError) in
                    let a = try network.append(random.convolution(32, 32, same), ids[0])
                    let b = try network.append(random.convolution(32, 32, same), a)
                    let sum = try network.append(.addition(.relu), b, a)
                    let joined = try network.append(.concatenation(axis: axis), sum, a)
                    let pooled = try network.append(.globalAveragePooling, ids[0])
                    let vectors = try network.append(.concatenation(axis: axis), pooled, pooled)
                    let shape = network.nodes[joined].shape
                    let features = random.fullyConnected(shape.count / shape[0], 4)
                    return [joined, try network.append(features, joined), vectors]
                })
        }
        return cases
    }()

    private static let reshapes: [ConformanceCase] = {
        let shapes: [(Shape, [Int])] = [
            ([2, 20, 4, 3], [2, 240]), ([2, 20, 4, 3], [480]), ([2, 20, 4, 3], [2, 20, 12]),
            ([2, 20, 4, 3], [40, 1, 12]),
            ([2, 20, 4, 3], [2, 4, 5, 4, 3]), ([2, 20, 4, 3], [6, 8, 10]), ([2, 20, 4, 3], [2, 3, 4, 20]),
            ([2, 20, 4, 3], [1, 2, 20, 4, 3, 1]), ([2, 7, 1, 1], [2, 7]), ([2, 1, 4, 3], [2, 12]), ([1, 1, 1, 1], []),
            ([4, 6, 1, 1], [8, 3]),
        ]
        return shapes.map { from, to in
            ConformanceCase("\(from) as \(Shape(to))", from) { network, random, ids throws(NetworkError) in
                let before = try network.append(random.convolution(from[1], from[1], point), ids[0])
                let here = try network.append(.reshape(Shape(to)), before)
                let doubled = try network.append(.binary(.add), here, here)
                return [doubled, try network.append(.reshape(from), doubled), before]
            }
        }
    }()

    /// Matrices whose axes lie in every order, and as attention has them.
    private static let products: [ConformanceCase] = [
        ([1, 1], [1, 1]), ([1, 40], [40, 1]), ([1, 9], [9, 37]), ([37, 9], [9, 1]), ([6, 5], [3, 5, 4]),
        ([2, 1, 6], [2, 6, 9]),
        ([2, 19, 6], [2, 6, 1]), ([3, 4, 7, 5], [3, 4, 5, 6]), ([3, 1, 7, 5], [3, 4, 5, 6]), ([2, 20, 3, 5], [5, 18]),
        ([2, 1, 3, 4, 5], [3, 1, 5, 2]), ([2, 2, 1, 3, 4, 5], [2, 1, 3, 3, 5, 2]),
    ].flatMap { (pair: ([Int], [Int])) in
        let (a, b) = (Shape(pair.0), Shape(pair.1))
        return [
            ConformanceCase("product of \(a) and \(b)", a, b) { network, _, ids throws(NetworkError) in
                [try network.append(.matrixMultiplication, ids)]
            },
            ConformanceCase("product of \(a) and constant \(b)", a) { network, random, ids throws(NetworkError) in
                let matrix = try network.append(.constant(random.tensor(b)))
                let product = try network.append(.matrixMultiplication, ids[0], matrix)
                return [try network.append(.unary(.tanh), product), matrix]
            },
        ]
    }

    private static let constants: [ConformanceCase] = [
        ConformanceCase("constants in every place", [2, 6, 3, 4]) { network, random, ids throws(NetworkError) in
            let constant = try network.append(.constant(random.tensor([2, 6, 3, 4])))
            let before = try network.append(random.convolution(6, 6, point), constant)
            let sum = try network.append(.addition(.relu), before, ids[0])
            let other = try network.append(random.convolution(6, 6, point), ids[0])
            let withConstant = try network.append(.addition(.identity), other, constant)
            let pooled = try network.append(.globalAveragePooling, constant)
            let scaled = try network.append(.binary(.multiply), withConstant, pooled)
            let vector = try network.append(random.fullyConnected(72, 5), constant)
            let joined = try network.append(.concatenation(axis: 2), constant, sum, constant)
            return [constant, sum, scaled, vector, joined, ids[0]]
        },
        ConformanceCase("one value on both sides", [2, 5, 3, 4]) { network, random, ids throws(NetworkError) in
            let a = try network.append(random.convolution(5, 5, point), ids[0])
            let squares = try network.append(.binary(.multiply), a, a)
            let ratio = try network.append(.binary(.divide), squares, squares)
            return [squares, ratio, try network.append(.addition(.identity), ids[0], ids[0])]
        },
        ConformanceCase("resampling of rows, columns, channels and images", [3, 20, 4, 5]) {
            network, _, ids throws(NetworkError) in
            let taps = (0..<7).map { position in
                [
                    Resampling.Tap(index: position / 3, weight: 0.3),
                    Resampling.Tap(index: 2 - position / 3, weight: 0.7),
                ]
            }
            return try [0, 1, 2, 3].map { axis throws(NetworkError) in
                try network.append(.resampling(Resampling(axis: axis, taps: taps)), ids[0])
            }
        },
        ConformanceCase("resampling of a vector", [6]) { _ in
            let taps = (0..<5).map {
                [Resampling.Tap(index: $0, weight: 0.5), Resampling.Tap(index: $0 + 1, weight: 0.5)]
            }
            return .resampling(Resampling(axis: 0, taps: taps))
        },
    ]
}
