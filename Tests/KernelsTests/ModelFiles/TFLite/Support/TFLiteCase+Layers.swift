// More models of one TFLite operator each: look-ups, blocks, layers, constants, detectors.

extension TFLiteCase {
    /// Where each channel is the largest, among two pixels.
    private static func computedPositions(_ model: inout TFLiteEncoder, _ x: Int) -> Int {
        let axis = model.integers("axis", [1], [])
        let positions = model.tensor("positions", [], .int32)
        model.operation(56, [x, axis], [positions], (40, [.int8(2)]))
        return positions
    }

    static let positions: [TFLiteCase] = [
        TFLiteCase(name: "gather") { model, x, y in
            let indices = model.integers("indices", [2, 0, 0, 1], [2, 2])
            model.operation(36, [x, indices], y, (23, [.uint32(2)]))
        },
        TFLiteCase(name: "gather_computed", extents: [1, 2, 2, 2]) { model, x, y in
            let indices = computedPositions(&model, x)
            model.operation(36, [x, indices], y, (23, [.uint32(2)]))
        },
        TFLiteCase(name: "gather_batches", extents: [1, 2, 2, 3]) { model, x, y in
            let indices = model.integers("indices", [1, 0, 1, 1], [1, 2, 2])
            model.operation(36, [x, indices], y, (23, [.uint32(2), .uint32(2)]))
        },
        TFLiteCase(name: "gather_nd") { model, x, y in
            let indices = model.integers("indices", [0, 1, 2, 0, 0, 1], [2, 3])
            model.operation(107, [x, indices], y)
        },
        TFLiteCase(name: "scatter_nd", extents: [3, 2]) { model, x, y in
            let indices = model.integers("indices", [3, 0, 3], [3, 1])
            let shape = model.integers("shape", [4, 2])
            model.operation(122, [indices, x, shape], y)
        },
        TFLiteCase(name: "one_hot", extents: [1, 2, 2, 2]) { model, x, y in
            let indices = computedPositions(&model, x)
            let depth = model.integers("depth", [3], [])
            let (on, off) = (model.floats("on", [], [5]), model.floats("off", [], [-1]))
            model.operation(85, [indices, depth, on, off], y, (61, [.uint32(-1)]))
        },
        TFLiteCase(name: "embedding", extents: [3, 2]) { model, x, y in
            let ids = model.integers("ids", [2, 0, 2, 1])
            model.operation(7, [ids, x], y)
        },
    ]

    static let blocks: [TFLiteCase] = [
        moved("depth_to_space", 5, [], [1, 2, 1, 8], options: (94, [2])),
        moved("space_to_depth", 26, [], [1, 2, 4, 2], options: (19, [2])),
        TFLiteCase(name: "space_to_batch", extents: [1, 3, 4, 1]) { model, x, y in
            let block = model.integers("block", [2, 2])
            let pads = model.integers("pads", [1, 0, 0, 2], [2, 2])
            model.operation(38, [x, block, pads], y)
        },
        TFLiteCase(name: "batch_to_space", extents: [4, 2, 2, 1]) { model, x, y in
            let block = model.integers("block", [2, 2])
            let crops = model.integers("crops", [1, 0, 0, 1], [2, 2])
            model.operation(37, [x, block, crops], y)
        },
        TFLiteCase(name: "space_to_batch_of_vectors", extents: [1, 4, 2]) { model, x, y in
            let block = model.integers("block", [2])
            let pads = model.integers("pads", [1, 1], [1, 2])
            model.operation(38, [x, block, pads], y)
        },
        dilated("dilated_by_batches", crops: [0, 1, 0, 0]),
        dilated("dilated_and_cropped", crops: [3, 2, 0, 0]),
    ]

    /// A convolution with dilation as TensorFlow writes it.
    private static func dilated(_ name: String, crops: [Int]) -> TFLiteCase {
        TFLiteCase(name: name, extents: [1, 5, 6, 1]) { model, x, y in
            let block = model.integers("block", [2, 2])
            let (pads, crops) = (model.integers("pads", [2, 3, 2, 2], [2, 2]), model.integers("crops", crops, [2, 2]))
            let w = model.floats("w", [1, 3, 3, 1], ramp(9, step: 0.25, from: -1))
            let (a, b, c) = (model.tensor("a", []), model.tensor("b", []), model.tensor("c", []))
            model.operation(38, [x, block, pads], [a])
            let bias = model.floats("bias", [1], [0.5])
            model.operation(3, [a, w, bias], [b], (1, [.int8(1), .uint32(1), .uint32(1)]))
            model.operation(98, [b], [c], (75, [.float(0.5)]))
            model.operation(37, [c, block, crops], y)
        }
    }

    private static func transposed(
        _ name: String, isSame: Bool, strides: (Int, Int), kernel: (Int, Int), result: [Int]
    ) -> TFLiteCase {
        TFLiteCase(name: name, extents: [1, 2, 3, 2]) { model, x, y in
            let shape = model.integers("shape", result)
            let count = 2 * kernel.0 * kernel.1 * result[3]
            let weights = (0..<count).map { Float($0 * 5 % 11) * 0.25 - 1 }
            let w = model.floats("w", [result[3], kernel.0, kernel.1, 2], weights)
            let bias = model.floats("b", [result[3]], ramp(result[3], from: 0.5))
            model.operation(
                67, [shape, w, x, bias], y,
                (
                    49,
                    [.int8(isSame ? 0 : 1), .uint32(strides.1), .uint32(strides.0), .int8(0)]
                ))
        }
    }

