// Element types: floats of other widths become FP32, whole numbers stay exact, whatever field they stand in.
import Kernels
import Testing

@Suite("ONNX types")
struct ONNXTypeTests {
    /// x + w, with w being 1, −2.5, 65504 and 2⁻²⁴ or what is left of them.
    private func added(_ tensor: [UInt8]) throws -> [Float] {
        var model = ONNXEncoder()
        model.input("x", [4])
        model.initializer(tensor)
        model.node("Add", ["x", "w"], ["y"])
        model.output("y")
        return try Network(onnx: model.bytes).run(Tensor(zeros: [4]))[0].values
    }

    private func bytes<Number: FixedWidthInteger>(_ numbers: [Number]) -> [UInt8] {
        numbers.flatMap { withUnsafeBytes(of: $0.littleEndian, Array.init) }
    }

    private let halves: [UInt16] = [0x3c00, 0xc100, 0x7bff, 0x0001]
    private let brains: [UInt16] = [0x3f80, 0xc020, 0x4780, 0x3380]
    private let wanted: [Float] = [1, -2.5, 65504, 0x1p-24]

    @Test func halvesBecomeFloats() throws {
        #expect(try added(ONNXEncoder.tensor("w", [4], type: 10, raw: bytes(halves))) == wanted)
        #expect(try added(ONNXEncoder.tensor("w", [4], type: 10, field: 5, halves.map(Int.init))) == wanted)
    }

    @Test func bfloatsBecomeFloats() throws {
        let wanted: [Float] = [1, -2.5, 65536, 0x1p-24]
        #expect(try added(ONNXEncoder.tensor("w", [4], type: 16, raw: bytes(brains))) == wanted)
        #expect(try added(ONNXEncoder.tensor("w", [4], type: 16, field: 5, brains.map(Int.init))) == wanted)
    }

    @Test func doublesBecomeFloats() throws {
        let patterns = wanted.map { Double($0).bitPattern }
        #expect(try added(ONNXEncoder.tensor("w", [4], type: 11, raw: bytes(patterns))) == wanted)
    }

    /// uint32 elements stand where uint64 ones do.
    @Test func unsignedNumbersAreRead() throws {
        var model = ONNXEncoder()
        model.input("x", [4])
        model.initializer(ONNXEncoder.tensor("w", [4], type: 12, field: 11, [1, 2, 3, 4_000_000_000]))
        model.node("Cast", ["w"], ["f"], [("to", .integer(1))])
        model.node("Add", ["x", "f"], ["y"])
        model.output("y")
        #expect(try Network(onnx: model.bytes).run(Tensor(zeros: [4]))[0].values == [1, 2, 3, 4e9])
    }

    /// A model in half precision computes in single precision here, its inputs and outputs too.
    @Test(arguments: [10, 11, 16]) func inputsOfOtherFloatsAreFP32(type: Int) throws {
        var model = ONNXEncoder()
        model.input("x", [nil, 2], type: type)
        model.node("Cast", ["x"], ["c"], [("to", .integer(10))])
        model.node("Relu", ["c"], ["r"])
        model.node("Cast", ["r"], ["y"], [("to", .integer(1))])
        model.output("y")
        #expect(try Network(onnx: model.bytes).run(Tensor([1, 2], [-1, 1.0001]))[0].values == [0, 1.0001])
    }

    /// The class that TensorFlow and PyTorch models give.
    @Test func positionsMayBeCast() throws {
        var model = ONNXEncoder()
        model.input("x", [2, 3])
        model.node("ArgMax", ["x"], ["a"], [("axis", .integer(1)), ("keepdims", .integer(0))])
        model.node("Cast", ["a"], ["y"], [("to", .integer(6))])
        model.output("y")
        #expect(try Network(onnx: model.bytes).run(Tensor([2, 3], [1, 5, 4, 9, 8, 7]))[0] == Tensor([2], [1, 0]))
    }

    @Test func listsOfAnotherTypeAreRefused() {
        for (name, operation) in [("axes", "Squeeze"), ("perm", "Transpose"), ("pads", "MaxPool")] {
            var model = ONNXEncoder(opset: 11)
            model.input("x", [1, 1, 2, 2])
            model.node(
                operation, ["x"], ["y"],
                [(name, .integer(0))] + (operation == "MaxPool" ? [("kernel_shape", .integers([1, 1]))] : []))
            model.output("y")
            expectRefusal(model, "'\(name)' has a wrong type")
        }
    }
}
