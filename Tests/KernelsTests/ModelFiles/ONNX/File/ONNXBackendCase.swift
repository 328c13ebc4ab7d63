// One of ONNX's own backend tests: a model with inputs and expected outputs, in a folder of the onnx wheel.
import Foundation

@testable import ModelFiles
@testable import NetworkGraph

enum ONNXWheels {
    /// The test data of each version of the wheel.
    static let folders: [URL]? = ProcessInfo.processInfo.environment["COEXEC_ONNX_TESTS"].map { path in
        let versions = try? FileManager.default.contentsOfDirectory(
            at: URL(fileURLWithPath: path), includingPropertiesForKeys: nil)
        return (versions ?? []).map { $0.appending(path: "onnx/backend/test/data") }
            .filter { FileManager.default.fileExists(atPath: $0.path) }.sorted { $0.path < $1.path }
    }
}

struct ONNXBackendCase {
    /// What a model's inputs are made: everything that may be fed; only the first one; nothing.
    enum Variant: CaseIterable { case fed, firstFed, constant }

    let name: String
    private let bytes: [UInt8]
    private let model: ONNXModel
    private let inputs: [[UInt8]]
    private let outputs: [[UInt8]]

    init(folder: URL) throws {
        name = folder.lastPathComponent
        bytes = Array(try Data(contentsOf: folder.appending(path: "model.onnx")))
        model = try ONNXModel(ByteSlice(ByteStorage(bytes)))
        func tensors(_ kind: String) throws -> [[UInt8]] {
            var tensors: [[UInt8]] = []
            while true {
                let file = folder.appending(path: "test_data_set_0/\(kind)_\(tensors.count).pb")
                guard FileManager.default.fileExists(atPath: file.path) else { return tensors }
                tensors.append(Array(try Data(contentsOf: file)))
            }
        }
        (inputs, outputs) = (try tensors("input"), try tensors("output"))
    }

    var operators: Set<String> { Set(model.graph?.nodes.map(\.operatorName) ?? []) }

    /// Types of inputs and outputs that aren't floats, int64, int32, bool, uint8 or int8.
    var otherTypes: [String] {
        let values = (model.graph?.inputs ?? []) + (model.graph?.outputs ?? [])
        return values.compactMap { value in
            guard let type = value.elementType else { return "no tensor" }
            return (Self.fedTypes + [6, 7, 9]).contains(type) ? nil : "type \(type)"
        }
    }

    /// float, float16, double, bfloat16; uint8 and int8, whose whole numbers are fed as floats.
    private static let fedTypes = [1, 10, 11, 16, 2, 3]

    /// How far results may be off, in relation to what is expected: onnx 1.16.2 cuts bfloat16 off after seven bits.
    var tolerance: Float { model.graph?.outputs.contains { $0.elementType == 16 } == true ? 0x1p-7 : 1e-3 }

    /// The network with some inputs made constants, and what to feed to the others.
    func network(_ variant: Variant) throws -> (network: Network, inputs: [NetworkInput]) {
        var content = bytes
        var fed: [String: Tensor] = [:]
        for (index, (info, data)) in zip(model.graph?.inputs ?? [], inputs).enumerated() {
            let tensor = try Self.constant(data, type: info.elementType)
            let mayBeFed = Self.fedTypes.contains(info.elementType ?? 0)
            if mayBeFed, variant == .fed || (variant == .firstFed && index == 0), let tensor = tensor.asFloats.tensor {
                fed[info.name] = tensor
            } else {
                // A field that stands there twice is merged: the graph gets another initializer, the tensor this name.
                let named = data + Self.type(info.elementType) + ProtobufMessage.build { $0.text(8, info.name) }
                content += ProtobufMessage.build { model in
                    model.bytes(7, ProtobufMessage.build { $0.bytes(5, named) })
                }
            }
        }
        let network = try Network(onnx: content, name: name)
        return (network, network.inputs.map { .tensor(fed[network.nodes[$0].name]!) })
    }

    func expected() throws -> [ONNXConstant] {
        try zip(outputs, model.graph?.outputs ?? []).map { try Self.constant($0, type: $1.elementType) }
    }

    /// - Parameter type: what the model says that the elements are; in onnx 1.16.2 some data says otherwise.
    static func constant(_ bytes: [UInt8], type: Int? = nil) throws -> ONNXConstant {
        var budget = ONNXBudget()
        return try ONNXTensor(ByteSlice(ByteStorage(bytes + Self.type(type))), &budget)
            .constant(externalData: ONNXExternalData(model: nil))
    }

    /// A tensor's type, to be put behind the tensor.
    private static func type(_ type: Int?) -> [UInt8] {
        ProtobufMessage.build { message in if let type { message.integer(2, type) } }
    }
}

extension Tensor {
    /// The first element that is further from what is expected than `absolute` + `relative` × its size; nil if none is.
    func mismatch(_ expected: ONNXConstant, absolute: Float, relative: Float) -> String? {
        guard case .floats(let wanted) = expected.asFloats.elements, shape.extents == expected.extents else {
            return "shape \(shape), expected \(expected.extents)"
        }
        for (index, (value, wanted)) in zip(values, wanted).enumerated() {
            let isEqual = value == wanted || (value.isNaN && wanted.isNaN)
            guard isEqual || abs(value - wanted) <= absolute + relative * abs(wanted) else {
                return "element \(index) is \(value), expected \(wanted)"
            }
        }
        return nil
    }
}
