// Operators of TFLite with what no exporter writes: an error or a network, no crash, and no memory without end.
import Foundation
import Kernels
import Testing

@Suite("TFLite hostile operators")
struct TFLiteHostileTests {
    private func model(_ build: (inout TFLiteEncoder, Int, Int) -> Void) -> TFLiteEncoder {
        .between([1, 4, 4, 2], build)
    }

    @Test("damaged bytes in models of each operator", arguments: TFLiteCase.all.indices)
    func damagedBytes(_ index: Int) {
        let item = TFLiteCase.all[index]
        let whole = item.model(isPlanar: item.extents.count == 4).bytes
        // Others in each model: much is the same in all.
        for position in stride(from: index % 7, to: whole.count, by: 7) {
            var damaged = whole
            damaged[position] = [0, 0x7F, 0xFF, whole[position] &+ 1][position / 4 % 4]
            _ = try? Network(tflite: damaged)
        }
    }

    @Test func hugeResultsAreRefused() {
        let largest = Int(Int32.max)
        for (code, numbers) in [
            (69, [largest, largest, largest, largest]), (130, [1 << 20, 1 << 20, 4, 2]), (69, [1, 0, 1, 1]),
            (39, [0, 1, 1, 2]), (105, [7]), (130, [1, 4, 4, 3]),
        ] {
            expectRefusal(
                model { model, x, y in
                    let constant = model.integers("c", numbers)
                    model.operation(code, [x, constant], [y])
                })
        }
        let ranges: [(Float, Float, Float)] = [(0, 1e9, 1e-3), (0, 1, 0), (0, 1, .nan), (5, 0, 1), (0, .infinity, 1)]
        for (start, limit, step) in ranges {
            expectRefusal(
                model { model, x, y in
                    let inputs = [start, limit, step].map { model.floats("c", [], [$0]) }
                    let range = model.tensor("range", [])
                    model.operation(96, inputs, [range])
                    model.operation(0, [x, range], [y], (11, []))
                }, "RANGE")
        }
        for shape in [[1 << 30, 1 << 30], [1 << 30], [-1], [0]] {
            expectRefusal(
                model { model, x, y in
                    let (extents, value) = (model.integers("extents", shape), model.floats("value", [], [1]))
                    model.operation(94, [extents, value], [y])
                }, "FILL")
        }
    }

    @Test("what is computed while importing is bounded in all") func foldedWork() {
        let deep = model { model, x, y in
            let shape = model.integers("shape", [1 << 24])
            var value = model.floats("value", [], [1])
            for index in 0..<64 {
                let next = model.tensor("t\(index)", [])
                if index == 0 {
                    model.operation(94, [shape, value], [next])
                } else {
                    model.operation(101, [value], [next])
                }
                value = next
            }
            model.operation(0, [value, value], [y], (11, []))
        }
        expectRefusal(deep, "steps")
    }

    @Test func badBlocksAreRefused() {
        for (block, edges) in [
            ([3, 2], [0, 0, 0, 0]), ([0, 2], [0, 0, 0, 0]), ([2, 2], [-1, 1, 0, 0]), ([2, 2], [0, 0]),
            ([1 << 16, 1 << 16], [0, 0, 0, 0]), ([2, 2, 2, 2], [0, 0, 0, 0, 0, 0, 0, 0]),
        ] {
            for code in [37, 38] {
                expectRefusal(
                    model { model, x, y in
                        let (a, b) = (model.integers("block", block), model.integers("edges", edges))
                        model.operation(code, [x, a, b], [y])
                    }, "SPACE")
            }
        }
        for (code, kind) in [(5, 94), (26, 19)] {
            for size in [0, -1, 3, 1 << 30] {
                expectRefusal(model { $0.operation(code, [$1], [$2], (kind, [.uint32(size)])) }, "DEPTH")
            }
        }
    }

    @Test func badSparseTensorsAreRefused() {
        func sparse(
            _ values: [Float], order: [Int] = [0, 1], blocks: [Int] = [], _ axes: [TFLiteEncoder.SparseAxis],
            extents: [Int] = [2, 4]
        ) -> TFLiteEncoder {
            .between([1, 4]) { model, x, y in
                let w = model.sparse("w", extents, values, order: order, blocks: blocks, axes)
                model.operation(9, [x, w], [y], (8, []))
            }
        }
        let rows = TFLiteEncoder.SparseAxis.rows
        for model in [
            sparse([1, 2, 3], [.dense(2), rows([0, 1, 2], [1, 3])]), sparse([1], [.dense(2), rows([0, 1, 2], [1, 3])]),
            sparse([1, 2], [.dense(2), rows([0, 1, 2], [1, 4])]), sparse([1, 2], [.dense(2), rows([0, 1, 9], [1, 3])]),
            sparse([1, 2], [.dense(2), rows([0, 1], [1, 3])]), sparse([1, 2], [.dense(2), rows([1, 0, 2], [1, 3])]),
            sparse([1, 2], [.dense(3), rows([0, 1, 2], [1, 3])]), sparse([1, 2], order: [0, 0], [.dense(2), .dense(4)]),
            sparse([1, 2], order: [0], [.dense(2)]), sparse([1], order: [0, 1], [.dense(1 << 30), .dense(1 << 30)]),
            sparse([1, 2], order: [0, 1, 2], blocks: [7], [.dense(2), .dense(2), .dense(2)]),
            sparse([1, 2], order: [0, 1, 2], blocks: [1], [.dense(2), .dense(2), .dense(3)]),
            sparse([1], [.dense(1 << 14), .dense(1 << 15)], extents: [1 << 14, 1 << 15]),
        ] { expectRefusal(model) }
        // Fine as it should be.
        #expect(throws: Never.self) {
            try sparse([1, 2], [.dense(2), rows([0, 1, 2], [1, 3])]).network()
        }
    }

    @Test func badCustomOptionsAreRefused() {
        func custom(_ name: String, _ options: [UInt8]?) -> TFLiteEncoder {
            .between([1, 2, 4]) { model, x, y in
                let scores = model.floats("scores", [1, 2, 2], ramp(4))
                let anchors = model.floats("anchors", [2, 4], ramp(8))
                model.operation(32, [x, scores, anchors], [y], custom: name, customOptions: options)
            }
        }
        let whole = FlexValue.map([("max_detections", .int(4)), ("num_classes", .int(1))])
        expectRefusal(custom("TFLite_Detection_PostProcess", nil), "left out")
        expectRefusal(custom("TFLite_Detection_PostProcess", whole), "max_classes_per_detection")
        for length in whole.indices { expectRefusal(custom("TFLite_Detection_PostProcess", Array(whole[..<length]))) }
        for options in [nil, [], [UInt8](repeating: 1, count: 11), [UInt8](repeating: 255, count: 12)] {
            expectRefusal(custom("Convolution2DTransposeBias", options))
        }
    }
}
