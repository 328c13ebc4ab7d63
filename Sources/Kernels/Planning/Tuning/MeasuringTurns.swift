// Measuring while frames run: what engines have to do for it, and what they are told. Who runs frames provides the
// turns.

import NetworkGraph

/// Turns that measurements on a unit take with the frames that it runs. Asked on the thread that measures.
package protocol MeasuringTurns: AnyObject, Sendable {
    /// Waits until no frame runs, and keeps frames waiting until `end`: for what is timed, and not for what isn't.
    /// Where it gets no turn, `isOver` holds from then on.
    func begin()
    /// Between two runs: lets frames go first if it is their turn. May lose the turn as `begin` may not get one.
    func giveWay()
    func end()
    /// Whether measuring has to break off.
    var isOver: Bool { get }
    /// Says how far measuring has come.
    func note(measuredLayers: Int, of count: Int)
}

/// An engine whose ways to compute are measured, before frames run or while they do.
package protocol MeasuringEngine: Engine {
    /// Compiles a network in the fastest ways, measured in turn with the frames that `running`, compiled in usual ways,
    /// runs meanwhile.
    /// - Returns: nil where measuring was broken off; what it had found is kept.
    func compile(
        _ network: Network, insteadOf running: any CompiledNetwork, measuringIn turns: any MeasuringTurns
    ) throws -> (any CompiledNetwork)?
}
