// Slices that are picked along an axis, as regular walks: each is a copy between two views of memory. Values.

/// `count` slices at equal distances, each `repeats` times.
package struct IndexRun: Equatable {
    /// The first slice, and where it goes.
    package let first: Int
    package let position: Int
    package let count: Int
    package let step: Int
    package let repeats: Int

    /// The fewest runs that are found at once: one where all of them are one, else what goes on in equal steps.
    package static func runs(_ indices: [Int]) -> [IndexRun] {
        guard let first = indices.first else { return [] }
        let repeats = indices.firstIndex { $0 != first } ?? indices.count
        let step = repeats < indices.count ? indices[repeats] - first : 0
        if indices.count.isMultiple(of: repeats),
            indices.indices.allSatisfy({ indices[$0] == first + $0 / repeats * step })
        {
            return [IndexRun(first: first, position: 0, count: indices.count / repeats, step: step, repeats: repeats)]
        }
        var runs: [IndexRun] = []
        var start = 0
        while start < indices.count {
            var end = start + 1
            let step = end < indices.count ? indices[end] - indices[start] : 0
            while end < indices.count, indices[end] - indices[end - 1] == step { end += 1 }
            runs.append(
                IndexRun(
                    first: indices[start], position: start, count: end - start, step: end - start > 1 ? step : 0,
                    repeats: 1))
            start = end
        }
        return runs
    }
}
