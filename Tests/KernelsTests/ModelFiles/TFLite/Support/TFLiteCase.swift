// Models of one TFLite operator each, for comparison with LiteRT and as seeds of Scripts/fuzz.

struct TFLiteCase: Sendable {
    let name: String
    var extents = [1, 2, 3, 2]
    /// 0, ±1, … in steps if left out.
    var values: [Float]?
    var outputs: [TFLiteEncoder.ElementType] = [.float32]
    let build: @Sendable (_ model: inout TFLiteEncoder, _ x: Int, _ y: [Int]) -> Void

    var input: [Float] {
        if let values { return values }
        return (0..<extents.reduce(1, *)).map { Float($0 * 7 % 12) * 0.5 - 2.25 }
    }

    /// - Parameter isPlanar: whether a convolution that changes nothing makes planes of the input first.
    func model(isPlanar: Bool) -> TFLiteEncoder {
        var model = TFLiteEncoder()
        let x = model.tensor("x", extents)
        let y = outputs.enumerated().map { model.tensor("y\($0.offset)", [], $0.element) }
        build(&model, isPlanar ? model.planes(x, extents) : x, y)
        (model.inputs, model.outputs) = ([x], y)
        return model
    }

    static let all = elements + pairs + reductions + movements + positions + blocks + layers + constants + detectors
}

extension TFLiteEncoder {
    /// Makes planes of a map, so that what follows has to mind the order.
    mutating func planes(_ x: Int, _ extents: [Int]) -> Int {
        let map = tensor("planes", extents)
        let channels = extents[3]
        let identity = (0..<channels * channels).map { Float($0 / channels == $0 % channels ? 1 : 0) }
        let w = floats("identity", [channels, 1, 1, channels], identity)
        operation(3, [x, w], [map], (1, [.int8(1), .uint32(1), .uint32(1)]))
        return map
    }
}

extension TFLiteCase {
    private static func unary(_ name: String, _ code: Int, _ values: [Float]? = nil) -> TFLiteCase {
        TFLiteCase(name: name, values: values) { $0.operation(code, [$1], $2) }
    }

    private static let positive: [Float] = (1...12).map { Float($0) * 0.75 }
    private static let halves: [Float] = [-2.5, -1.5, -0.5, -0.25, 0, 0.5, 1.5, 2.5, 2.75, 3.5, 100.5, -7.75]

    static let elements: [TFLiteCase] = [
        unary("exp", 47), unary("log", 73, positive), unary("sqrt", 75, positive), unary("rsqrt", 76, positive),
        unary("neg", 59), unary("abs", 101), unary("floor", 8, halves), unary("ceil", 104, halves),
        unary("round", 116, halves), unary("sin", 66), unary("cos", 108), unary("sign", 158, halves),
        unary("square", 92), unary("elu", 111), unary("relu_0_to_1", 152),
        TFLiteCase(name: "gelu") { $0.operation(150, [$1], $2, (116, [.int8(0)])) },
        TFLiteCase(name: "gelu_tanh") { $0.operation(150, [$1], $2, (116, [.int8(1)])) },
        TFLiteCase(name: "prelu") { model, x, y in
            let alpha = model.floats("alpha", [1, 1, 2], [0.25, -0.5])
            model.operation(54, [x, alpha], y)
        },
        TFLiteCase(name: "cast", values: halves, outputs: [.int32]) { model, x, y in
            model.operation(53, [x], y, (37, [.int8(0), .int8(2)]))
        },
    ]

    private static func pair(
        _ name: String, _ code: Int, _ other: [Float], _ extents: [Int] = [1, 1, 2], values: [Float]? = nil
    ) -> TFLiteCase {
        TFLiteCase(name: name, values: values) { model, x, y in
            let c = model.floats("c", extents, other)
            model.operation(code, [x, c], y)
        }
    }

    /// The result of a comparison as numbers; bits of truth aren't easily compared.
    private static func comparison(_ name: String, _ code: Int) -> TFLiteCase {
        TFLiteCase(name: name) { model, x, y in
            let c = model.floats("c", [2], [0.75, -0.25])
            let truth = model.tensor("truth", [], .bool)
            model.operation(code, [x, c], [truth])
            model.operation(53, [truth], y, (37, [.int8(6), .int8(0)]))
        }
    }

