// Functions that a model defines for itself: their calls become what they hold.
import Kernels
import Testing

@Suite("ONNX functions")
struct ONNXFunctionTests {
    private let x = Tensor([1, 4], [1, -2, 3, -4])

    /// y = −(alpha-leaky(−x)), by a function that calls another one.
    private func model(depth: Int = 1) -> ONNXEncoder {
        var model = ONNXEncoder.between([1, 4]) {
            $0.node("Bent", ["x"], ["t"], [("alpha", .float(0.5))], domain: "local")
            $0.node("Bent", ["t"], ["y"], domain: "local")
        }
        model.function("Bent", ["a"], ["b"], attributes: ["alpha"]) {
            $0.node("Turned", ["a"], ["t"], domain: "local")
            $0.node("LeakyRelu", ["t"], ["u"], references: ["alpha": "alpha"])
            $0.node("Turned", ["u"], ["b"], domain: "local")
        }
        model.function("Turned", ["a"], ["b"]) { $0.node("Neg", ["a"], ["b"]) }
        return model
    }

    @Test func callsBecomeWhatFunctionsHold() throws {
        let network = try Network(onnx: model().bytes)
        // The second call leaves the attribute out: LeakyRelu's own 0.01.
        #expect(try network.run(x)[0].values.map { ($0 * 1e4).rounded() } == [50, -20000, 150, -40000])
        #expect(network.operationNames.filter { $0 == "leaky_relu" }.count == 2)
    }

    /// An input handed on, a result that nobody wants, an optional input that is left out.
    @Test func resultsMayBeInputs() throws {
        var model = ONNXEncoder.between([1, 4]) {
            $0.node("Both", ["x"], ["", "t"], domain: "local")
            $0.node("Neg", ["t"], ["y"])
        }
        model.function("Both", ["a", "low"], ["c", "a"]) { $0.node("Clip", ["a", "low"], ["c"]) }
        #expect(try Network(onnx: model.bytes).run(x)[0].values == [-1, 2, -3, 4])
    }

    /// Branches in functions read the call's values, and have names of their own.
    @Test func branchesStandInFunctions() throws {
        var model = ONNXEncoder.between([1, 4]) {
            $0.initializer(ONNXEncoder.tensor("yes", [], type: 9, field: 5, [1]))
            $0.node("Chosen", ["x", "yes"], ["t"], domain: "local")
            $0.node("Chosen", ["t", "yes"], ["y"], domain: "local")
        }
        model.function("Chosen", ["a", "c"], ["r"]) {
            $0.node("Add", ["a", "a"], ["t"])
            $0.condition(
                "c", ["r"], then: .branch("u") { $0.node("Add", ["t", "a"], ["u"]) },
                otherwise: .branch("u") { $0.node("Frobnicate", ["t"], ["u"]) })
        }
        #expect(try Network(onnx: model.bytes).run(x)[0].values == [9, -18, 27, -36])
    }

    @Test func endlessCallsAreRefused() {
        var model = ONNXEncoder.between([1, 4]) { $0.node("Again", ["x"], ["y"], domain: "local") }
        model.function("Again", ["a"], ["b"]) { $0.node("Again", ["a"], ["b"], domain: "local") }
        expectRefusal(model, "functions that call functions")
    }

    /// Each function calls the next one a hundred times.
    @Test func copiesAreBounded() {
        var model = ONNXEncoder.between([1, 4]) { $0.node("F0", ["x"], ["y"], domain: "local") }
        for level in 0..<10 {
            model.function("F\(level)", ["v0"], ["v100"]) {
                for index in 0..<100 {
                    $0.node("F\(level + 1)", ["v\(index)"], ["v\(index + 1)"], domain: "local")
                }
            }
        }
        model.function("F10", ["a"], ["b"]) { $0.node("Neg", ["a"], ["b"]) }
        expectRefusal(model, "more than")
    }

    @Test func otherOpsetsAreRefused() {
        var model = self.model()
        model.function("Other", ["a"], ["b"], opset: 9) { $0.node("Neg", ["a"], ["b"]) }
        #expect(throws: Never.self) { try Network(onnx: model.bytes) }
        var used = ONNXEncoder.between([1, 4]) { $0.node("Other", ["x"], ["y"], domain: "local") }
        used.function("Other", ["a"], ["b"], opset: 9) { $0.node("Neg", ["a"], ["b"]) }
        expectRefusal(used, "another opset")
    }
}
