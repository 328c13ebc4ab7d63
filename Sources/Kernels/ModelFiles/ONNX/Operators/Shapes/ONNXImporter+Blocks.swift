// Operators that move blocks of elements or repeat them: DepthToSpace, SpaceToDepth, Tile, Trilu.
import NetworkGraph

extension ONNXImporter {
    /// Channels become blocks of pixels.
    mutating func depthToSpace(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let (map, size) = try blocks(operands)
        let area = size * size
        guard map[1].isMultiple(of: area) else { throw .invalid("\(map[1]) channels in blocks of \(size)×\(size)") }
        let (n, c, h, w) = (map[0], map[1] / area, map[2], map[3])
        let parts: ONNXValue
        switch try operands.text("mode") ?? "DCR" {
        case "DCR":
            parts = try transposed(try reshaped(operands[0], [n, size, size, c, h, w]), [0, 3, 4, 1, 5, 2])
        case "CRD":
            parts = try transposed(try reshaped(operands[0], [n, c, size, size, h, w]), [0, 1, 4, 2, 5, 3])
        case let other: throw .invalid("mode '\(other)'")
        }
        return try reshaped(parts, [n, c, h * size, w * size])
    }

    /// Blocks of pixels become channels.
    mutating func spaceToDepth(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let (map, size) = try blocks(operands)
        guard map[2].isMultiple(of: size), map[3].isMultiple(of: size) else {
            throw .invalid("\(map) in blocks of \(size)×\(size)")
        }
        let (n, c, h, w) = (map[0], map[1], map[2] / size, map[3] / size)
        let parts = try transposed(try reshaped(operands[0], [n, c, h, size, w, size]), [0, 3, 5, 1, 2, 4])
        return try reshaped(parts, [n, c * size * size, h, w])
    }

    private func blocks(_ operands: ONNXOperands) throws(ImportFailure) -> (map: [Int], size: Int) {
        let extents = try extents(operands[0])
        guard extents.count == 4, let size = try operands.integer("blocksize"), (1...ImportLimits.window).contains(size)
        else { throw .invalid("blocks of a tensor that is \(extents)") }
        return (extents, size)
    }

    /// The whole tensor again and again, along each axis so many times.
    mutating func tile(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let extents = try extents(operands[0])
        guard let counts = try operands.integers(1, "repeats"), counts.count == extents.count,
            counts.allSatisfy({ $0 >= 0 })
        else { throw .invalid("repeats are left out, or not for \(extents)") }
        var result = operands[0]
        for (axis, count) in counts.enumerated() where count != 1 {
            let (total, overflow) = extents[axis].multipliedReportingOverflow(by: count)
            guard !overflow else { throw .invalid("\(extents) repeated \(counts) times") }
            result = try gathered(result, axis: axis, try indices(count: total) { $0 % extents[axis] })
        }
        return result
    }

    /// Zeros below a diagonal of each matrix, or above it.
    mutating func triangle(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let extents = try extents(operands[0])
        guard extents.count >= 2 else { throw .invalid("\(extents) has no matrices") }
        let keepsUpper = try operands.flag("upper", default: true)
        let stated = try operands.integers(1, "the diagonal") ?? [0]
        guard stated.count == 1 else { throw .invalid("\(stated.count) diagonals") }
        let offset = min(max(stated[0], -ImportLimits.elements), ImportLimits.elements)
        let (rows, columns) = (extents[extents.count - 2], extents[extents.count - 1])
        let count = try ONNXConstant.count(of: [rows, columns])
        try spend(count)
        let mask = (0..<count).map { index -> Float in
            let distance = index % columns - index / columns
            return (keepsUpper ? distance >= offset : distance <= offset) ? 1 : 0
        }
        let kept = ONNXValue.constant(ONNXConstant([rows, columns], .floats(mask)))
        return try emit(.selection, kept, operands[0], .constant(.scalar(0)))
    }
}
