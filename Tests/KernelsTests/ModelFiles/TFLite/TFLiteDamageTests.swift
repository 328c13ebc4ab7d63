// Damaged and hostile TFLite models: one clear error, no crash, no memory that a file only claims to need.
import Foundation
import Kernels
import Testing

@Suite("TFLite damage")
struct TFLiteDamageTests {
    private typealias Grid = TFLiteEncoder.Grid

    private func model(_ build: (inout TFLiteEncoder, Int, Int) -> Void) -> TFLiteEncoder {
        .between([1, 4, 4, 2], build)
    }

    @Test func everyTruncationIsRefusedOrWhole() throws {
        let whole = TFLiteEncoder.classifier().bytes
        _ = try Network(tflite: whole)
        var refused = 0
        for length in whole.indices {
            do { _ = try Network(tflite: Array(whole[..<length])) } catch { refused += 1 }
        }
        #expect(refused > whole.count * 9 / 10)
    }

    @Test func everyFlippedBitEndsInANetworkOrAnError() {
        let whole = TFLiteEncoder.classifier().bytes
        for position in whole.indices {
            for bit in 0..<8 {
                var damaged = whole
                damaged[position] ^= 1 << bit
                _ = try? Network(tflite: damaged)
            }
        }
    }

    @Test func errorsNameTheModelTheOperatorAndTheTensor() throws {
        let broken = model { model, x, y in
            model.operation(19, [x], [model.tensor("r", [])])
            model.operation(25, [7], [y], (9, []))
        }
        do {
            _ = try Network(tflite: broken.bytes, name: "a.tflite")
            Issue.record("imported")
        } catch {
            #expect(
                error.description
                    == "a.tflite: operator SOFTMAX (#1), tensor 'y': tensor 7 is read, but there are 3")
            #expect(error.kind == .invalid && error.operation == "SOFTMAX (#1)" && error.tensor == "y")
        }
        expectRefusal(TFLiteEncoder(), "no outputs")
    }

    @Test func allUnsupportedOperatorsAreNamedAtOnce() {
        expectRefusal(
            model { model, x, y in
                model.operation(151, [x], [y])
                model.operation(19, [x], [y])
                model.operation(32, [x], [y], custom: "Detect")
                model.operation(151, [x], [y])
                model.operation(900, [x], [y])
            }, "DYNAMIC_UPDATE_SLICE (#0, #3)", "custom operator 'Detect' (#2)", "operator 900 (#4)")
        expectRefusal(
            model { model, x, y in
                let one = model.floats("one", [1, 1, 1, 2], [1, 1])
                model.operation(3, [x, one], [y], (1, [nil, .uint32(1), .uint32(1), .int8(4)]))
            }, "CONV_2D (#0)", "TANH")
    }

    @Test func badGraphsAreRefused() {
        expectRefusal(model { model, x, y in model.operation(0, [x, y], [y], (11, [])) }, "'y'", "before")
        expectRefusal(model { model, x, y in }, "'y' is read before anything makes it")
        expectRefusal(model { model, x, y in model.operation(19, [], [y]) }, "left out")
        expectRefusal(model { model, x, y in model.operation(19, [-1], [y]) }, "left out")
        expectRefusal(model { model, x, y in model.operation(19, [-2], [y]) }, "tensor -2")
        expectRefusal(model { model, x, y in model.operation(19, [x], []) }, "makes nothing")
        expectRefusal(model { model, x, y in model.operation(19, [x], [99]) }, "tensor 99")
        expectRefusal(model { model, x, y in model.operation(19, [x], [x]) }, "'x'", "already")
        expectRefusal(model { model, x, y in model.operation(19, [x], [y], codeIndex: 4) }, "operator code 4")
        expectRefusal(
            model { model, x, y in
                model.operation(19, [x], [y])
                model.operation(19, [x], [y])
            }, "(#1)", "already")
        expectRefusal(
            model { model, x, y in
                model.operation(19, [x], [y])
                model.inputs = [x, x]
            }, "twice")
        expectRefusal(model { model, x, y in model.operation(25, [x], [y], (8, [])) }, "options of kind 8")
    }

    @Test func otherFilesAreRefused() {
        var model = model { model, x, y in model.operation(19, [x], [y]) }
        model.subgraphs = 3
        expectRefusal(model, "3 subgraphs")
        model.subgraphs = 1
        model.version = 2
        expectRefusal(model, "version 2")
        model.version = 3
        model.identifier = "TFL2"
        expectRefusal(model, "not a TFLite model")
    }

    @Test func badTensorsAreRefused() {
        func input(_ extents: [Int], typeCode: Int = 0, signature: [Int]? = nil) -> TFLiteEncoder {
            var model = TFLiteEncoder()
            let x = model.tensor("x", extents, typeCode: typeCode, signature: signature)
            let y = model.tensor("y", [])
            model.operation(19, [x], [y])
            (model.inputs, model.outputs) = ([x], [y])
            return model
        }
        for extents in [[-1], [0], [1, 1 << 30, 4], [1 << 30, 1 << 30, 1 << 30], Array(repeating: 1, count: 40)] {
            expectRefusal(input(extents))
        }
        expectRefusal(input([1, 1], signature: [-1, -1]), "left open")
        expectRefusal(input([1], typeCode: 7), "int16")
        expectRefusal(input([1], typeCode: 99), "type 99")
        expectRefusal(input([1], typeCode: 2), "int32")
        let constant = { (bytes: [UInt8], buffer: Int?) in
            model { model, x, y in
                let c = model.tensor("c", [2], bytes: bytes, buffer: buffer)
                model.operation(0, [x, c], [y], (11, []))
            }
        }
        expectRefusal(constant([0, 0, 0, 0], nil), "'c'", "4 bytes of data")
        expectRefusal(constant([UInt8](repeating: 0, count: 8), 77), "'c'", "buffer 77")
    }

    /// Extents that are left open and operators that are missing, in one message.
    @Test func allThatIsLackingIsNamed() {
        var model = TFLiteEncoder()
        let x = model.tensor("x", [1, 1, 1, 3], signature: [1, -1, -1, 3])
        let other = model.tensor("other", [1, 1], signature: [-1, -1])
        let y = model.tensor("y", [])
        for code in [150_000, 19, 150_001, 150_000] { model.operation(code, [x], [y]) }
        (model.inputs, model.outputs) = ([x, other], [y])
        expectRefusal(
            model, "(#0, #3)", "(#2)", "input 'x': it is N×?×?×3", "height and width are left open", "--size",
            "input 'other'")
    }

    @Test func badGridsAreRefused() {
        func quantized(_ grid: Grid?, _ type: TFLiteEncoder.ElementType = .uint8, weights: Grid? = nil) -> TFLiteEncoder
        {
            var model = TFLiteEncoder()
            let x = model.tensor("x", [1, 2], type, grid)
            let w = model.quantized("w", [2, 2], type, weights ?? Grid(1, 0), [0, 1, 2, 3])
            let y = model.tensor("y", [1, 2], type, Grid(1, 0))
            model.operation(9, [x, w], [y], (8, []))
            (model.inputs, model.outputs) = ([x], [y])
            return model
        }
        for scale: Float in [0, -1, .nan, .infinity] {
            expectRefusal(quantized(Grid(scale, 0)), "'x'", "scale")
            // Weights of scale 0 are zeros.
            if scale != 0 { expectRefusal(quantized(Grid(1, 0), weights: Grid(scale, 0)), "'w'", "scale") }
        }
        expectRefusal(quantized(Grid(1, -1)), "zero point of -1")
        expectRefusal(quantized(Grid(1, 256)), "zero point of 256")
        expectRefusal(quantized(Grid(1, 128), .int8), "zero point of 128")
        expectRefusal(quantized(Grid(1, .min)), "zero point")
        // A value without a scale is the numbers themselves; weights need one.
        var noScale = Grid(1, 0)
        (noScale.scales, noScale.zeroPoints) = ([], [])
        expectRefusal(quantized(Grid(1, 0), weights: noScale), "'w'", "without a scale")
        expectRefusal(quantized(Grid(scales: [1, 1], axis: 0)), "2 scales")
        expectRefusal(quantized(Grid(1, 0), weights: Grid(scales: [1, 1, 1], axis: 0)), "3 scales for 2 channels")
        expectRefusal(quantized(Grid(1, 0), weights: Grid(scales: [1, 1], axis: 1)), "along axis 1")
        var grid = Grid(1, 0)
        grid.zeroPoints = [0, 0]
        expectRefusal(quantized(grid), "2 zero points")
    }

    @Test func hugeParametersAreRefused() {
        for (position, value) in [(1, 0), (2, -1), (1, 1 << 30), (4, 0), (3, 1 << 30), (0, 5), (4, 9)] {
            expectRefusal(
                model { model, x, y in
                    var fields: [FlatValue?] = [.int8(1)] + (1...4).map { _ in FlatValue.uint32(2) }
                    fields[position] = position == 0 ? .int8(value) : .uint32(value)
                    model.operation(17, [x], [y], (5, fields))
                }, "MAX_POOL_2D")
        }
        for numbers in [[0, 0, 0, 0, 0, 0, 0, Int(Int32.max)], [0, 0, -1, 0, 0, 0, 0, 0], [1]] {
            expectRefusal(
                model { model, x, y in
                    let pads = model.integers("pads", numbers)
                    model.operation(34, [x, pads], [y])
                }, "PAD")
        }
        for size in [[0, 1], [-1, 1], [Int(Int32.max), 1], [1]] {
            for (code, kind) in [(23, 15), (97, 74)] {
                expectRefusal(
                    model { model, x, y in
                        let size = model.integers("size", size)
                        model.operation(code, [x, size], [y], (kind, []))
                    }, "RESIZE")
            }
        }
        for target in [[-1, -1], [7], [0], [-2, 16], [Int(Int32.max), Int(Int32.max), Int(Int32.max)]] {
            expectRefusal(
                model { model, x, y in
                    let shape = model.integers("shape", target)
                    model.operation(22, [x, shape], [y])
                }, "RESHAPE")
        }
    }

    @Test("layers that share weights without end are refused, before memory runs out")
    func sharedWeights() {
        var model = TFLiteEncoder()
        let x = model.tensor("x", [1, 1024])
        let weights = model.tensor("w", [1024, 1024], .uint8, Grid(1, 0), bytes: [UInt8](repeating: 1, count: 1 << 20))
        var value = x
        for _ in 0..<200 {
            let next = model.tensor("t", [1, 1024])
            model.operation(9, [value, weights], [next], (8, []))
            value = next
        }
        (model.inputs, model.outputs) = ([x], [value])
        expectRefusal(model, "share their weights")
    }
}
