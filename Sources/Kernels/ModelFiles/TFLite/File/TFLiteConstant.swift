// Constants of a TFLite model: as they lie in the file, or computed while the model is imported. Value types.
import NetworkGraph

struct TFLiteConstant {
    private enum Content {
        case file(ByteSlice)
        case computed([Float])
    }

    let tensor: TFLiteTensor
    let type: TFLiteElementType
    let extents: [Int]
    let count: Int
    private let content: Content

    /// - Throws: where the data isn't what type and extents say.
    init(_ tensor: TFLiteTensor, _ data: ByteSlice) throws(ImportFailure) {
        (self.tensor, content, type, count) = (tensor, .file(data), try tensor.type, try tensor.count)
        extents = tensor.extents
        guard data.count == count * type.byteCount else {
            throw .invalid("\(data.count) bytes of data for \(tensor.extents) elements of \(type.byteCount) bytes")
        }
    }

    /// The value of a tensor that depends on no input, whatever extents the file gives it.
    init(_ tensor: TFLiteTensor, computed value: Tensor) throws(ImportFailure) {
        (self.tensor, content, type) = (tensor, .computed(value.values), try tensor.type)
        (extents, count) = (value.shape.extents, value.shape.count)
    }

    /// The elements as whole numbers, as they stand in the file.
    /// - Throws: for floats.
    func integers() throws(ImportFailure) -> [Int] {
        guard !type.isFloat else { throw .invalid("elements of type \(type) where whole numbers belong") }
        switch content {
        case .file(let data): return integers(data)
        case .computed(let values):
            var integers: [Int] = []
            for value in values {
                guard !type.isQuantized, abs(value) < 0x1p53 else {
                    throw .unsupported("\(value) of type \(type) where a whole number belongs")
                }
                integers.append(Int(value))
            }
            return integers
        }
    }

    private func integers(_ data: ByteSlice) -> [Int] {
        func numbers<Number: FixedWidthInteger>(_ type: Number.Type) -> [Int] {
            (0..<count).map { Int(truncatingIfNeeded: data.load(type, at: $0 * MemoryLayout<Number>.size)) }
        }
        switch type {
        case .uint8, .bool: return numbers(UInt8.self)
        case .int8: return numbers(Int8.self)
        case .int32: return numbers(Int32.self)
        case .int64: return numbers(Int64.self)
        case .float32, .float16: return []
        }
    }

    /// The numbers that the elements stand for.
    /// - Parameters:
    ///   - grids: of elements of 8 bits.
    ///   - channel: of an element, by its position.
    func reals(_ grids: WeightGrid?, channel: (Int) -> Int = { _ in 0 }) throws(ImportFailure) -> [Float] {
        let data: ByteSlice
        switch content {
        case .computed(let values): return values
        case .file(let bytes): data = bytes
        }
        switch type {
        case .float32: return data.floats
        case .float16:
            return (0..<count).map { Float(Float16(bitPattern: data.load(UInt16.self, at: $0 * 2))) }
        case .bool: return (0..<count).map { data[$0] == 0 ? 0 : 1 }
        case .int32, .int64: return integers(data).map(Float.init)
        case .uint8, .int8:
            guard let grids else { throw .unsupported("elements of type \(type) without a scale") }
            let table = (0..<grids.scales.count).map { index in
                let grid = grids[index]
                let isZero = tensor.scales.indices.contains(index) && tensor.scales[index] == 0
                return (0..<256).map { bits in
                    isZero ? 0 : grid.value(of: grids.isSigned ? Int(Int8(truncatingIfNeeded: bits)) : bits)
                }
            }
            let isOne = table.count == 1
            return (0..<count).map { table[isOne ? 0 : channel($0)][Int(data[$0])] }
        }
    }
}
