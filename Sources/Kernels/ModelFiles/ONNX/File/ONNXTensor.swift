// TensorProto: a constant in a file, its elements inline or in a file beside it. A value type.

/// TensorProto.DataType, as far as it is read.
enum ONNXElementType: Int {
    case float = 1
    case uint8 = 2
    case int8 = 3
    case uint16 = 4
    case int16 = 5
    case int32 = 6
    case int64 = 7
    case bool = 9
    case float16 = 10
    case double = 11
    case uint32 = 12
    case bfloat16 = 16

    /// - Throws: for types that aren't read.
    init(validating code: Int) throws(ImportFailure) {
        guard let type = ONNXElementType(rawValue: code) else {
            let names = [8: "string", 13: "uint64", 14: "complex64", 15: "complex128"]
            throw .unsupported("elements of type \(names[code] ?? "\(code)")")
        }
        self = type
    }

    var isFloat: Bool {
        switch self {
        case .float, .float16, .double, .bfloat16: true
        default: false
        }
    }

    fileprivate var byteCount: Int {
        switch self {
        case .uint8, .int8, .bool: 1
        case .uint16, .int16, .float16, .bfloat16: 2
        case .float, .int32, .uint32: 4
        case .double, .int64: 8
        }
    }
}

struct ONNXTensor {
    private(set) var name = ""
    private var extents: [Int] = []
    private var typeCode = 0
    /// Elements as they lie in memory, little-endian.
    private var raw: ByteSlice?
    private var floats: [Float] = []
    /// int32_data, int64_data or uint64_data.
    private var integers: [Int] = []
    private var doubles: [Float] = []
    private var location: [String: String] = [:]
    private var isExternal = false

    init(_ bytes: ByteSlice, _ budget: inout ONNXBudget) throws(ImportFailure) {
        try budget.spendMessage()
        var reader = ProtobufReader(bytes)
        while let (field, value) = try reader.next() {
            switch field {
            case 1: try value.append(to: &extents, "a tensor's extent")
            case 2: typeCode = try value.integer("a tensor's type")
            case 4: try value.append(to: &floats, "tensor data")
            case 5, 7, 11: try value.append(to: &integers, "tensor data")
            case 8: name = try value.text("a tensor's name")
            case 9: raw = try value.message("tensor data")
            case 10:
                let packed = try value.message("tensor data")
                guard packed.count.isMultiple(of: 8) else {
                    throw .invalid("damaged: tensor data ends within a double")
                }
                doubles += Self.doubles(packed)
            case 13: try readLocation(try value.message("external data"))
            case 14: isExternal = try value.integer("a data location") == 1
            default: break
            }
        }
    }

    /// StringStringEntryProto.
    private mutating func readLocation(_ bytes: ByteSlice) throws(ImportFailure) {
        guard location.count < 16 else { throw .invalid("external data with too many entries") }
        var reader = ProtobufReader(bytes)
        var (key, text) = ("", "")
        while let (field, value) = try reader.next() {
            switch field {
            case 1: key = try value.text("external data")
            case 2: text = try value.text("external data")
            default: break
            }
        }
        location[key] = text
    }

    var count: Int { get throws(ImportFailure) { try ONNXConstant.count(of: extents) } }

    /// The tensor's elements.
    /// - Throws: where their number isn't what the extents say, and for types that aren't read.
    func constant(externalData: ONNXExternalData) throws(ImportFailure) -> ONNXConstant {
        let count = try count
        let type = try ONNXElementType(validating: typeCode)
        if isExternal {
            let data = try externalData.read(location, byteCount: count * type.byteCount)
            return ONNXConstant(extents, Self.decode(data, type), type: type)
        }
        let elements: ONNXConstant.Elements
        if let raw {
            guard raw.count == count * type.byteCount else {
                throw .invalid("\(raw.count) bytes of data for \(extents) elements of \(type.byteCount) bytes")
            }
            elements = Self.decode(raw, type)
        } else {
            switch type {
            case .float: elements = .floats(floats)
            case .double: elements = .floats(doubles)
            case .float16: elements = .floats(integers.map { Self.half(UInt16(truncatingIfNeeded: $0)) })
            case .bfloat16: elements = .floats(integers.map { Self.bfloat(UInt16(truncatingIfNeeded: $0)) })
            default: elements = .integers(integers)
            }
            guard elements.count == count else { throw .invalid("\(elements.count) elements of data for \(extents)") }
        }
        return ONNXConstant(extents, elements, type: type)
    }

    private static func half(_ bits: UInt16) -> Float { Float(Float16(bitPattern: bits)) }

    private static func bfloat(_ bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }

    private static func doubles(_ bytes: ByteSlice) -> [Float] {
        (0..<bytes.count / 8).map { Float(Double(bitPattern: bytes.load(UInt64.self, at: $0 * 8))) }
    }

    private static func decode(_ bytes: ByteSlice, _ type: ONNXElementType) -> ONNXConstant.Elements {
        func integers<Number: FixedWidthInteger>(_ type: Number.Type) -> ONNXConstant.Elements {
            let size = MemoryLayout<Number>.size
            return .integers((0..<bytes.count / size).map { Int(bytes.load(type, at: $0 * size)) })
        }
        func floats(_ float: (UInt16) -> Float) -> ONNXConstant.Elements {
            .floats((0..<bytes.count / 2).map { float(bytes.load(UInt16.self, at: $0 * 2)) })
        }
        switch type {
        case .float: return .floats(bytes.floats)
        case .double: return .floats(doubles(bytes))
        case .float16: return floats(half)
        case .bfloat16: return floats(bfloat)
        case .uint8, .bool: return integers(UInt8.self)
        case .int8: return integers(Int8.self)
        case .uint16: return integers(UInt16.self)
        case .int16: return integers(Int16.self)
        case .int32: return integers(Int32.self)
        case .int64: return integers(Int64.self)
        case .uint32: return integers(UInt32.self)
        }
    }
}
