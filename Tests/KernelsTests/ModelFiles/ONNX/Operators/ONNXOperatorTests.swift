// Operators that ONNX's own tests don't cover: ONNX Runtime's, and what a run computes where a file mostly has constants.
import Kernels
import Testing

@Suite("ONNX operators")
struct ONNXOperatorTests {
    private let runtime = "com.microsoft"

    private func run(_ model: ONNXEncoder, _ input: Tensor) throws -> Tensor {
        try Network(onnx: model.bytes).run(input)[0]
    }

    @Test(arguments: ["Relu", "Clip", "LeakyRelu", "Sigmoid", "Tanh", "HardSigmoid"])
    func fusedConvolutions(_ activation: String) throws {
        let parameters: [String: [Float]] = ["Clip": [-1, 2], "LeakyRelu": [0.5], "HardSigmoid": [0.25, 0.5]]
        func model(isFused: Bool) -> ONNXEncoder {
            .between([1, 1, 2, 2]) {
                $0.initializer("w", [1, 1, 1, 1], [2])
                $0.initializer("b", [1], [-3])
                guard !isFused else {
                    let given = parameters[activation].map { [("activation_params", ONNXEncoder.Attribute.floats($0))] }
                    $0.node(
                        "FusedConv", ["x", "w", "b", "x"], ["y"], [("activation", .text(activation))] + (given ?? []),
                        domain: runtime)
                    return
                }
                $0.node("Conv", ["x", "w", "b"], ["c"])
                $0.node("Add", ["c", "x"], ["s"])
                switch activation {
                case "Clip":
                    $0.initializer("low", [], [-1])
                    $0.initializer("high", [], [2])
                    $0.node("Clip", ["s", "low", "high"], ["y"])
                case "LeakyRelu": $0.node("LeakyRelu", ["s"], ["y"], [("alpha", .float(0.5))])
                case "HardSigmoid":
                    $0.node("HardSigmoid", ["s"], ["y"], [("alpha", .float(0.25)), ("beta", .float(0.5))])
                default: $0.node(activation, ["s"], ["y"])
                }
            }
        }
        let x = Tensor([1, 1, 2, 2], [-1, 0.5, 1.5, 3])
        let apart = try run(model(isFused: false), x)
        #expect(try run(model(isFused: true), x) == apart)
    }

    @Test func fusedMatrixMultiplication() throws {
        let model = ONNXEncoder.between([2, 3]) {
            $0.initializer("w", [2, 3], [1, 2, 3, 4, 5, 6])
            $0.node(
                "FusedMatMul", ["x", "w"], ["y"],
                [("transA", .integer(1)), ("alpha", .float(0.5))], domain: runtime)
        }
        let y = try run(model, Tensor([2, 3], [1, 0, 2, 0, 1, 0]))
        #expect(y == Tensor([3, 3], [0.5, 1, 1.5, 2, 2.5, 3, 1, 2, 3]))
    }

    @Test func unknownOnesOfTheRuntimeAreNamed() {
        expectRefusal(
            .between([1]) { $0.node("Frobnicate", ["x"], ["y"], domain: runtime) }, "com.microsoft.Frobnicate")
    }

    /// Positions of the largest elements, counted in rows of three: whole numbers divide to whole ones.
    @Test func wholeNumbersOfARunDivideToWholeOnes() throws {
        let model = ONNXEncoder.between([1, 6]) {
            $0.initializer("two", [2])
            $0.initializer("three", [3])
            $0.node("TopK", ["x", "two"], ["", "i"])
            $0.node("Div", ["i", "three"], ["row"])
            $0.node("Mod", ["i", "three"], ["column"])
            $0.node("Concat", ["row", "column"], ["both"], [("axis", .integer(0))])
            $0.node("Cast", ["both"], ["y"], [("to", .integer(1))])
        }
        #expect(try run(model, Tensor([1, 6], [0, 1, 9, 2, 3, 8])) == Tensor([2, 2], [0, 1, 2, 2]))
        // As floats they don't.
        let floats = ONNXEncoder.between([1, 6]) {
            $0.initializer("two", [], [2])
            $0.node("ArgMax", ["x"], ["i"], [("axis", .integer(1))])
            $0.node("Cast", ["i"], ["f"], [("to", .integer(1))])
            $0.node("Div", ["f", "two"], ["y"])
        }
        #expect(try run(floats, Tensor([1, 6], [0, 1, 2, 9, 3, 8])).values == [1.5])
    }

    @Test func choicesOfARun() throws {
        let model = ONNXEncoder.between([4]) {
            $0.initializer("one", [], [1])
            $0.initializer("three", [], [3])
            $0.node("Greater", ["x", "one"], ["low"])
            $0.node("LessOrEqual", ["x", "three"], ["high"])
            $0.node("And", ["low", "high"], ["inside"])
            $0.node("Not", ["inside"], ["outside"])
            $0.node("Neg", ["x"], ["n"])
            $0.node("Where", ["outside", "n", "x"], ["y"])
        }
        #expect(try run(model, Tensor([4], [1, 2, 3, 4])).values == [-1, 2, 3, -4])
    }

