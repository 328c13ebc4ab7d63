// How a way to compute is timed before one is chosen.

package enum Trials {
    private static let runs = 4
    private static let hopeless = 2
    /// Longer than anything takes, also when some are added up.
    private static let never = Int.max >> 10

    /// The shortest of a few runs.
    /// - Parameters:
    ///   - limit: what takes twice as long isn't run a second time.
    ///   - turns: with frames, which the unit runs meanwhile: they get their turns between runs.
    ///   - run: gives the nanoseconds that a run took. Not called where measuring is over: frames may run then, or the
    ///     unit hang.
    package static func shortest<Failure>(
        limit: Int, in turns: (any MeasuringTurns)? = nil, _ run: () throws(Failure) -> Int
    ) throws(Failure) -> Int {
        turns?.begin()
        defer { turns?.end() }
        guard turns?.isOver != true else { return never }
        var shortest = try run()
        for _ in 1..<runs where shortest / hopeless < limit && turns?.isOver != true {
            turns?.giveWay()
            guard turns?.isOver != true else { break }
            shortest = min(shortest, try run())
        }
        return shortest
    }
}
