// Reference operations that only move elements, of any type: importing a model moves integers in the same way. Extents
// may be zero here, the others beside it large. Pure functions.

extension Reference {
    /// The inputs' slices along an axis, one input after another.
    @inlinable package static func concatenation<Element>(_ inputs: [(values: [Element], extents: [Int])], axis: Int)
        -> [Element]
    {
        let outer = inputs[0].extents[..<axis].reduce(1, *)
        let counts = inputs.map { $0.extents[axis...].reduce(1, *) }
        let total = outer * counts.reduce(0, +)
        guard total > 0 else { return [] }
        var result: [Element] = []
        result.reserveCapacity(total)
        for index in 0..<outer {
            for (input, count) in zip(inputs, counts) {
                result.append(contentsOf: input.values[index * count..<(index + 1) * count])
            }
        }
        return result
    }

    @inlinable package static func gather<Element>(
        _ values: [Element], _ extents: [Int], axis: Int, _ indices: [Int]
    ) -> [Element] {
        let outer = extents[..<axis].reduce(1, *)
        let inner = extents[(axis + 1)...].reduce(1, *)
        let total = outer * indices.count * inner
        guard total > 0 else { return [] }
        var result: [Element] = []
        result.reserveCapacity(total)
        for slice in 0..<outer {
            for index in indices {
                let start = (slice * extents[axis] + index) * inner
                result.append(contentsOf: values[start..<start + inner])
            }
        }
        return result
    }

    @inlinable package static func transpose<Element>(_ values: [Element], _ extents: [Int], _ permutation: [Int])
        -> [Element]
    {
        let strides = strides(extents)
        let target = permutation.map { extents[$0] }
        let steps = permutation.map { strides[$0] }
        var result: [Element] = []
        result.reserveCapacity(values.count)
        var position = [Int](repeating: 0, count: target.count)
        var source = 0
        for _ in values.indices {
            result.append(values[source])
            var axis = target.count - 1
            while axis >= 0 {
                position[axis] += 1
                source += steps[axis]
                if position[axis] < target[axis] { break }
                source -= position[axis] * steps[axis]
                position[axis] = 0
                axis -= 1
            }
        }
        return result
    }

    /// - Parameter target: the result's extents.
    @inlinable package static func pad<Element>(
        _ values: [Element], _ extents: [Int], _ before: [Int], _ target: [Int], value: Element
    ) -> [Element] {
        guard let width = extents.last else { return values }
        var result = [Element](repeating: value, count: target.reduce(1, *))
        let steps = strides(target)
        for row in 0..<values.count / max(width, 1) {
            var rest = row
            var start = before[extents.count - 1]
            for axis in extents.indices.dropLast().reversed() {
                start += (rest % extents[axis] + before[axis]) * steps[axis]
                rest /= extents[axis]
            }
            for x in 0..<width { result[start + x] = values[row * width + x] }
        }
        return result
    }
}