    private static func logic(_ name: String, _ code: Int) -> TFLiteCase {
        TFLiteCase(name: name) { model, x, y in
            let c = model.floats("c", [], [0.75])
            let d = model.floats("d", [], [-0.75])
            let truths = (0..<3).map { model.tensor("truth\($0)", [], .bool) }
            model.operation(58, [x, c], [truths[0]])
            model.operation(58, [x, d], [truths[1]])
            model.operation(code, Array(truths.prefix(code == 87 ? 1 : 2)), [truths[2]])
            model.operation(53, [truths[2]], y, (37, [.int8(6), .int8(0)]))
        }
    }

    /// On numbers made whole before.
    private static func whole(_ name: String, _ code: Int, _ divisor: [Int]) -> TFLiteCase {
        TFLiteCase(name: name, values: [-9, -8, -7, -6, -1, 0, 1, 5, 6, 7, 8, 49]) { model, x, y in
            let numbers = (0..<2).map { model.tensor("whole\($0)", [], .int32) }
            let c = model.integers("c", divisor)
            model.operation(53, [x], [numbers[0]], (37, [.int8(0), .int8(2)]))
            model.operation(code, [numbers[0], c], [numbers[1]])
            model.operation(53, [numbers[1]], y, (37, [.int8(2), .int8(0)]))
        }
    }

    static let pairs: [TFLiteCase] = [
        pair("maximum", 55, [0.5, -1]), pair("minimum", 57, [0.5, -1]),
        pair("pow", 78, [2, 0.5], values: positive), pair("floor_div", 90, [0.7, -0.4]),
        pair("floor_mod", 95, [0.7, -0.4]), pair("squared_difference", 99, [1, -2]),
        comparison("equal", 71), comparison("not_equal", 72), comparison("less", 58), comparison("less_equal", 63),
        comparison("greater", 61), comparison("greater_equal", 62),
        logic("logical_and", 86), logic("logical_or", 84), logic("logical_not", 87),
        whole("whole_div", 42, [7, -7]), whole("whole_floor_div", 90, [7, -7]), whole("whole_floor_mod", 95, [7, -7]),
        TFLiteCase(name: "add_n") { model, x, y in
            let c = model.floats("c", [1, 2, 3, 2], ramp(12))
            model.operation(106, [x, c, x], y)
        },
        TFLiteCase(name: "select_v2") { model, x, y in
            let zero = model.floats("zero", [], [0])
            let other = model.floats("other", [2], [10, 20])
            let truth = model.tensor("truth", [], .bool)
            model.operation(58, [x, zero], [truth])
            model.operation(123, [truth, x, other], y)
        },
        TFLiteCase(name: "select_slices", extents: [2, 3]) { model, x, y in
            let truth = model.tensor("truth", [2], .bool, bytes: [1, 0])
            let other = model.floats("other", [2, 3], ramp(6, from: 100))
            model.operation(64, [truth, x, other], y)
        },
    ]

    private static func reduce(_ name: String, _ code: Int, _ axes: [Int], keeps: Bool) -> TFLiteCase {
        TFLiteCase(name: name) { model, x, y in
            let axes = model.integers("axes", axes)
            model.operation(code, [x, axes], y, (27, [.int8(keeps ? 1 : 0)]))
        }
    }

    private static func arg(_ name: String, _ code: Int, _ axis: Int) -> TFLiteCase {
        TFLiteCase(name: name, outputs: [.int32]) { model, x, y in
            let axis = model.integers("axis", [axis], [])
            model.operation(code, [x, axis], y, (code == 56 ? 40 : 57, [.int8(2)]))
        }
    }