    @Test func castsOfARun() throws {
        let model = ONNXEncoder.between([4]) {
            $0.node("Cast", ["x"], ["whole"], [("to", .integer(7))])
            $0.node("Cast", ["whole"], ["truth"], [("to", .integer(9))])
            $0.node("Cast", ["truth"], ["ones"], [("to", .integer(1))])
            $0.node("Cast", ["whole"], ["floats"], [("to", .integer(1))])
            $0.node("Concat", ["floats", "ones"], ["y"], [("axis", .integer(0))])
        }
        #expect(try run(model, Tensor([4], [-1.7, -0.5, 0.5, 2.9])).values == [-1, 0, 0, 2, 1, 0, 0, 1])
    }

    /// What a run looks up and puts: positions outside are taken as the nearest ones.
    @Test func positionsOfARun() throws {
        let model = ONNXEncoder.between([5]) {
            $0.initializer("table", [3], [10, 20, 30])
            $0.node("Cast", ["x"], ["i"], [("to", .integer(7))])
            $0.node("Gather", ["table", "i"], ["y"])
        }
        #expect(try run(model, Tensor([5], [0, 2, -1, 7, -9])).values == [10, 30, 30, 30, 10])
    }

    @Test func boxesHaveAFixedNumberOfRows() throws {
        var model = ONNXEncoder()
        model.input("boxes", [1, 3, 4])
        model.initializer("scores", [1, 1, 3], [0.9, 0.8, 0.7])
        model.initializer(ONNXEncoder.tensor("limit", [], integers: [3]))
        model.initializer("overlap", [], [0.5])
        model.node("NonMaxSuppression", ["boxes", "scores", "limit", "overlap"], ["y"])
        model.output("y")
        let boxes = Tensor([1, 3, 4], [0, 0, 1, 1, 0, 0, 1, 0.9, 0, 2, 1, 3])
        #expect(try run(model, boxes) == Tensor([3, 3], [0, 0, 0, 0, 0, 2, -1, -1, -1]))
    }

    @Test(arguments: [("ij->ji", [3, 2]), ("ij->j", [3]), ("ij->", []), ("...j->j...", [3, 2])])
    func einsumOfOne(_ equation: String, _ extents: [Int]) throws {
        let model = ONNXEncoder.between([2, 3]) {
            $0.node("Einsum", ["x"], ["y"], [("equation", .text(equation))])
        }
        #expect(try run(model, Tensor([2, 3], [1, 2, 3, 4, 5, 6])).shape.extents == extents)
    }

    @Test(arguments: ["ij,jk", "i->j", "ij->ii", "i->->i", "i1->i"])
    func einsumThatDoesNotFit(_ equation: String) {
        expectRefusal(
            .between([2, 3]) { $0.node("Einsum", ["x"], ["y"], [("equation", .text(equation))]) }, "equation")
    }

    @Test func normalisationOfASum() throws {
        let model = ONNXEncoder.between([1, 2]) {
            $0.initializer("skip", [1, 2], [1, 1])
            $0.initializer("gamma", [2], [2, 2])
            $0.initializer("beta", [2], [1, 1])
            $0.node("SkipLayerNormalization", ["x", "skip", "gamma", "beta"], ["y"], domain: runtime)
        }
        #expect(try run(model, Tensor([1, 2], [0, 2])).values.map { $0.rounded() } == [-1, 3])
    }

    /// Look-ups put the positions' axes in the place of one.
    @Test func axesAreBounded() {
        expectRefusal(
            .between([Int](repeating: 1, count: 12)) {
                $0.node("Cast", ["x"], ["i"], [("to", .integer(7))])
                $0.node("Gather", ["x", "i"], ["y"])
            }, "23 axes")
    }

    /// Sizes that a file states are bounded before anything is made.
    @Test func sizesAreBounded() {
        expectRefusal(
            .between([1, 4]) {
                $0.initializer("many", [1 << 40, 1])
                $0.node("Tile", ["x", "many"], ["y"])
            }, "Tile")
        expectRefusal(
            .between([1, 4]) {
                $0.initializer(ONNXEncoder.tensor("depth", [], integers: [1 << 40]))
                $0.initializer("values", [2], [0, 1])
                $0.node("OneHot", ["x", "depth", "values"], ["y"])
            }, "OneHot")
        expectRefusal(
            .between([1, 1, 2, 2]) {
                $0.initializer("w", [1, 1, 2, 2], [1, 1, 1, 1])
                $0.node("ConvTranspose", ["x", "w"], ["y"], [("output_shape", .integers([1 << 50, 4]))])
            }, "output_shape")
        expectRefusal(
            .between([1, 1, 2, 2]) {
                $0.node("DepthToSpace", ["x"], ["y"], [("blocksize", .integer(.max))])
            }, "blocks")
    }
}
