// A tensor of a TFLite model: its type, shape and grid, and its elements where they are constant. Value types.
import NetworkGraph

/// TensorType, as far as it is read.
enum TFLiteElementType: Int {
    case float32 = 0
    case float16 = 1
    case int32 = 2
    case uint8 = 3
    case int64 = 4
    case bool = 6
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
        case .uint8, .int8, .bool: 1
        case .float16: 2
        case .float32, .int32: 4
        case .int64: 8
        }
    }

    var isFloat: Bool { self == .float32 || self == .float16 }
    /// Whether it counts: positions, extents.
    var isWhole: Bool { self == .int32 || self == .int64 }
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
    /// Where its elements lie, if zeros are left out.
    let sparsity: TFLiteSparsity?

    init(_ table: FlatTable) throws(ImportFailure) {
        name = try table.text(3, "name") ?? ""
        extents = try table.numbers(0, Int32.self, "shape")
        signature = try table.numbers(7, Int32.self, "shape_signature")
        typeCode = try table.number(1, Int8.self, "type")
        buffer = try table.number(2, UInt32.self, "buffer")
        if let table = try table.table(6, "sparsity") { sparsity = try TFLiteSparsity(table) } else { sparsity = nil }
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

    /// The grid that all elements of a value lie on; nil for floats. Without a scale, they are the numbers themselves.
    func grid() throws(ImportFailure) -> QuantizationGrid? {
        let type = try type
        guard type.isQuantized else { return nil }
        if scales.isEmpty { return QuantizationGrid(scale: 1, zeroPoint: 0, isSigned: type == .int8) }
        guard scales.count == 1 else {
            throw .unsupported("a value with \(scales.count) scales; only weights may have several")
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
