// Conditions that are known while a model is imported, and what they are computed with.
import Kernels
import Testing

extension ONNXEncoder {
    /// A branch of a condition: a graph without inputs.
    static func branch(_ results: String..., build: (inout ONNXEncoder) -> Void) -> ONNXEncoder {
        var graph = ONNXEncoder()
        build(&graph)
        for result in results { graph.output(result) }
        return graph
    }

    mutating func condition(
        _ name: String, _ results: [String], then: ONNXEncoder, otherwise: ONNXEncoder, label: String = ""
    ) {
        node("If", [name], results, name: label, [("then_branch", .graph(then)), ("else_branch", .graph(otherwise))])
    }

    /// Whether x, 1×2×3×4, has two channels is found out; then, in the branch, whether it has four columns. Branches
    /// read values of the graphs around them, and use each other's names.
    static func conditions() -> ONNXEncoder {
        .between([1, 2, 3, 4]) {
            $0.node("Shape", ["x"], ["shape"])
            for (name, position) in [("channel", 1), ("column", 3)] {
                $0.initializer("\(name)_axis", [position])
                $0.node("Gather", ["shape", "\(name)_axis"], ["\(name)s"])
            }
            $0.initializer("two", [2])
            $0.initializer("three", [3])
            $0.initializer("factor", [1], [2])
            $0.node("Mul", ["x", "factor"], ["doubled"])
            $0.node("Equal", ["channels", "two"], ["has_two"])
            $0.condition(
                "has_two", ["chosen"],
                then: .branch("r") {
                    $0.initializer("t", [1], [10])
                    $0.node("Add", ["doubled", "t"], ["s"])
                    $0.node("Greater", ["columns", "three"], ["is_wide"])
                    $0.condition(
                        "is_wide", ["r"],
                        then: .branch("t") { $0.node("Add", ["s", "x"], ["t"]) },
                        otherwise: .branch("t") { $0.node("Frobnicate", ["s"], ["t"]) })
                }, otherwise: .branch("r") { $0.node("Frobnicate", ["doubled"], ["r"]) })
            $0.node("Neg", ["chosen"], ["y"])
        }
    }
}

@Suite("ONNX conditions")
struct ONNXConditionTests {
    private let x = Tensor([1, 2, 3, 4], (0..<24).map { Float($0) })

    @Test func branchesTakeTheConditionsPlace() throws {
        let network = try Network(onnx: ONNXEncoder.conditions().bytes)
        #expect(try network.run(x)[0].values == (0..<24).map { -Float(3 * $0 + 10) })
        #expect(network.operationNames == ["tensor", "depthwise", "addition", "negation"])
    }

    /// What only the other branch reads isn't even looked at.
    @Test func theOtherBranchNeedsNothing() throws {
        let model = ONNXEncoder.between([1, 2, 3, 4]) {
            $0.node("Frobnicate", ["x"], ["unknown"])
            $0.initializer(ONNXEncoder.tensor("no", [], type: 9, field: 5, [0]))
            $0.condition(
                "no", ["a", "b"],
                then: .branch("unknown", "x") { _ in },
                // Results may be values of the graph around.
                otherwise: .branch("t", "x") { $0.node("Abs", ["x"], ["t"]) })
            $0.node("Sub", ["a", "b"], ["y"])
        }
        #expect(try Network(onnx: model.bytes).run(x)[0].values == [Float](repeating: 0, count: 24))
    }

    /// An input that can't be taken, here of text, is an error only if the branch that reads it is taken.
    @Test func inputsOfTheOtherBranchMayBeAnything() throws {
        func model(_ takesText: Int) -> ONNXEncoder {
            .between([1, 2, 3, 4]) {
                $0.input("text", [1], type: 8)
                $0.initializer("c", [takesText])
                $0.condition(
                    "c", ["y"], then: .branch("t") { $0.node("Abs", ["text"], ["t"]) },
                    otherwise: .branch("t") { $0.node("Abs", ["x"], ["t"]) })
            }
        }
        let network = try Network(onnx: model(0).bytes)
        #expect(network.inputs.count == 1)
        #expect(try network.run(x)[0] == x)
        expectRefusal(model(1), "input 'text'", "not of type float")
    }

    /// The truth of a comparison or of logic, as a number that the network adds.
    @Test(arguments: [
        ("Equal", [3, 3], true), ("Equal", [3, 4], false), ("Less", [3, 4], true), ("Less", [4, 4], false),
        ("LessOrEqual", [4, 4], true), ("Greater", [3, 4], false), ("GreaterOrEqual", [4, 4], true),
        ("And", [1, 0], false), ("And", [1, 1], true), ("Or", [1, 0], true), ("Or", [0, 0], false),
        ("Xor", [1, 1], false), ("Xor", [0, 1], true), ("Not", [1], false), ("Not", [0], true),
    ])
    func truth(_ name: String, _ operands: [Int], _ holds: Bool) throws {
        let model = ONNXEncoder.between([1]) { model in
            for (index, value) in operands.enumerated() { model.initializer("v\(index)", [value]) }
            model.node(name, operands.indices.map { "v\($0)" }, ["c"])
            model.condition(
                "c", ["y"], then: .branch("t") { $0.node("Neg", ["x"], ["t"]) },
                otherwise: .branch("t") { $0.node("Relu", ["x"], ["t"]) })
        }
        #expect(try Network(onnx: model.bytes).run(Tensor([1], [5]))[0].values == [holds ? -5 : 5])
    }

