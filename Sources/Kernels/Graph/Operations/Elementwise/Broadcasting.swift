// Which elements meet where shapes repeat as NumPy's do. Pure functions.

extension Reference {
    /// Calls with the places of each pair of elements, in the order of the result; `shape` is what the two repeat to.
    @inlinable package static func forEachPair(
        _ aShape: Shape, _ bShape: Shape, _ shape: Shape, _ body: (_ a: Int, _ b: Int) -> Void
    ) {
        guard let width = shape.extents.last else { return body(0, 0) }
        let (aSteps, bSteps) = (steps(aShape, in: shape), steps(bShape, in: shape))
        let last = shape.rank - 1
        // A row at a time; `position` counts the rows.
        var position = [Int](repeating: 0, count: shape.rank)
        var (a, b) = (0, 0)
        for _ in 0..<shape.count / width {
            for x in 0..<width { body(a + x * aSteps[last], b + x * bSteps[last]) }
            var axis = last - 1
            while axis >= 0 {
                position[axis] += 1
                (a, b) = (a + aSteps[axis], b + bSteps[axis])
                if position[axis] < shape[axis] { break }
                (a, b) = (a - position[axis] * aSteps[axis], b - position[axis] * bSteps[axis])
                position[axis] = 0
                axis -= 1
            }
        }
    }

    /// A function of each pair of elements; `shape` is what the two shapes repeat to.
    @inlinable package static func broadcast<First, Second, Result>(
        _ a: [First], _ aShape: Shape, _ b: [Second], _ bShape: Shape, _ shape: Shape,
        _ function: (First, Second) -> Result
    ) -> [Result] {
        var result: [Result] = []
        result.reserveCapacity(shape.count)
        forEachPair(aShape, bShape, shape) { result.append(function(a[$0], b[$1])) }
        return result
    }

    /// Elements from one position to the next along each axis of `shape`; none where the input repeats.
    @usableFromInline static func steps(_ input: Shape, in shape: Shape) -> [Int] {
        let extents = input.extents(ofRank: shape.rank)
        return zip(extents, strides(extents)).map { $0 == 1 ? 0 : $1 }
    }

    /// Elements from one position to the next along each axis of a row-major tensor.
    package static func strides(_ extents: [Int]) -> [Int] {
        var strides = [Int](repeating: 1, count: extents.count)
        for axis in extents.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * extents[axis + 1] }
        return strides
    }
}
