// How near two results are in direction, whatever their size.

/// The cosine of the angle between two lists of numbers, seen as vectors.
/// - Precondition: neither is all zeros.
func cosineSimilarity(_ a: [Float], _ b: [Float]) -> Double {
    var (dot, squaresOfA, squaresOfB) = (0.0, 0.0, 0.0)
    for (a, b) in zip(a, b) {
        let (a, b) = (Double(a), Double(b))
        dot += a * b
        squaresOfA += a * a
        squaresOfB += b * b
    }
    return dot / (squaresOfA * squaresOfB).squareRoot()
}
