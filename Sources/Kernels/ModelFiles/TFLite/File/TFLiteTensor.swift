// A tensor of a TFLite model: its type, shape and grid, and its elements where they are constant. Value types.
import NetworkGraph

/// TensorType, as far as it is read.
enum TFLiteElementType: Int {
    case float32 = 0
    case float16 = 1
    case int32 = 2
    case uint8 = 3
    case int64 = 4
    case int8 = 9

    /// - Throws: for types that aren't read.
    init(validating code: Int) throws(ImportFailure) {
        guard let type = TFLiteElementType(rawValue: code) else {
            let names = [
                "float32", "float16", "int32", "uint8", "int64", "string", "bool", "int16", "complex64", "int8",
                "float64", "complex128", "uint64", "resource", "variant", "uint32", "uint16", "int4", "bfloat16",
            ]
            throw .unsupported("elements of type \(names.indices.contains(code) ? names[code] : "\(code)")")
        }
        self = type
    }

    var byteCount: Int {
        switch self {
        case .uint8, .int8: 1
        case .float16: 2
        case .float32, .int32: 4
        case .int64: 8
        }
    }

    var isFloat: Bool { self == .float32 || self == .float16 }
    /// Whether it is a number of a grid.
    var isQuantized: Bool { self == .uint8 || self == .int8 }
}

struct TFLiteTensor {
    let name: String
    let extents: [Int]
    /// The same, with −1 where the model leaves an extent open.
    let signature: [Int]
    let typeCode: Int
    let buffer: Int
    /// One for all elements, or one a channel; of a channel with none but zeros, 0.
    let scales: [Float]
    private let zeroPoints: [Int]
    private let axis: Int
    /// Whether elements are left out that are zero.
    let isSparse: Bool

    init(_ table: FlatTable) throws(ImportFailure) {
        name = try table.text(3, "name") ?? ""
        extents = try table.numbers(0, Int32.self, "shape")
        signature = try table.numbers(7, Int32.self, "shape_signature")
        typeCode = try table.number(1, Int8.self, "type")
        buffer = try table.number(2, UInt32.self, "buffer")
        isSparse = try table.table(6, "sparsity") != nil
        let quantization = try table.table(4, "quantization")
        scales = try (quantization?.floats(2, "scale") ?? []).flushed
        zeroPoints = try quantization?.numbers(3, Int64.self, "zero_point") ?? []
        axis = try quantization?.number(6, Int32.self, "quantized_dimension") ?? 0
    }

    var type: TFLiteElementType { get throws(ImportFailure) { try TFLiteElementType(validating: typeCode) } }

    /// How many elements the extents say.
    var count: Int {
        get throws(ImportFailure) {
            guard extents.count <= ImportLimits.rank else { throw .unsupported("a tensor of \(extents.count) axes") }
            var count = 1
            for extent in extents {
                guard extent >= 0 else { throw .invalid("the extents are \(extents)") }
                let (product, overflow) = count.multipliedReportingOverflow(by: extent)
                guard !overflow, product <= ImportLimits.elements else {
                    throw .unsupported("\(extents) is too large: more than \(ImportLimits.elements) elements")
                }
                count = product
            }
            return count
        }
    }

    /// The grid that all elements of a value lie on; nil for floats.
    func grid() throws(ImportFailure) -> QuantizationGrid? {
        let type = try type
        guard type.isQuantized else { return nil }
        guard scales.count == 1 else {
            throw scales.isEmpty
                ? .unsupported("elements of type \(type) without a scale")
                : .unsupported("a value with \(scales.count) scales; only weights may have several")
        }
        guard scales[0] != 0 else { throw .invalid("a scale of 0; only weights may have it") }
        let grid = try weightGrid(channels: 1, axis: axis)
        return grid?[0]
    }

