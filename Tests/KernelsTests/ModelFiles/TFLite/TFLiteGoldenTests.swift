// Trained networks against what LiteRT computed: every model and picture of $COEXEC_DATA/golden.
import Foundation
import Kernels
import Testing

/// A model, an exact input and what it gives.
struct GoldenRun: Sendable, CustomTestStringConvertible {
    let name: String
    let model: String
    let input: [Float]
    let output: [Float]
    /// From one number of the output to the next; nil for floats.
    let step: Float?

    var testDescription: String { name }

    static let folder = ProcessInfo.processInfo.environment["COEXEC_DATA"]

    static let all: [GoldenRun] = {
        guard let folder else { return [] }
        let golden = "\(folder)/golden"
        let files = (try? FileManager.default.contentsOfDirectory(atPath: golden)) ?? []
        return files.filter { $0.hasSuffix(".json") }.sorted().map { GoldenRun("\(golden)/\($0)", folder) }
    }()

    private struct Description: Decodable {
        struct Values: Decodable {
            let dtype: String
            let scale: Float?
            let zeroPoint: Int?

            enum CodingKeys: String, CodingKey {
                case dtype, scale
                case zeroPoint = "zero_point"
            }
        }
        let model: String
        let input: Values
        let output: Values
    }

    private init(_ path: String, _ folder: String) {
        let url = URL(fileURLWithPath: path)
        let stem = url.deletingPathExtension()
        name = stem.lastPathComponent
        do {
            let description = try JSONDecoder().decode(Description.self, from: Data(contentsOf: url))
            model = "\(folder)/models/\(description.model).tflite"
            let network = try Network(tfliteFile: model)
            let grid = network.nodes.lazy.compactMap {
                if case .unary(.quantize(let grid)) = $0.operation { grid } else { nil }
            }.first
            let bytes = [UInt8](try Data(contentsOf: stem.appendingPathExtension("input.bin")))
            input = Self.values(bytes, description.input.dtype, grid?.scale ?? 1, grid?.zeroPoint ?? 0)
            step = description.output.dtype == "float32" ? nil : description.output.scale
            output = Self.values(
                [UInt8](try Data(contentsOf: stem.appendingPathExtension("output.bin"))), description.output.dtype,
                step ?? 1, description.output.zeroPoint ?? 0)
        } catch {
            fatalError("\(path): \(error)")
        }
    }

    private static func values(_ bytes: [UInt8], _ type: String, _ scale: Float, _ zeroPoint: Int) -> [Float] {
        switch type {
        case "uint8": bytes.map { scale * Float(Int($0) - zeroPoint) }
        case "int8": bytes.map { scale * Float(Int(Int8(bitPattern: $0)) - zeroPoint) }
        default:
            bytes.withUnsafeBytes { raw in
                (0..<raw.count / 4).map { raw.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
            }
        }
    }

    func check(_ engine: any Engine, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let network = try Network(tfliteFile: model)
        let shape = network.nodes[network.inputs[0]].shape
        var outputs = network.makeOutputs()
        try engine.compile(network).makeContext().run([.tensor(Tensor(shape, input))], into: &outputs)
        let result = outputs[0].values
        #expect(result.count == output.count, sourceLocation: sourceLocation)
        // The network ends in a softmax of a grid: the golden run's own rounding before it may differ by a step, and
        // moves a probability by that step times p (1 − p), or a bit more.
        let logitStep = network.nodes.dropLast().compactMap { node -> Float? in
            if case .unary(.quantize(let grid)) = node.operation { grid.scale } else { nil }
        }.last
        func tolerance(_ p: Float) -> Float {
            guard let step, let logitStep else { return 1e-4 }
            return 2.01 * step + 1.5 * logitStep * p * (1 - p)
        }
        for (index, (value, expected)) in zip(result, output).enumerated()
        where !(abs(value - expected) <= tolerance(expected)) {
            Issue.record("class \(index): \(value), expected \(expected)", sourceLocation: sourceLocation)
        }
        let best = output.indices.max { output[$0] < output[$1] }!
        #expect(result[best] >= result.max()! - tolerance(output[best]), sourceLocation: sourceLocation)
    }
}

@Suite("TFLite golden runs", .enabled(if: GoldenRun.folder != nil, "COEXEC_DATA is not set"))
struct TFLiteGoldenTests {
    @Test(arguments: GoldenRun.all) func reference(_ run: GoldenRun) throws { try run.check(ReferenceEngine()) }

    @Test(arguments: GoldenRun.all) func cpu(_ run: GoldenRun) throws { try run.check(CPUEngine(threads: 1)) }

    @Test(.enabled(if: OpenCLUnderTest.skipReason == nil, "no OpenCL device"), arguments: GoldenRun.all)
    func openCL(_ run: GoldenRun) throws { try run.check(OpenCLUnderTest.engine()) }

    @Test("no transposes but of what enters and leaves", arguments: GoldenRun.all)
    func transposes(_ run: GoldenRun) throws {
        let network = try Network(tfliteFile: run.model)
        let transposes = network.nodes.filter { if case .transpose = $0.operation { true } else { false } }
        #expect(transposes.count == 1)
        let frames = try Network(modelFile: run.model)
        #expect(!frames.nodes.contains { if case .transpose = $0.operation { true } else { false } })
    }
}
