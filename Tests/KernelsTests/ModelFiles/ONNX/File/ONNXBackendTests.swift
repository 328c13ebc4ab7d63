// ONNX's own backend tests, from the onnx wheels (Scripts/onnx-tests fetches them), on the reference, the CPU engines
// and OpenCL.
import Foundation
import Testing

@testable import CPUKernels
@testable import ModelFiles
@testable import NetworkGraph

@Suite("ONNX backend tests", .enabled(if: ONNXWheels.folders != nil, "COEXEC_ONNX_TESTS is not set"))
struct ONNXBackendTests {
    /// What the importer supports, by issue.
    private static let operators: Set = [
        "Conv", "ConvTranspose", "BatchNormalization", "InstanceNormalization", "LayerNormalization",
        "GroupNormalization", "RMSNormalization", "LpNormalization", "MeanVarianceNormalization", "LRN", "MaxPool",
        "MaxUnpool", "AveragePool", "LpPool", "GlobalAveragePool", "GlobalMaxPool", "Gemm", "MatMul", "Einsum",
        "Relu", "Clip", "LeakyRelu", "PRelu", "Sigmoid", "HardSigmoid", "HardSwish", "Tanh", "Gelu", "Elu", "Selu",
        "Celu", "Softplus", "Softsign", "Mish", "Swish", "ThresholdedRelu", "Shrink", "Softmax", "LogSoftmax",
        "Hardmax", "Erf", "Exp", "Log", "Sqrt", "Reciprocal", "Floor", "Ceil", "Round", "Neg", "Abs", "Sign", "Sin",
        "Cos", "Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh", "Asinh", "Acosh", "Atanh", "IsNaN", "IsInf", "Add",
        "Mul", "Sub", "Div", "Pow", "Mod", "Sum", "Mean", "Max", "Min", "Equal", "Less", "LessOrEqual", "Greater",
        "GreaterOrEqual", "Not", "And", "Or", "Xor", "Where", "Cast", "CastLike", "ReduceMean", "ReduceSum",
        "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSum",
        "ReduceLogSumExp", "ArgMax", "ArgMin", "TopK", "CumSum", "Concat", "Split", "Slice", "Reshape", "Flatten",
        "Squeeze", "Unsqueeze", "Transpose", "Pad", "Expand", "Tile", "Trilu", "DepthToSpace", "SpaceToDepth",
        "Gather", "GatherElements", "GatherND", "ScatterElements", "ScatterND", "Scatter", "OneHot",
        "ReverseSequence", "Resize", "Upsample", "GridSample", "RoiAlign", "NonMaxSuppression", "Dropout", "Identity",
        "Constant", "ConstantOfShape", "Shape", "Size", "Range", "EyeLike", "If", "QuantizeLinear",
        "DequantizeLinear", "DynamicQuantizeLinear", "QLinearConv", "QLinearMatMul", "ConvInteger", "MatMulInteger",
    ]

    /// What is left out on purpose, as the importer's errors put it.
    private static let leftOut = [
        "windows over 3 axes", "a result without elements", "a part without elements", "a tensor without elements",
        "training mode", "attribute 'training_mode' other than 0",
        "coordinate_transformation_mode 'tf_crop_and_resize'",
        "attribute 'broadcast' other than 0", "casting to type", "whole numbers beyond 2²⁴",
        "elements of type", "opset 1,", "samples of other tensors than maps", "is not a tensor of known rank",
        "attribute 'block_size' other than 0",
        "numbers of 8 bits that were not dequantised", "bound must be floats",
    ]

    /// Their expected results wrap around where the standard (and ONNX Runtime) saturates, or are 0 ÷ 0 where ONNX
    /// Runtime gives 0.
    private static let wrong = "test_qlinearmatmul_[23]D_int8_float(16|32)|test_l2normalization_axis_0"

    /// What an input that is fed can't be, where it can be a constant.
    private static let mustBeConstant = ["must be constant"]

    @Test func everyVersionHasTests() throws {
        let folders = try #require(ONNXWheels.folders)
        #expect(!folders.isEmpty, "no onnx wheels are unpacked in COEXEC_ONNX_TESTS")
    }

