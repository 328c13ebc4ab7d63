// Writes small ONNX models, well-formed and hostile, field by field.

/// A Protocol Buffers message under construction.
struct ProtobufMessage {
    private(set) var bytes: [UInt8] = []

    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7f) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func integer(_ field: Int, _ value: Int) {
        varint(UInt64(field) << 3)
        varint(UInt64(bitPattern: Int64(value)))
    }

    mutating func float(_ field: Int, _ value: Float) {
        varint(UInt64(field) << 3 | 5)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
    }

    mutating func bytes(_ field: Int, _ content: [UInt8]) {
        varint(UInt64(field) << 3 | 2)
        varint(UInt64(content.count))
        bytes += content
    }

    mutating func text(_ field: Int, _ content: String) { bytes(field, Array(content.utf8)) }

    static func build(_ build: (inout ProtobufMessage) -> Void) -> [UInt8] {
        var message = ProtobufMessage()
        build(&message)
        return message.bytes
    }
}

/// A model under construction: what its parts are is the caller's business, right or wrong.
struct ONNXEncoder {
    enum Attribute {
        case integer(Int)
        case float(Float)
        case text(String)
        case integers([Int])
        case floats([Float])
        case tensor([UInt8])
        case graph(ONNXEncoder)
    }

    var opset = 17
    /// Key and value.
    var metadata: [(String, String)] = []
    private var graph = ProtobufMessage()
    private var functions: [[UInt8]] = []
    private var nodes: [[UInt8]] = []

    /// - Parameter opset: nil for a model that names none.
    init(opset: Int = 17) { self.opset = opset }

    var bytes: [UInt8] {
        ProtobufMessage.build {
            $0.integer(1, 8)
            $0.bytes(7, graph.bytes)
            $0.bytes(8, ProtobufMessage.build { [opset] in $0.integer(2, opset) })
            for (key, value) in metadata {
                $0.bytes(
                    14,
                    ProtobufMessage.build {
                        $0.text(1, key)
                        $0.text(2, value)
                    })
            }
            for function in functions { $0.bytes(25, function) }
        }
    }

    mutating func node(
        _ operation: String, _ inputs: [String], _ outputs: [String], name: String = "",
        _ attributes: [(String, Attribute)] = [], domain: String = "", references: [String: String] = [:]
    ) {
        nodes.append(
            ProtobufMessage.build { node in
                for input in inputs { node.text(1, input) }
                for output in outputs { node.text(2, output) }
                node.text(3, name)
                node.text(4, operation)
                for (name, value) in attributes { node.bytes(5, Self.attribute(name, value)) }
                for (name, reference) in references {
                    node.bytes(
                        5,
                        ProtobufMessage.build {
                            $0.text(1, name)
                            $0.integer(20, 1)
                            $0.text(21, reference)
                        })
                }
                if !domain.isEmpty { node.text(7, domain) }
            })
        graph.bytes(1, nodes[nodes.count - 1])
    }

    /// Adds a function of the domain "local", a graph without types.
    mutating func function(
        _ name: String, _ inputs: [String], _ outputs: [String], attributes: [String] = [], opset: Int? = nil,
        _ build: (inout ONNXEncoder) -> Void
    ) {
        var body = ONNXEncoder()
        build(&body)
        let version = opset ?? self.opset
        functions.append(
            ProtobufMessage.build {
                $0.text(1, name)
                for input in inputs { $0.text(4, input) }
                for output in outputs { $0.text(5, output) }
                for attribute in attributes { $0.text(6, attribute) }
                for node in body.nodes { $0.bytes(7, node) }
                $0.bytes(9, ProtobufMessage.build { $0.integer(2, version) })
                $0.text(10, "local")
            })
    }

    private static func attribute(_ name: String, _ value: Attribute) -> [UInt8] {
        ProtobufMessage.build { attribute in
            attribute.text(1, name)
            switch value {
            case .float(let value): attribute.float(2, value)
            case .integer(let value): attribute.integer(3, value)
            case .text(let value): attribute.text(4, value)
            case .tensor(let value): attribute.bytes(5, value)
            case .graph(let value): attribute.bytes(6, value.graph.bytes)
            case .floats(let values): for value in values { attribute.float(7, value) }
            case .integers(let values): for value in values { attribute.integer(8, value) }
            }
        }
    }

    /// TensorProto with its elements in typed fields.
    static func tensor(_ name: String, _ extents: [Int], floats: [Float]) -> [UInt8] {
        ProtobufMessage.build { tensor in
            for extent in extents { tensor.integer(1, extent) }
            tensor.integer(2, 1)
            for value in floats { tensor.float(4, value) }
            tensor.text(8, name)
        }
    }

    static func tensor(_ name: String, _ extents: [Int], integers: [Int]) -> [UInt8] {
        tensor(name, extents, type: 7, field: 7, integers)
    }

    /// TensorProto of whole numbers, or of floats' bits, in the field that its type says.
    static func tensor(_ name: String, _ extents: [Int], type: Int, field: Int, _ values: [Int]) -> [UInt8] {
        ProtobufMessage.build { tensor in
            for extent in extents { tensor.integer(1, extent) }
            tensor.integer(2, type)
            for value in values { tensor.integer(field, value) }
            tensor.text(8, name)
        }
    }

    /// TensorProto with raw bytes.
    static func tensor(_ name: String, _ extents: [Int], type: Int = 1, raw: [UInt8]) -> [UInt8] {
        ProtobufMessage.build { tensor in
            for extent in extents { tensor.integer(1, extent) }
            tensor.integer(2, type)
            tensor.text(8, name)
            tensor.bytes(9, raw)
        }
    }

    /// TensorProto whose elements are in another file.
    static func tensor(_ name: String, _ extents: [Int], external: [(String, String)]) -> [UInt8] {
        ProtobufMessage.build { tensor in
            for extent in extents { tensor.integer(1, extent) }
            tensor.integer(2, 1)
            tensor.text(8, name)
            for (key, value) in external {
                tensor.bytes(
                    13,
                    ProtobufMessage.build {
                        $0.text(1, key)
                        $0.text(2, value)
                    })
            }
            tensor.integer(14, 1)
        }
    }

    mutating func initializer(_ tensor: [UInt8]) { graph.bytes(5, tensor) }

    mutating func initializer(_ name: String, _ extents: [Int], _ values: [Float]) {
        initializer(Self.tensor(name, extents, floats: values))
    }

    mutating func initializer(_ name: String, _ values: [Int]) {
        initializer(Self.tensor(name, [values.count], integers: values))
    }

    /// - Parameter extents: nil for one that the model leaves open.
    mutating func input(_ name: String, _ extents: [Int?], type: Int = 1) { value(11, name, extents, type) }

    mutating func output(_ name: String, _ extents: [Int?] = []) { value(12, name, extents, 1) }

    private mutating func value(_ field: Int, _ name: String, _ extents: [Int?], _ type: Int) {
        let shape = ProtobufMessage.build { shape in
            for extent in extents {
                shape.bytes(
                    1, ProtobufMessage.build { if let extent { $0.integer(1, extent) } else { $0.text(2, "open") } })
            }
        }
        let tensorType = ProtobufMessage.build {
            $0.integer(1, type)
            $0.bytes(2, shape)
        }
        graph.bytes(
            field,
            ProtobufMessage.build {
                $0.text(1, name)
                $0.bytes(2, ProtobufMessage.build { $0.bytes(1, tensorType) })
            })
    }
}
