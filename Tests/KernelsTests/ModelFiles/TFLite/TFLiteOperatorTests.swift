// Operators of TFLite on elements and shapes, each alone.
import Foundation
import Kernels
import Testing

@Suite("TFLite operators")
struct TFLiteOperatorTests {
    private func result(
        _ extents: [Int], _ values: [Float], _ build: (inout TFLiteEncoder, Int, Int) -> Void
    ) throws -> Tensor { try TFLiteEncoder.between(extents, build).run(values)[0] }

    private static func sigmoid(_ x: Float) -> Float { 1 / (1 + exp(-x)) }
    private static func hardSwish(_ x: Float) -> Float { x * min(max(x + 3, 0), 6) / 6 }

    @Test func functionsOfElements() throws {
        let values: [Float] = [-4, -1, -0.5, 0, 0.5, 2, 7]
        let functions: [Int: (Float) -> Float] = [
            19: { max($0, 0) }, 20: { min(max($0, -1), 1) }, 21: { min(max($0, 0), 6) }, 14: Self.sigmoid,
            117: Self.hardSwish, 28: { tanh($0) },
        ]
        for (code, function) in functions {
            let y = try result([1, 7], values) { model, x, y in model.operation(code, [x], [y]) }
            for (value, element) in zip(values, y.values) { #expect(abs(function(value) - element) < 1e-6) }
        }
        let leaky = try result([1, 7], values) { model, x, y in
            model.operation(98, [x], [y], (75, [.float(0.25)]))
        }
        #expect(leaky.values == values.map { $0 < 0 ? 0.25 * $0 : $0 })
    }

    @Test func arithmeticBroadcastsAsTheFileOrdersIt() throws {
        let x = ramp(12)
        for isPlanar in [false, true] {
            for (code, kind, extents, function): (Int, Int, [Int], (Float, Float) -> Float) in [
                (0, 11, [3], (+)), (41, 28, [2, 3], (-)), (18, 21, [1, 2, 1, 1], (*)), (42, 29, [], (/)),
                (0, 11, [1, 2, 2, 3], (+)),
            ] {
                let values = ramp(extents.reduce(1, *), from: 2)
                let y = try result([1, 2, 2, 3], x) { model, x, y in
                    let c = model.floats("c", extents, values)
                    model.operation(
                        code, [isPlanar ? model.planes(x, [1, 2, 2, 3]) : x, c], [y], (kind, [.int8(1)]))
                }
                let expected = x.indices.map { index -> Float in
                    let other =
                        switch extents.count {
                        case 0: 0
                        case 1: index % 3
                        case 2: index % 6
                        default: extents[3] == 1 ? index / 6 : index
                        }
                    return max(function(x[index], values[other]), 0)
                }
                #expect(y.values == expected, "\(extents) \(isPlanar)")
            }
        }
    }

    @Test func softmaxHasTheLastAxis() throws {
        for isPlanar in [false, true] {
            let y = try result([1, 2, 2, 3], ramp(12)) { model, x, y in
                model.operation(25, [isPlanar ? model.planes(x, [1, 2, 2, 3]) : x], [y], (9, [.float(2)]))
            }
            let powers = [-4, -2, 0].map { exp($0 as Float) }
            let sum = powers.reduce(0, +)
            for (index, value) in y.values.enumerated() { #expect(abs(value - powers[index % 3] / sum) < 1e-6) }
        }
    }

    @Test func concatenationAndSplitAlongEachAxis() throws {
        for axis in -4..<4 {
            var model = TFLiteEncoder()
            let extents = [2, 2, 4, 2]
            let x = model.tensor("x", extents)
            let map = model.planes(x, extents)
            let (a, b, y) = (model.tensor("a", []), model.tensor("b", []), model.tensor("y", extents))
            let axes = model.integers("axis", [axis], [])
            model.operation(49, [axes, map], [a, b], (35, [.uint32(2)]))
            model.operation(2, [b, a], [y], (10, [.uint32(axis)]))
            (model.inputs, model.outputs) = ([x], [y, a])
            let values = ramp(32)
            let outputs = try model.run(values)
            let inner = extents[((axis + 4) % 4)...].reduce(1, *)
            let swapped = stride(from: 0, to: 32, by: inner).flatMap { (start: Int) -> [Float] in
                let middle = start + inner / 2
                return Array(values[middle..<start + inner]) + Array(values[start..<middle])
            }
            #expect(outputs[0] == Tensor(Shape(extents), swapped))
            #expect(outputs[1].shape.count == 16)
        }
    }

    @Test func paddingHasZerosOrAValue() throws {
        for (code, value) in [(34, 0), (60, 5)] as [(Int, Float)] {
            for isPlanar in [false, true] {
                let y = try result([1, 2, 1, 2], [1, 2, 3, 4]) { model, x, y in
                    let pads = model.integers("pads", [0, 0, 1, 0, 0, 2, 0, 1], [4, 2])
                    let fill = model.floats("value", [], [5])
                    let source = isPlanar ? model.planes(x, [1, 2, 1, 2]) : x
                    model.operation(code, [source, pads] + (code == 60 ? [fill] : []), [y])
                }
                var expected = [Float](repeating: value, count: 27)
                for (index, position) in [9, 10, 18, 19].enumerated() { expected[position] = Float(index + 1) }
                #expect(y == Tensor([1, 3, 3, 3], expected))
            }
        }
    }

    @Test func shapesChange() throws {
        for isPlanar in [false, true] {
            func shaped(_ build: (inout TFLiteEncoder, Int, Int) -> Void) throws -> Tensor {
                try result([1, 2, 3, 2], ramp(12)) { model, x, y in
                    build(&model, isPlanar ? model.planes(x, [1, 2, 3, 2]) : x, y)
                }
            }
            for target in [[1, 12], [3, 4], [1, 3, 2, 2], [12], [2, -1]] {
                let y = try shaped { model, x, y in
                    let shape = model.integers("shape", target)
                    model.operation(22, [x, shape], [y])
                }
                #expect(y.values == ramp(12) && y.shape.rank == target.count)
                #expect(try shaped { $0.operation(22, [$1], [$2], (17, [.int32s(target)])) } == y)
            }
            #expect(try shaped { $0.operation(43, [$1], [$2], (30, [.int32s([0])])) } == Tensor([2, 3, 2], ramp(12)))
            let turned = try shaped { model, x, y in
                let permutation = model.integers("permutation", [0, 3, 2, 1])
                model.operation(39, [x, permutation], [y])
            }
            #expect(turned == Tensor([1, 2, 3, 2], [0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11]))
        }
    }

    @Test func stridedSlices() throws {
        struct Slice {
            var (begin, end, strides): ([Int], [Int], [Int])
            var masks = [0, 0, 0]
            var extents: [Int]
            var values: [Float]
        }
        for slice in [
            Slice(
                begin: [0, 1, 0], end: [1, 2, 3], strides: [1, 1, 2], extents: [1, 1, 2, 2], values: [6, 7, 10, 11]),
            Slice(
                begin: [0, 0, -1], end: [0, 0, -4], strides: [1, 1, -1], masks: [0, 3, 0], extents: [1, 2, 3, 2],
                values: [4, 5, 2, 3, 0, 1, 10, 11, 8, 9, 6, 7]),
            Slice(
                begin: [0, 9, 2], end: [1, -1, 9], strides: [1, 1, 1], masks: [2, 0, 1], extents: [1, 1, 2],
                values: [4, 5]),
            Slice(
                begin: [0, 1], end: [1, 2], strides: [1, 1], masks: [0, 0, 2], extents: [1, 3, 2],
                values: ramp(6, from: 6)),
        ] {
            for isPlanar in [false, true] {
                let y = try result([1, 2, 3, 2], ramp(12)) { model, x, y in
                    let numbers = [slice.begin, slice.end, slice.strides].map { model.integers("numbers", $0) }
                    model.operation(
                        45, [isPlanar ? model.planes(x, [1, 2, 3, 2]) : x] + numbers, [y],
                        (
                            32,
                            [
                                .uint32(slice.masks[0]), .uint32(slice.masks[1]), nil, nil, .uint32(slice.masks[2]),
                            ]
                        ))
                }
                #expect(y == Tensor(Shape(slice.extents), slice.values))
            }
        }
    }

    @Test func resizing() throws {
        func resized(_ code: Int, to size: [Int], corners: Int, half: Int) throws -> [Float] {
            try result([1, 1, 4, 1], [0, 10, 20, 30]) { model, x, y in
                let target = model.integers("size", size)
                let fields: [FlatValue?] = [.int8(corners), .int8(half)]
                model.operation(code, [x, target], [y], code == 23 ? (15, [nil, nil] + fields) : (74, fields))
            }.values
        }
        let bilinear = { try resized(23, to: [1, $0], corners: $1, half: $2) }
        #expect(try bilinear(8, 0, 0) == [0, 5, 10, 15, 20, 25, 30, 30])
        #expect(try bilinear(8, 0, 1) == [0, 2.5, 7.5, 12.5, 17.5, 22.5, 27.5, 30])
        #expect(try bilinear(7, 1, 0) == [0, 5, 10, 15, 20, 25, 30])
        #expect(try bilinear(2, 0, 0) == [0, 20])
        let nearest = { try resized(97, to: [1, $0], corners: $1, half: $2) }
        #expect(try nearest(8, 0, 0) == [0, 0, 10, 10, 20, 20, 30, 30])
        #expect(try nearest(2, 0, 1) == [10, 30])
        #expect(try nearest(3, 1, 0) == [0, 20, 30])
        #expect(try nearest(2, 0, 0) == [0, 20])
        #expect(try resized(97, to: [2, 4], corners: 0, half: 0) == [0, 10, 20, 30, 0, 10, 20, 30])
    }

    @Test("batches change where the file says 1") func batches() throws {
        let model = TFLiteEncoder.between([1, 2, 1, 3]) { model, x, y in
            let shape = model.integers("shape", [1, 6])
            model.operation(22, [x, shape], [y])
        }
        #expect(try model.run(ramp(12), batch: 2) == [Tensor([2, 6], ramp(12))])
    }

    @Test func inputsThatTakeFrames() throws {
        let model = TFLiteEncoder.between([1, 2, 2, 3]) { model, x, y in model.operation(19, [x], [y]) }
        let network = try Network(tflite: model.bytes, image: .centered)
        guard case .image(let input) = network.nodes[0].operation else {
            Issue.record("no image")
            return
        }
        #expect(input.mean == [127.5, 127.5, 127.5] && input.width == 2)
        let other = TFLiteEncoder.between([1, 2, 2, 5]) { model, x, y in model.operation(19, [x], [y]) }
        do {
            _ = try Network(tflite: other.bytes, image: .centered)
            Issue.record("imported")
        } catch {
            #expect(error.description.contains("takes no frames"))
        }
    }
}