    static let layers: [TFLiteCase] = [
        transposed("transpose_conv_same", isSame: true, strides: (2, 2), kernel: (3, 3), result: [1, 4, 6, 2]),
        transposed("transpose_conv_odd", isSame: true, strides: (2, 1), kernel: (2, 4), result: [1, 3, 3, 1]),
        transposed("transpose_conv_valid", isSame: false, strides: (2, 2), kernel: (2, 3), result: [1, 4, 7, 1]),
        transposed("transpose_conv_more", isSame: false, strides: (3, 2), kernel: (2, 1), result: [1, 6, 6, 1]),
    ]

    static let constants: [TFLiteCase] = [
        // Half of the extents, out of the shape.
        TFLiteCase(name: "resize_by_shape", extents: [1, 4, 6, 1]) { model, x, y in
            let (shape, part, halves) = (
                model.tensor("shape", [], .int32), model.tensor("part", [], .int32), model.tensor("halves", [], .int32)
            )
            let (begin, end) = (model.integers("begin", [1]), model.integers("end", [3]))
            let (one, two) = (model.integers("one", [1]), model.integers("two", [2], []))
            model.operation(77, [x], [shape], (55, [.int8(2)]))
            model.operation(45, [shape, begin, end, one], [part], (32, []))
            model.operation(90, [part, two], [halves])
            model.operation(97, [x, halves], y, (74, []))
        },
        TFLiteCase(name: "reshape_by_pack") { model, x, y in
            let (shape, first, joined) = (
                model.tensor("shape", [], .int32), model.tensor("first", [], .int32), model.tensor("joined", [], .int32)
            )
            let (begin, end) = (model.integers("begin", [2]), model.integers("end", [3]))
            let (one, rest) = (model.integers("one", [1]), model.integers("rest", [-1], []))
            model.operation(77, [x], [shape], (55, [.int8(2)]))
            model.operation(45, [shape, begin, end, one], [first], (32, [nil, nil, nil, nil, .uint32(1)]))
            model.operation(83, [first, rest], [joined], (59, [.uint32(2), .uint32(0)]))
            model.operation(22, [x, joined], y)
        },
        TFLiteCase(name: "fill_and_range") { model, x, y in
            let (shape, value) = (model.integers("extents", [3, 2]), model.floats("value", [], [2.5]))
            let (start, limit, step) = (
                model.floats("start", [], [3]), model.floats("limit", [], [-1]), model.floats("step", [], [-2])
            )
            let (filled, range, sum) = (
                model.tensor("filled", []), model.tensor("range", []), model.tensor("sum", [])
            )
            model.operation(94, [shape, value], [filled])
            model.operation(96, [start, limit, step], [range])
            model.operation(0, [filled, range], [sum], (11, []))
            model.operation(18, [x, sum], y, (21, []))
        },
        TFLiteCase(name: "zeros_like") { $0.operation(93, [$1], $2) },
        TFLiteCase(name: "sparse_weights", extents: [1, 4]) { model, x, y in
            // 4×4 in blocks of 2×2, of which only some aren't zero.
            let w = model.sparse(
                "w", [4, 4], ramp(8, from: 1), order: [0, 1, 2, 3], blocks: [0, 1],
                [.dense(2), .rows([0, 1, 2], [1, 0]), .dense(2), .dense(2)])
            let dense = model.tensor("dense", [4, 4])
            model.operation(124, [w], [dense])
            model.operation(9, [x, dense, -1], y, (8, []))
        },
    ]

    private static func detector(_ name: String, perClass: Bool, classesPerBox: Int) -> TFLiteCase {
        let encodings: [Float] = [
            0.1, 0.2, 0.1, -0.2, 0, 0.1, 0, 0.1, 1, -1, 0.5, 0.5, -0.5, 0, 0, 0, 0.3, 0.3, -1, -1, 2, 2, 0.2, 0.1,
        ]
        return TFLiteCase(
            name: name, extents: [1, 6, 4], values: encodings, outputs: [.float32, .float32, .float32, .float32]
        ) { model, x, y in
            let scores = model.floats(
                "scores", [1, 6, 3],
                [0.1, 0.9, 0.3, 0.1, 0.8, 0.6, 0.2, 0.3, 0.7, 0.9, 0.1, 0.2, 0, 0.65, 0.55, 0.4, 0.2, 0.5])
            let anchors = model.floats(
                "anchors", [6, 4],
                [
                    0.5, 0.5, 0.4, 0.4, 0.5, 0.52, 0.4, 0.4, 0.2, 0.2, 0.2, 0.2, 0.8, 0.8, 0.3, 0.3, 0.5, 0.1, 0.2, 0.3,
                    0.7, 0.3, 0.2, 0.2,
                ])
            let options = FlexValue.map([
                ("detections_per_class", .int(3)), ("h_scale", .float(5)),
                ("max_classes_per_detection", .int(classesPerBox)), ("max_detections", .int(4)),
                ("nms_iou_threshold", .float(0.5)), ("nms_score_threshold", .float(0.3)), ("num_classes", .int(2)),
                ("use_regular_nms", .bool(perClass)), ("w_scale", .float(5)), ("x_scale", .float(10)),
                ("y_scale", .float(10)),
            ])
            model.operation(
                32, [x, scores, anchors], y, custom: "TFLite_Detection_PostProcess", customOptions: options)
        }
    }

    static let detectors: [TFLiteCase] = [
        detector("detections", perClass: false, classesPerBox: 1),
        detector("detections_of_two_classes", perClass: false, classesPerBox: 2),
        detector("detections_per_class", perClass: true, classesPerBox: 1),
    ]
}