    /// The grids of a layer's weights; nil for floats.
    /// - Parameters:
    ///   - channels: outputs of the layer.
    ///   - axis: along which they lie.
    func weightGrid(channels: Int, axis channelAxis: Int) throws(ImportFailure) -> WeightGrid? {
        let type = try type
        guard type.isQuantized else { return nil }
        guard !scales.isEmpty else { throw .unsupported("weights of type \(type) without a scale") }
        guard scales.count == 1 || scales.count == channels else {
            throw .invalid("\(scales.count) scales for \(channels) channels")
        }
        guard scales.count == 1 || axis == channelAxis else {
            throw .unsupported("scales along axis \(axis); along axis \(channelAxis) they are supported")
        }
        // Left out, they are 0.
        let zeroPoints = zeroPoints.isEmpty ? [Int](repeating: 0, count: scales.count) : zeroPoints
        guard zeroPoints.count == scales.count else {
            throw .invalid("\(scales.count) scales, but \(zeroPoints.count) zero points")
        }
        if let scale = scales.first(where: { !($0 >= 0 && $0.isFinite) }) { throw .invalid("a scale of \(scale)") }
        let indices = QuantizationGrid.indices(isSigned: type == .int8)
        if let zeroPoint = zeroPoints.first(where: { !indices.contains($0) }) {
            throw .invalid("a zero point of \(zeroPoint), which is no \(type)")
        }
        return WeightGrid(scalesOfFile: scales, zeroPoints: zeroPoints, isSigned: type == .int8)
    }
}

/// A constant: its elements as they lie in the file.
struct TFLiteConstant {
    let tensor: TFLiteTensor
    let type: TFLiteElementType
    let count: Int
    private let data: ByteSlice

    /// - Throws: where the data isn't what type and extents say.
    init(_ tensor: TFLiteTensor, _ data: ByteSlice) throws(ImportFailure) {
        (self.tensor, self.data, type, count) = (tensor, data, try tensor.type, try tensor.count)
        guard !tensor.isSparse else { throw .unsupported("a sparse tensor") }
        guard data.count == count * type.byteCount else {
            throw .invalid("\(data.count) bytes of data for \(tensor.extents) elements of \(type.byteCount) bytes")
        }
    }

    var extents: [Int] { tensor.extents }

    /// The elements as whole numbers, as they stand in the file.
    /// - Throws: for floats.
    func integers() throws(ImportFailure) -> [Int] {
        func numbers<Number: FixedWidthInteger>(_ type: Number.Type) -> [Int] {
            (0..<count).map { Int(truncatingIfNeeded: data.load(type, at: $0 * MemoryLayout<Number>.size)) }
        }
        switch type {
        case .uint8: return numbers(UInt8.self)
        case .int8: return numbers(Int8.self)
        case .int32: return numbers(Int32.self)
        case .int64: return numbers(Int64.self)
        case .float32, .float16: throw .invalid("elements of type \(type) where whole numbers belong")
        }
    }

    /// The numbers that the elements stand for.
    /// - Parameters:
    ///   - grids: of elements of 8 bits.
    ///   - channel: of an element, by its position.
    func reals(_ grids: WeightGrid?, channel: (Int) -> Int = { _ in 0 }) throws(ImportFailure) -> [Float] {
        switch type {
        case .float32: return data.floats
        case .float16:
            return (0..<count).map { Float(Float16(bitPattern: data.load(UInt16.self, at: $0 * 2))) }
        case .uint8, .int8:
            guard let grids else { throw .unsupported("elements of type \(type) without a scale") }
            let table = (0..<grids.scales.count).map { index in
                let grid = grids[index]
                return (0..<256).map { bits in
                    tensor.scales[index] == 0
                        ? 0 : grid.value(of: grids.isSigned ? Int(Int8(truncatingIfNeeded: bits)) : bits)
                }
            }
            let isOne = table.count == 1
            return (0..<count).map { table[isOne ? 0 : channel($0)][Int(data[$0])] }
        case .int32, .int64: throw .unsupported("elements of type \(type) where numbers of floating point belong")
        }
    }
}
