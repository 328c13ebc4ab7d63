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
        "Conv", "BatchNormalization", "Relu", "Clip", "LeakyRelu", "PRelu", "Sigmoid", "HardSigmoid", "HardSwish",
        "Tanh", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "Gemm", "MatMul", "Add", "Mul", "Sub",
        "Div", "Concat", "Split", "Slice", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Pad", "LRN",
        "Softmax", "LogSoftmax", "Dropout", "Identity", "Constant", "ConstantOfShape", "Shape", "Gather", "ReduceMean",
        "Resize", "Upsample", "Cast", "Sum", "ArgMax", "QuantizeLinear", "DequantizeLinear", "QLinearConv",
        "QLinearMatMul", "ConvInteger", "MatMulInteger", "LayerNormalization", "InstanceNormalization", "Gelu", "Erf",
        "Exp", "Log", "Sqrt", "Reciprocal", "Floor", "Neg", "Abs", "Pow", "Expand", "Range", "Where", "If", "Equal",
        "Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Not", "And", "Or", "Xor",
    ]

    /// What is left out on purpose, as the importer's errors put it.
    private static let leftOut = [
        "windows over 3 axes", "a result without elements", "a part without elements", "a tensor without elements",
        "training mode", "attribute 'training_mode' other than 0",
        "coordinate_transformation_mode 'tf_crop_and_resize'",
        "output 1 of MaxPool is not supported", "attribute 'broadcast' other than 0", "casting to type",
        "elements of type", "opset 1,", "is not a tensor of known rank", "attribute 'block_size' other than 0",
        "numbers of 8 bits that were not dequantised", "bound must be floats",
    ]

    /// Their expected results wrap around where the standard (and ONNX Runtime) saturates.
    private static let wrong = "test_qlinearmatmul_[23]D_int8_float(16|32)"

    /// What an input that is fed can't be, where it can be a constant.
    private static let mustBeConstant = ["must be constant"]

    @Test func everyVersionHasTests() throws {
        let folders = try #require(ONNXWheels.folders)
        #expect(!folders.isEmpty, "no onnx wheels are unpacked in COEXEC_ONNX_TESTS")
    }

    @Test func supportedOperatorsPass() throws {
        var (found, passed) = (0, 0)
        var reasons: [String: Int] = [:]
        var engines: [(any Engine, absolute: Float)] = [
            (ReferenceEngine(), 1e-6), (CPUEngine(threads: 1, layers: .always(.blocked)), 1e-5),
            (CPUEngine(threads: 1, library: .xnnpack), 1e-5),
        ]
        if OpenCLUnderTest.skipReason == nil {
            engines += try [(OpenCLUnderTest.engine(), 1e-5), (OpenCLUnderTest.engine(OpenCLUnderTest.gpu), 1e-5)]
        }
        for folder in try #require(ONNXWheels.folders).flatMap(Self.cases) {
            guard let example = try? ONNXBackendCase(folder: folder) else {
                reasons["data that isn't a tensor", default: 0] += 1
                continue
            }
            guard example.operators.isSubset(of: Self.operators) else { continue }
            found += 1
            if example.name.wholeMatch(of: try Regex(Self.wrong)) != nil {
                reasons["expected results that wrap around", default: 0] += 1
            } else if let type = example.otherTypes.first {
                reasons[type, default: 0] += 1
            } else if let reason = try run(example, engines) {
                reasons[reason, default: 0] += 1
            } else {
                passed += 1
            }
        }
        print("ONNX backend tests of supported operators: \(found) found, \(passed) ran; left out:")
        for (reason, count) in reasons.sorted(by: { $0.value > $1.value }) { print("  \(count) × \(reason)") }
        #expect(passed > 0)
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
    private func run(_ example: ONNXBackendCase, _ engines: [(any Engine, absolute: Float)]) throws -> String? {
        let expected: [ONNXConstant]
        do {
            expected = try example.expected()
        } catch let failure as ImportFailure {
            return failure.reason
        }
        var ran = false
        var reason: String?
        for variant in ONNXBackendCase.Variant.allCases {
            do {
                let (network, inputs) = try example.network(variant)
                for (engine, absolute) in engines {
                    var outputs = network.makeOutputs()
                    try engine.compile(network).makeContext().run(inputs, into: &outputs)
                    #expect(outputs.count == expected.count, "\(example.name)")
                    for (output, wanted) in zip(outputs, expected) {
                        if let mismatch = output.mismatch(wanted, absolute: absolute, relative: example.tolerance) {
                            Issue.record("\(example.name), \(variant), \(engine.name): \(mismatch)")
                        }
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
        return ran ? nil : reason ?? "inputs that must be constant: \(example.name)"
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
