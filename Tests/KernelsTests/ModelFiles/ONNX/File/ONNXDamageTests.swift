// Damaged and hostile models: one clear error, no crash, no memory that a file only claims to need.
import Foundation
import Kernels
import Testing

@Suite("ONNX damage")
struct ONNXDamageTests {
    private func model(_ build: (inout ONNXEncoder) -> Void) -> ONNXEncoder { .between([1, 2, 4, 4], build) }

    @Test func everyTruncationIsRefusedOrWhole() throws {
        let whole = ONNXEncoder.classifier().bytes
        _ = try Network(onnx: whole)
        var refused = 0
        for length in 0..<whole.count {
            do { _ = try Network(onnx: Array(whole[..<length])) } catch { refused += 1 }
        }
        #expect(refused == whole.count)
    }

    @Test(arguments: [ONNXEncoder.classifier(), .quantizedLayer(), .conditions()])
    func everyFlippedBitEndsInANetworkOrAnError(_ model: ONNXEncoder) {
        let whole = model.bytes
        for position in whole.indices {
            for bit in 0..<8 {
                var damaged = whole
                damaged[position] ^= 1 << bit
                _ = try? Network(onnx: damaged)
            }
        }
    }

    @Test func errorsNameTheModelTheNodeAndTheOperator() throws {
        let model = model { $0.node("Frobnicate", ["x"], ["y"], name: "stem") }
        do {
            _ = try Network(onnx: model.bytes, name: "a.onnx")
            Issue.record("imported")
        } catch {
            #expect(error.description == "a.onnx: node 'stem' (Frobnicate): operator 'Frobnicate' is not supported")
            #expect(error.kind == .unsupported)
        }
        expectRefusal(self.model { $0.node("Relu", ["x"], ["y"], domain: "com.example") }, "'y'", "com.example.Relu")
        expectRefusal(self.model { $0.node("Relu", ["x"], ["y"], [("slope", .float(1))]) }, "Relu", "slope")
    }

    @Test func badGraphsAreRefused() {
        expectRefusal(
            model {
                $0.node("Add", ["x", "b"], ["a"])
                $0.node("Relu", ["a"], ["b"])
                $0.node("Relu", ["b"], ["y"])
            }, "cycle")
        expectRefusal(model { $0.node("Relu", ["y"], ["y"]) }, "cycle")
        expectRefusal(model { $0.node("Relu", ["nowhere"], ["y"]) }, "'nowhere'", "Relu")
        expectRefusal(model { _ in }, "'y'")
        expectRefusal(model { $0.node("Relu", [], ["y"]) }, "left out")
        expectRefusal(
            model {
                $0.node("Relu", ["x"], ["y"])
                $0.node("Tanh", ["x"], ["y"])
            }, "two values are called 'y'")
        expectRefusal(model { $0.node("Relu", ["x"], ["x"]) }, "two values are called 'x'")
        expectRefusal(
            model {
                $0.initializer("w", [1], [1])
                $0.initializer("w", [1], [2])
                $0.node("Relu", ["x"], ["y"])
            }, "two initializers are called 'w'")
        var old = ONNXEncoder(opset: 5)
        old.output("y")
        expectRefusal(old, "opset 5")
        expectRefusal(ONNXEncoder(), "not an ONNX model")
    }

    @Test func longChainsNeedNoStack() throws {
        var model = ONNXEncoder()
        model.input("x0", [1])
        for index in 0..<20_000 { model.node("Tanh", ["x\(index)"], ["x\(index + 1)"]) }
        model.output("x20000")
        #expect(try Network(onnx: model.bytes).nodes.count == 20_001)
    }

    @Test func hugeAndNegativeShapesAreRefused() {
        for extents in [[-2], [1 << 62, 4], [.max, .max], [1 << 20, 1 << 20], [1, 0, 3]] {
            var model = ONNXEncoder()
            model.input("x", extents)
            model.node("Relu", ["x"], ["y"])
            model.output("y")
            expectRefusal(model)
        }
        for extents in [[-3], [1 << 62, 4], [1 << 40], Array(repeating: 1, count: 40)] {
            expectRefusal(
                model {
                    $0.initializer(ONNXEncoder.tensor("w", extents, floats: [1]))
                    $0.node("Add", ["x", "w"], ["y"])
                }, "w")
            expectRefusal(
                model {
                    $0.initializer("shape", extents)
                    $0.node("ConstantOfShape", ["shape"], ["c"])
                    $0.node("Add", ["x", "c"], ["y"])
                }, "ConstantOfShape")
            expectRefusal(
                model {
                    $0.initializer("shape", extents)
                    $0.node("Reshape", ["x", "shape"], ["y"])
                }, "Reshape")
        }
    }

