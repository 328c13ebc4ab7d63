// Conformance cases of operations that take or give positions. Inputs are multiples of ¹⁄₆₄, so that half precision
// keeps them, and which element is the largest.
import Kernels

extension ConformanceCase {
    static let positions: [ConformanceCase] = (lookups + scatters + orders + maps + boxes).map { $0.inSixtyFourths() }

    /// Whole numbers from −16 to 16, of numbers from −1 to 1.
    private static func whole(_ network: inout Network, _ id: Network.NodeID) throws(NetworkError) -> Network.NodeID {
        let factor = try network.append(.constant(Tensor([], [16])))
        return try network.append(.unary(.round), network.append(.binary(.multiply), id, factor))
    }

    /// An operation on data and positions, whose results a convolution or a function takes as well.
    private static func of(_ name: String, _ operation: Operation, _ data: Shape, _ positions: Shape) -> ConformanceCase {
        ConformanceCase("\(name), \(data) at \(positions)", data, positions) { network, _, ids throws(NetworkError) in
            let data = try network.append(.unary(.absolute), ids[0])
            let picked = try network.append(operation, data, whole(&network, ids[1]))
            return [picked, try network.append(.unary(.tanh), picked)]
        }
    }

    private static let lookups: [ConformanceCase] = {
        var cases = [
            of("lookup", .lookup(axis: 0), [9, 5], [4]), of("lookup", .lookup(axis: 1), [2, 20, 4, 6], [3]),
            of("lookup", .lookup(axis: 3), [2, 20, 4, 6], [33]), of("lookup", .lookup(axis: 2), [2, 3, 4], [2, 5]),
            of("lookup", .lookup(axis: 0), [7], []),
            of("element lookup", .elementLookup(axis: 1), [2, 20, 4, 6], [2, 7, 3, 6]),
            of("element lookup", .elementLookup(axis: 0), [9], [17]),
            of("coordinate lookup", .coordinateLookup(commonAxes: 0), [4, 5, 6], [3, 2]),
            of("coordinate lookup", .coordinateLookup(commonAxes: 1), [2, 20, 4, 6], [2, 5, 3]),
        ]
        // MoveNet's end: where a map is largest, and what another one has there.
        cases.append(
            ConformanceCase("a map where another is largest", [1, 3, 50, 60], [1, 3000, 4]) {
                network, random, ids throws(NetworkError) in
                let map = try network.append(random.convolution(3, 2, Window(height: 1, width: 1)), ids[0])
                let rows = try network.append(.reshape([2, 3000]), map)
                let places = try network.append(.argMax(axis: 1, selectsLast: false), rows)
                let width = try network.append(.constant(Tensor([], [60])))
                let quotient = try network.append(.binary(.divide), places, width)
                let row = try network.append(.unary(.floor), quotient)
                let column = try network.append(.binary(.modulo), places, width)
                let start = try network.append(.binary(.multiply), row, width)
                let again = try network.append(.binary(.add), start, column)
                let place = try network.append(.reshape([2]), again)
                return [try network.append(.lookup(axis: 1), ids[1], place), place, row]
            })
        return cases
    }()

    private static let scatters: [ConformanceCase] = {
        let combinations: [ScatterCombination] = [.replace, .add, .multiply, .minimum, .maximum]
        func of(_ operation: Operation, _ data: Shape, _ positions: Shape, _ updates: Shape) -> ConformanceCase {
            ConformanceCase("\(operation.name), \(data) at \(positions)", data, positions, updates) {
                network, _, ids throws(NetworkError) in
                let scattered = try network.append(operation, ids[0], whole(&network, ids[1]), ids[2])
                return [scattered, try network.append(.activation(.relu), scattered)]
            }
        }
        return combinations.flatMap { combination in
            [
                of(.elementScatter(axis: 1, combination), [2, 20, 4, 6], [2, 3, 4, 6], [2, 3, 4, 6]),
                of(.coordinateScatter(combination), [9, 5], [3, 1], [3, 5]),
            ]
        }
    }()