    @Test func shapesAreComputed() throws {
        // 1×2×3×4 to 2×12: where the extent isn't 1, it is kept; 4 × 3 behind it.
        let model = ONNXEncoder.between([1, 2, 3, 4]) {
            $0.initializer("one", [1])
            for (name, value) in [("start", 1), ("limit", 4), ("step", 1)] {
                $0.initializer(ONNXEncoder.tensor(name, [], integers: [value]))
            }
            $0.node("Shape", ["x"], ["shape"])
            $0.node("Range", ["start", "limit", "step"], ["axes"])
            $0.node("Gather", ["shape", "axes"], ["extents"])
            $0.initializer("minus", [-1])
            $0.initializer("two", [2])
            $0.node("Equal", ["extents", "two"], ["is_two"])
            $0.node("Where", ["is_two", "extents", "minus"], ["marked"])
            $0.node("Slice", ["marked", "zero", "two"], ["target"])
            $0.initializer("zero", [0])
            $0.node("Reshape", ["x", "target"], ["y"])
        }
        #expect(try Network(onnx: model.bytes).run(x)[0] == Tensor([2, 12], x.values))
    }

    @Test func whatRunsDecideIsRefused() {
        let branch = ONNXEncoder.branch("x") { _ in }
        expectRefusal(
            .between([1]) { $0.condition("x", ["y"], then: branch, otherwise: branch, label: "gate") },
            "'gate' (If)", "known before")
        expectRefusal(
            .between([2]) {
                $0.initializer("c", [1, 0])
                $0.condition("c", ["y"], then: branch, otherwise: branch)
            }, "one truth value")
        expectRefusal(
            .between([1]) {
                $0.initializer("c", [1])
                $0.node("If", ["c"], ["y"], [("else_branch", .graph(branch))])
            }, "'then_branch' is left out")
        expectRefusal(
            .between([1]) {
                $0.initializer("c", [1])
                $0.condition("c", ["y", "z"], then: branch, otherwise: branch)
            }, "1 values for 2")
    }

    @Test func badBranchesAreRefused() {
        // A branch that reads what the condition gives; one that makes a value twice; one with an input.
        for build: (inout ONNXEncoder) -> Void in [
            { $0.node("Neg", ["y"], ["t"]) },
            {
                $0.node("Neg", ["x"], ["t"])
                $0.node("Abs", ["x"], ["t"])
            },
            {
                $0.input("i", [1])
                $0.node("Neg", ["i"], ["t"])
            },
            { $0.node("Frobnicate", ["x"], ["t"]) }, { _ in },
        ] {
            let branch = ONNXEncoder.branch("t", build: build)
            expectRefusal(
                .between([1]) {
                    $0.initializer("c", [1])
                    $0.condition("c", ["y"], then: branch, otherwise: branch)
                })
        }
    }

    @Test func depthIsBounded() {
        var branch = ONNXEncoder.branch("x") { _ in }
        for _ in 0..<1000 {
            let inner = branch
            branch = .branch("t") { $0.condition("c", ["t"], then: inner, otherwise: .branch("x") { _ in }) }
        }
        expectRefusal(
            .between([1]) {
                $0.initializer("c", [1])
                $0.condition("c", ["y"], then: branch, otherwise: branch)
            }, "deep")
    }

    /// Each branch is looked at once, however many conditions there are.
    @Test(.timeLimit(.minutes(1))) func manyConditionsTakeNoLonger() throws {
        let model = ONNXEncoder.between([1]) { model in
            model.initializer("c", [1])
            for index in 0..<2000 {
                model.condition(
                    "c", [index == 1999 ? "y" : "x\(index + 1)"],
                    then: .branch("t") { $0.node("Neg", [index == 0 ? "x" : "x\(index)"], ["t"]) },
                    otherwise: .branch("x") { _ in })
            }
        }
        #expect(try Network(onnx: model.bytes).nodes.count == 2001)
    }

    @Test func rangesAreBounded() {
        for numbers: [Int] in [[0, 1 << 40, 1], [0, .max, 1], [0, 10, 0], [.max - 1, .max, 1]] {
            expectRefusal(
                .between([1]) {
                    for (name, value) in zip(["a", "b", "c"], numbers) {
                        $0.initializer(ONNXEncoder.tensor(name, [], integers: [value]))
                    }
                    $0.node("Range", ["a", "b", "c"], ["r"])
                    $0.node("Expand", ["x", "r"], ["y"])
                }, "Range")
        }
        expectRefusal(
            .between([1]) {
                $0.initializer("shape", [1 << 20, 1 << 20])
                $0.node("Expand", ["x", "shape"], ["y"])
            }, "Expand")
        expectRefusal(
            .between([1]) {
                let zeros = [UInt8](repeating: 0, count: 1 << 19)
                $0.initializer(ONNXEncoder.tensor("a", [1 << 16, 1], type: 7, raw: zeros))
                $0.initializer(ONNXEncoder.tensor("b", [1, 1 << 16], type: 7, raw: zeros))
                $0.node("Equal", ["a", "b"], ["y"])
            }, "Equal", "steps")
    }
}