    @Test func hugeParametersAreRefused() {
        for counts in [[0, 0, 1 << 40, 0, 0, 0, 0, 0], [.max, 0, 0, 0, 1, 0, 0, 0], [0, 0, .min, 0, 0, 0, 0, 0]] {
            for mode in ["constant", "edge", "reflect"] {
                expectRefusal(
                    model {
                        $0.initializer("pads", counts)
                        $0.node("Pad", ["x", "pads"], ["y"], [("mode", .text(mode))])
                    }, "Pad")
            }
        }
        for (name, values) in [
            ("pads", [1 << 40, 0, 0, 0]), ("pads", [-1, 0, 0, 0]), ("strides", [0, 1]), ("strides", [.max, 1]),
            ("dilations", [.max, .max]), ("kernel_shape", [1 << 62, 1]), ("kernel_shape", [0, 1]),
            ("kernel_shape", [5, 5]), ("kernel_shape", []),
        ] {
            expectRefusal(
                model {
                    let kernel = name == "kernel_shape" ? values : [2, 2]
                    $0.node(
                        "MaxPool", ["x"], ["y"],
                        [("kernel_shape", .integers(kernel))]
                            + (name == "kernel_shape" ? [] : [(name, .integers(values))]))
                }, "MaxPool")
        }
        for scale: Float in [1e30, .infinity, .nan, -1, 0] {
            expectRefusal(
                model {
                    $0.initializer("scales", [4], [1, 1, scale, 1])
                    $0.node("Resize", ["x", "", "scales"], ["y"])
                }, "Resize")
        }
        expectRefusal(model { $0.node("LRN", ["x"], ["y"], [("size", .integer(0))]) }, "size")
    }

    @Test func wrongOperandsAreRefused() {
        func conv(_ extents: [Int], _ attributes: [(String, ONNXEncoder.Attribute)] = []) -> ONNXEncoder {
            model {
                $0.initializer("w", extents, Array(repeating: 1, count: extents.reduce(1, *)))
                $0.node("Conv", ["x", "w"], ["y"], attributes)
            }
        }
        expectRefusal(conv([3, 2, 5, 5]), "Conv", "does not fit")
        expectRefusal(conv([3, 4, 1, 1]), "Conv", "channels")
        expectRefusal(conv([3, 2]), "Conv")
        expectRefusal(conv([3, 2, 1, 1], [("group", .integer(0))]), "groups")
        expectRefusal(conv([3, 2, 1, 1], [("group", .integer(-2))]), "groups")
        expectRefusal(conv([3, 1, 1, 1], [("group", .integer(2))]), "groups")
        expectRefusal(conv([3, 2, 1, 1], [("auto_pad", .text("SOME"))]), "SOME")
        expectRefusal(model { $0.node("Conv", ["x", "x"], ["y"]) }, "must be constant")
        expectRefusal(model { $0.node("Transpose", ["x"], ["y"], [("perm", .integers([0, 0, 1, 2]))]) }, "Transpose")
        expectRefusal(model { $0.node("Softmax", ["x"], ["y"], [("axis", .integer(4))]) }, "axis 4")
        expectRefusal(model { $0.node("Concat", ["x", "x"], ["y"], [("axis", .integer(.min))]) }, "axis")
        expectRefusal(model { $0.node("Flatten", ["x"], ["y"], [("axis", .integer(9))]) }, "axis 9")
        expectRefusal(model { $0.node("Squeeze", ["x"], ["y"], [("axes", .integers([1]))]) }, "Squeeze")
        expectRefusal(model { $0.node("MatMul", ["x", "x"], ["y"], []) }.opset(1), "opset 1")
        expectRefusal(
            model {
                $0.initializer("indices", [2])
                $0.node("Gather", ["x", "indices"], ["y"], [("axis", .integer(1))])
            }, "Gather")
        expectRefusal(
            model {
                $0.initializer(ONNXEncoder.tensor("zero", [], integers: [0]))
                $0.initializer(ONNXEncoder.tensor("one", [], integers: [.min]))
                $0.node("Div", ["one", "zero"], ["q"])
                $0.node("Cast", ["q"], ["y"], [("to", .integer(1))])
            }, "Div")
        expectRefusal(
            model {
                $0.initializer(ONNXEncoder.tensor("w", [4], raw: [1, 2, 3]))
                $0.node("Add", ["x", "w"], ["y"])
            }, "3 bytes")
        expectRefusal(
            model {
                $0.initializer(ONNXEncoder.tensor("w", [1], type: 8, raw: [1, 2]))
                $0.node("Add", ["x", "w"], ["y"])
            }, "elements of type string")
    }

    @Test func computingConstantsIsBounded() {
        // Each doubling is small in the file: 2⁴⁰ elements in the end.
        expectRefusal(
            model {
                $0.initializer("c0", [1], [1])
                for index in 0..<40 {
                    $0.node("Concat", ["c\(index)", "c\(index)"], ["c\(index + 1)"], [("axis", .integer(0))])
                }
                $0.node("ReduceMean", ["c40"], ["m"])
                $0.node("Add", ["x", "m"], ["y"])
            }, "Concat", "steps")
        // And in each run: activations.
        expectRefusal(
            model {
                $0.node("Concat", ["x", "x"], ["c0"], [("axis", .integer(0))])
                for index in 0..<40 {
                    $0.node("Concat", ["c\(index)", "c\(index)"], ["c\(index + 1)"], [("axis", .integer(0))])
                }
                $0.node("Relu", ["c40"], ["y"])
            }, "Concat", "elements")
    }

    @Test func filesThatAreNoModelsAreRefused() throws {
        for path in ["/dev/null", "/dev/zero", "/", "/nonexistent/model.onnx", #filePath] {
            #expect(throws: ONNXError.self) { try Network(onnxFile: path) }
        }
    }
}

extension ONNXEncoder {
    fileprivate func opset(_ opset: Int) -> ONNXEncoder {
        var model = self
        model.opset = opset
        return model
    }
}