    private static let orders: [ConformanceCase] = {
        var cases: [ConformanceCase] = []
        for takesLargest in [true, false] {
            for (shape, axis) in [([2, 20, 4, 6], 1), ([2, 20, 4, 6], 3), ([1, 3000], 1)] as [(Shape, Int)] {
                cases.append(
                    ConformanceCase("first of \(shape) along \(axis), largest \(takesLargest)", shape) {
                        network, _, ids throws(NetworkError) in
                        let a = try network.append(.unary(.absolute), ids[0])
                        func first(_ result: TopK.Result) -> Operation {
                            .topK(TopK(3, axis: axis, takesLargest: takesLargest, giving: result))
                        }
                        let positions = try network.append(first(.positions), a)
                        // Shapes change on the way out.
                        let flat = try network.append(.reshape([network.nodes[positions].shape.count]), positions)
                        return [try network.append(first(.values), a), positions, flat]
                    })
            }
            for isReversed in [true, false] {
                let sum = CumulativeSum(axis: 2, isExclusive: takesLargest, isReversed: isReversed)
                cases.append(ConformanceCase("sums so far \(sum)", [2, 20, 9, 3]) { _ in .cumulativeSum(sum) })
            }
        }
        return cases
    }()

    private static let maps: [ConformanceCase] = {
        let pooling = Pooling(.maximum, window: Window(height: 2, width: 2, stride: 2))
        var cases = [true, false].map { isColumnMajor in
            ConformanceCase("positions of maxima, by columns \(isColumnMajor)", [2, 20, 8, 10]) { _ in
                .poolingPositions(pooling, isColumnMajor: isColumnMajor)
            }
        }
        cases.append(
            ConformanceCase("maxima put back", [2, 20, 8, 10]) { network, random, ids throws(NetworkError) in
                let map = try network.append(.unary(.absolute), ids[0])
                let pooled = try network.append(.pooling(pooling), map)
                let places = try network.append(.poolingPositions(pooling, isColumnMajor: false), map)
                let back = try network.append(.unpooling([2, 20, 8, 10]), pooled, places)
                return [back, try network.append(random.convolution(20, 5, Window(height: 1, width: 1)), back)]
            })
        for takesMaximum in [true, false] {
            cases.append(
                ConformanceCase("regions, maximum \(takesMaximum)", [2, 5, 9, 8], [3, 4], [3]) {
                    network, _, ids throws(NetworkError) in
                    let sizes = try network.append(.constant(Tensor([4], [0, 0, 4, 5])))
                    let regions = try network.append(
                        .binary(.add), network.append(.unary(.absolute), ids[1]), sizes)
                    let images = try network.append(.unary(.round), network.append(.unary(.absolute), ids[2]))
                    let alignment = RegionAlignment(height: 3, width: 2, samples: 2, takesMaximum: takesMaximum)
                    return [try network.append(.regionAlignment(alignment), ids[0], regions, images)]
                })
        }
        let interpolations: [GridSampling.Interpolation] = [.nearest, .linear, .cubic]
        let borders: [GridSampling.Border] = [.zeros, .edge, .reflection]
        for interpolation in interpolations {
            for border in borders {
                let sampling = GridSampling(interpolation, border: border, alignsCorners: border == .edge)
                cases.append(
                    ConformanceCase("samples, \(interpolation), \(border)", [2, 5, 6, 7], [2, 3, 4, 2]) {
                        network, _, ids throws(NetworkError) in
                        let map = try network.append(.unary(.absolute), ids[0])
                        return [try network.append(.gridSampling(sampling), map, ids[1])]
                    })
            }
        }
        return cases
    }()

    private static let boxes: [ConformanceCase] = [
        ConformanceCase("boxes that don't cover each other", [1, 40, 4], [1, 3, 40]) {
            network, _, ids throws(NetworkError) in
            let boxes = try network.append(.unary(.absolute), ids[0])
            let selection = BoxSelection(limit: 5, overlap: 0.3, threshold: 0.1)
            return [try network.append(.boxSelection(selection), boxes, ids[1])]
        },
        ConformanceCase("detections", [1, 30, 4], [1, 30, 4], [30, 4]) { network, _, ids throws(NetworkError) in
            let anchors = try network.append(.unary(.absolute), ids[2])
            let scores = try network.append(.unary(.absolute), ids[1])
            let detection = AnchoredDetection(
                limit: 6, classesPerBox: 1, limitPerClass: 10, threshold: 0.25, overlap: 0.5, classes: 3,
                scales: [8, 8, 4, 4], isPerClass: false)
            return [try network.append(.anchoredDetection(detection), ids[0], scores, anchors)]
        },
    ]
}
