// Whole numbers that a run computes, as floats: every engine divides them exactly.
import Kernels
import Testing

@Suite("ONNX whole numbers")
struct ONNXWholeNumberTests {
    /// Dividends around multiples of every divisor, where a quotient that is a little off falls to the wrong side.
    private static let pairs: [(Int, Int)] = {
        var pairs: [(Int, Int)] = []
        for size in [1, 2, 3, 5, 7, 10, 13, 41, 49, 80, 255, 1000] {
            for divisor in [size, -size] {
                for factor in [-5003, -320, -7, -1, 0, 1, 2, 3, 93, 319, 411] {
                    for distance in -1...1 { pairs.append((factor * size + distance, divisor)) }
                }
            }
        }
        return pairs
    }()

    @Test(arguments: EngineUnderTest.runnable) func quotients(_ engine: EngineUnderTest) throws {
        // Halves don't hold such numbers.
        guard engine.tolerance < 1e-3 else { return }
        let pairs = Self.pairs
        let a = Tensor([pairs.count], pairs.map { Float($0.0) })
        let b = Tensor([pairs.count], pairs.map { Float($0.1) })
        var model = ONNXEncoder(opset: 17)
        for name in ["a", "b"] {
            model.input(name, [pairs.count])
            model.node("Cast", [name], ["\(name)_whole"], [("to", .integer(7))])
        }
        let operands = ["a_whole", "b_whole"]
        model.node("Div", operands, ["quotient"])
        model.node("Mod", operands, ["modulo"])
        model.node("Mod", operands, ["remainder"], [("fmod", .integer(1))])
        // By a constant, as exporters turn positions into rows and columns.
        model.initializer("width", [80])
        model.node("Div", ["a_whole", "width"], ["row"])
        model.node("Mod", ["a_whole", "width"], ["column"])
        let names = ["quotient", "modulo", "remainder", "row", "column"]
        for name in names { model.output(name) }
        let expected: [[Int]] = [
            pairs.map { $0.0 / $0.1 }, pairs.map { Self.floored($0.0, $0.1) }, pairs.map { $0.0 % $0.1 },
            pairs.map { $0.0 / 80 }, pairs.map { Self.floored($0.0, 80) },
        ]
        let network = try Network(onnx: model.bytes)
        var outputs = network.makeOutputs()
        try engine.make().compile(network).makeContext().run([.tensor(a), .tensor(b)], into: &outputs)
        for (index, name) in names.enumerated() {
            let wrong = pairs.indices.filter { outputs[index].values[$0] != Float(expected[index][$0]) }
            let list = wrong.prefix(5).map { "\(pairs[$0]): \(outputs[index].values[$0])" }
            #expect(wrong.isEmpty, "\(name) of \(list)")
        }
    }

    /// Up to 2²⁴, where floats hold no fractions any more.
    @Test func largeNumbers() throws {
        var pairs: [(Int, Int)] = []
        for divisor in [1, 2, 3, 7, 4095, 65_537, (1 << 22) + 1, (1 << 23) + 1, (1 << 24) - 1] {
            for near in [1 << 20, 1 << 21, 1 << 22, 1 << 23, (1 << 24) - 2] {
                for distance in -1...1 {
                    pairs.append((near / divisor * divisor + distance, divisor))
                    pairs.append((near + distance, divisor))
                }
            }
        }
        var model = ONNXEncoder(opset: 17)
        for name in ["a", "b"] {
            model.input(name, [pairs.count])
            model.node("Cast", [name], ["\(name)_whole"], [("to", .integer(7))])
        }
        model.node("Div", ["a_whole", "b_whole"], ["y"])
        model.output("y")
        let network = try Network(onnx: model.bytes)
        let result = try network.run(
            Tensor([pairs.count], pairs.map { Float($0.0) }), Tensor([pairs.count], pairs.map { Float($0.1) }))[0]
        #expect(result.values == pairs.map { Float($0.0 / $0.1) })
    }

    private static func floored(_ a: Int, _ b: Int) -> Int {
        let rest = a % b
        return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest
    }
}
