// How a way to compute is timed before one is chosen.

package enum Trials {
    private static let runs = 4
    private static let hopeless = 2

    /// The shortest of a few runs.
    /// - Parameters:
    ///   - limit: what takes twice as long isn't run a second time.
    ///   - run: gives the nanoseconds that a run took.
    package static func shortest<Failure>(limit: Int, _ run: () throws(Failure) -> Int) throws(Failure) -> Int {
        var shortest = try run()
        for _ in 1..<runs where shortest / hopeless < limit { shortest = min(shortest, try run()) }
        return shortest
    }
}