    static let reductions: [TFLiteCase] = [
        reduce("sum_pixels", 74, [1, 2], keeps: true), reduce("sum_channels", 74, [-1], keeps: false),
        reduce("max_rows", 82, [1], keeps: false), reduce("min_all", 89, [0, 1, 2, 3], keeps: false),
        reduce("product", 81, [2], keeps: true), reduce("mean_channels", 40, [3], keeps: true),
        arg("arg_max", 56, 3), arg("arg_max_rows", 56, 1), arg("arg_min", 79, -2),
        TFLiteCase(name: "top_k", extents: [1, 1, 3, 4], outputs: [.float32, .int32]) { model, x, y in
            let count = model.integers("count", [3], [])
            model.operation(48, [x, count], y)
        },
        TFLiteCase(name: "log_softmax") { $0.operation(50, [$1], $2) },
        TFLiteCase(name: "l2_normalization") { $0.operation(11, [$1], $2, (12, [.int8(0)])) },
        TFLiteCase(name: "l2_pool", extents: [1, 4, 4, 1]) { model, x, y in
            model.operation(
                12, [x], y, (5, [.int8(1), .uint32(2), .uint32(2), .uint32(2), .uint32(2), .int8(0)]))
        },
        TFLiteCase(name: "local_response", extents: [1, 1, 2, 6]) { model, x, y in
            model.operation(13, [x], y, (13, [.uint32(2), .float(0.5), .float(0.25), .float(0.75)]))
        },
        TFLiteCase(name: "cumsum") { model, x, y in
            let axis = model.integers("axis", [2], [])
            model.operation(128, [x, axis], y, (102, [.int8(1), .int8(1)]))
        },
        TFLiteCase(name: "batch_matmul", extents: [1, 2, 3, 4]) { model, x, y in
            let other = model.floats("other", [1, 1, 2, 4], ramp(8, step: 0.5))
            model.operation(126, [x, other], y, (101, [.int8(0), .int8(1)]))
        },
    ]

    static func moved(
        _ name: String, _ code: Int, _ numbers: [[Int]], _ extents: [Int] = [1, 2, 3, 2],
        options: (kind: Int, fields: [Int])? = nil
    ) -> TFLiteCase {
        TFLiteCase(name: name, extents: extents) { model, x, y in
            let constants = numbers.enumerated().map { model.integers("numbers\($0.offset)", $0.element) }
            model.operation(
                code, [x] + constants, y, options.map { ($0.kind, $0.fields.map { FlatValue.uint32($0) }) })
        }
    }

    static let movements: [TFLiteCase] = [
        TFLiteCase(name: "mirror_reflect", extents: [1, 2, 3, 2]) { model, x, y in
            let pads = model.integers("pads", [0, 0, 1, 1, 2, 0, 0, 1], [4, 2])
            model.operation(100, [x, pads], y, (77, [.int8(0)]))
        },
        TFLiteCase(name: "mirror_symmetric") { model, x, y in
            let pads = model.integers("pads", [0, 0, 0, 2, 1, 3, 0, 0], [4, 2])
            model.operation(100, [x, pads], y, (77, [.int8(1)]))
        },
        TFLiteCase(name: "expand_dims") { model, x, y in
            let axis = model.integers("axis", [-1], [])
            model.operation(70, [x, axis], y)
        },
        moved("tile", 69, [[1, 2, 1, 2]]), moved("reverse", 105, [[2]]), moved("reverse_channels", 105, [[3]]),
        moved("broadcast_to", 130, [[2, 3, 2, 2]], [1, 1, 2, 1]),
        moved("slice", 65, [[0, 1, 0, 1], [1, 1, -1, 1]]),
        moved("transpose_rank_5", 39, [[4, 0, 2, 1, 3]], [1, 2, 1, 2, 3]),
        moved("transpose_to_planes", 39, [[0, 3, 1, 2]]), moved("transpose_from_planes", 39, [[0, 2, 3, 1]]),
        moved("transpose_rows", 39, [[0, 2, 1, 3]]),
        moved("slice_new_axis", 45, [[0, 0, 1], [1, 0, 3], [1, 1, 1]], options: (32, [0, 0, 0, 2, 0])),
        moved("slice_ellipsis", 45, [[0, 0, 1], [1, 0, 2], [1, 1, 1]], options: (32, [0, 0, 2, 0, 4])),
        TFLiteCase(name: "pack") { model, x, y in
            let other = model.floats("other", [1, 2, 3, 2], ramp(12, from: 50))
            model.operation(83, [x, other], y, (59, [.uint32(2), .uint32(-1)]))
        },
        TFLiteCase(name: "unpack", outputs: [.float32, .float32, .float32]) { model, x, y in
            model.operation(88, [x], y, (64, [.uint32(3), .uint32(2)]))
        },
        TFLiteCase(name: "split_v", outputs: [.float32, .float32]) { model, x, y in
            let sizes = model.integers("sizes", [1, -1])
            let axis = model.integers("axis", [2], [])
            model.operation(102, [x, sizes, axis], y, (79, [.uint32(2)]))
        },
    ]
}
