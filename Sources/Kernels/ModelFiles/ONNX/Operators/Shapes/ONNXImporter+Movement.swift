// What moving elements comes down to: reshape, transpose, gather. Constants are moved here, whole numbers too.
import NetworkGraph

extension ONNXImporter {
    mutating func reshaped(_ value: ONNXValue, _ extents: [Int]) throws(ImportFailure) -> ONNXValue {
        let given = try self.extents(value)
        guard try ONNXConstant.count(of: extents) == ONNXConstant.count(of: given) else {
            throw .invalid("\(given) does not become \(extents): the numbers of elements differ")
        }
        if case .constant(let constant) = value { return .constant(constant.reshaped(extents)) }
        if given == extents { return value }
        return try emit(.reshape(Shape(extents)), value)
    }

    /// - Throws: if the permutation doesn't order the axes.
    mutating func transposed(_ value: ONNXValue, _ permutation: [Int]) throws(ImportFailure) -> ONNXValue {
        guard case .constant(let constant) = value else { return try emit(.transpose(permutation), value) }
        guard permutation.sorted() == Array(constant.extents.indices) else {
            throw .invalid("\(permutation) does not order \(constant.extents.count) axes")
        }
        try spend(constant.elements.count)
        return .constant(constant.transposed(permutation))
    }

    /// Slices along an axis, by position.
    mutating func gathered(_ value: ONNXValue, axis: Int, _ indices: [Int]) throws(ImportFailure) -> ONNXValue {
        var extents = try extents(value)
        guard indices.allSatisfy((0..<extents[axis]).contains) else {
            throw .invalid("indices outside of axis \(axis) of \(extents)")
        }
        if indices.elementsEqual(0..<extents[axis]) { return value }
        guard case .constant(let constant) = value else {
            guard !indices.isEmpty else { throw .unsupported("a result without elements") }
            return try emit(.gather(axis: axis, indices: indices), value)
        }
        let old = extents
        extents[axis] = indices.count
        try spend(try ONNXConstant.count(of: extents))
        return .constant(
            constant.moved(
                to: extents, floats: { Reference.gather($0, old, axis: axis, indices) },
                integers: { Reference.gather($0, old, axis: axis, indices) }))
    }

    /// Makes a list of positions, if so many are within bounds.
    mutating func indices(count: Int, _ position: (Int) -> Int) throws(ImportFailure) -> [Int] {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Int>.size)
        try spend(overflow ? .max : bytes)
        return (0..<count).map(position)
    }
}
