// Axes as models count them: negative ones from the back. Pure functions.

/// An axis counted from the front.
/// - Parameter axis: negative counts from the back.
func normalizedAxis(_ axis: Int, rank: Int) throws(ImportFailure) -> Int {
    guard axis >= -rank && axis < rank else { throw .invalid("axis \(axis) of a tensor with \(rank)") }
    return axis < 0 ? axis + rank : axis
}

/// Several axes, each once, in order.
func normalizedAxes(_ axes: [Int], rank: Int) throws(ImportFailure) -> [Int] {
    var result: Set<Int> = []
    for axis in axes {
        guard result.insert(try normalizedAxis(axis, rank: rank)).inserted else {
            throw .invalid("axis \(axis) stands there twice")
        }
    }
    return result.sorted()
}