    @Test func supportedOperatorsPass() throws {
        var (found, passed) = (0, 0)
        var (reasons, passedOn): ([String: Int], [String: Int]) = ([:], [:])
        var engines = [
            Examined("reference", ReferenceEngine(), absolute: 1e-6),
            Examined("oneDNN", CPUEngine(threads: 1, layers: .always(.blocked))),
            Examined("XNNPACK", CPUEngine(threads: 1, library: .xnnpack)),
        ]
        if OpenCLUnderTest.skipReason == nil {
            engines.append(Examined("OpenCL", try OpenCLUnderTest.engine()))
            engines.append(Examined("OpenCL as on a GPU", try OpenCLUnderTest.engine(OpenCLUnderTest.gpu)))
        }
        for folder in try #require(ONNXWheels.folders).flatMap(Self.cases) {
            guard let example = try? ONNXBackendCase(folder: folder) else {
                reasons["data that isn't a tensor", default: 0] += 1
                continue
            }
            guard example.operators.isSubset(of: Self.operators) else { continue }
            found += 1
            if example.name.wholeMatch(of: try Regex(Self.wrong)) != nil {
                reasons["expected results that are wrong", default: 0] += 1
            } else if let type = example.otherTypes.first {
                reasons[type, default: 0] += 1
            } else if let reason = try run(example, engines, &passedOn) {
                reasons[reason, default: 0] += 1
            } else {
                passed += 1
            }
        }
        let passes = engines.map { "\(passedOn[$0.name] ?? 0) on \($0.name)" }.joined(separator: ", ")
        print("ONNX backend tests of supported operators: \(found) found, \(passed) ran; passed: \(passes); left out:")
        for (reason, count) in reasons.sorted(by: { $0.value > $1.value }) { print("  \(count) × \(reason)") }
        #expect(passed > 0)
    }

    private struct Examined {
        let name: String
        let engine: any Engine
        let absolute: Float

        init(_ name: String, _ engine: any Engine, absolute: Float = 1e-5) {
            (self.name, self.engine, self.absolute) = (name, engine, absolute)
        }
    }

    private static func cases(_ data: URL) throws -> [URL] {
        try ["node", "pytorch-converted", "pytorch-operator", "simple"].flatMap { kind in
            try FileManager.default.contentsOfDirectory(
                at: data.appending(path: kind), includingPropertiesForKeys: nil
            ).filter { $0.lastPathComponent.hasPrefix("test_") }.sorted { $0.path < $1.path }
        }
    }

    /// Runs a case with its inputs fed and with its inputs constant.
    /// - Returns: why it could not run at all, nil if it did.
    private func run(
        _ example: ONNXBackendCase, _ engines: [Examined], _ passedOn: inout [String: Int]
    ) throws -> String? {
        let expected: [ONNXConstant]
        do {
            expected = try example.expected()
        } catch let failure as ImportFailure {
            return failure.reason
        }
        var ran = false
        var failed: Set<String> = []
        var reason: String?
        for variant in ONNXBackendCase.Variant.allCases {
            do {
                let (network, inputs) = try example.network(variant)
                for examined in engines {
                    var outputs = network.makeOutputs()
                    try examined.engine.compile(network).makeContext().run(inputs, into: &outputs)
                    #expect(outputs.count == expected.count, "\(example.name)")
                    for (id, (output, wanted)) in zip(network.outputs, zip(outputs, expected)) {
                        let output = network.nodes[id].operation.name == "box_selection" ? output.foundRows : output
                        guard
                            let mismatch = output.mismatch(
                                wanted, absolute: examined.absolute, relative: example.tolerance)
                        else { continue }
                        failed.insert(examined.name)
                        Issue.record("\(example.name), \(variant), \(examined.name): \(mismatch)")
                    }
                }
                ran = true
            } catch let error as ONNXError {
                let known = Self.leftOut.first { error.reason.contains($0) }
                if !Self.mustBeConstant.contains(where: error.reason.contains) {
                    if let known {
                        reason = known
                    } else {
                        Issue.record("\(example.name), \(variant): \(error)")
                    }
                }
            } catch let failure as ImportFailure {
                reason = failure.reason
            }
        }
        guard ran else { return reason ?? "inputs that must be constant: \(example.name)" }
        for examined in engines where !failed.contains(examined.name) { passedOn[examined.name, default: 0] += 1 }
        return nil
    }

    @Test(
        arguments: [
            "bvlc_alexnet", "densenet121", "inception_v1", "inception_v2", "resnet50", "shufflenet", "squeezenet",
            "vgg19", "zfnet512",
        ])
    func lightModels(_ name: String) throws {
        let folder = try #require(ONNXWheels.folders?.last).appending(path: "light")
        let network = try Network(onnxFile: folder.appending(path: "light_\(name).onnx").path)
        let expected = try ONNXBackendCase.constant(
            Array(try Data(contentsOf: folder.appending(path: "light_\(name)_output_0.pb"))))
        // What ONNX's runner feeds: 0, 1/n, 2/n, …
        let shape = network.nodes[network.inputs[0]].shape
        let input = Tensor(shape, (0..<shape.count).map { Float(Double($0) / Double(shape.count)) })
        // The reference would need minutes.
        var engines: [any Engine] = [CPUEngine(threads: 1, layers: .always(.blocked))]
        if OpenCLUnderTest.skipReason == nil { engines.append(try OpenCLUnderTest.engine()) }
        for engine in engines {
            var outputs = network.makeOutputs()
            try engine.compile(network).makeContext().run([.tensor(input)], into: &outputs)
            let mismatch = outputs[0].mismatch(expected, absolute: 1e-5, relative: 1e-3)
            #expect(mismatch == nil, "\(engine.name): \(mismatch ?? "")")
        }
    }
}

extension Tensor {
    /// The rows of boxes that were found: ONNX has no others.
    fileprivate var foundRows: Tensor {
        let found = Array(values.prefix { $0 >= 0 })
        return Tensor([max(found.count / 3, 1), 3], found)
    }
}
