// Measures better ways to compute a network while its frames run in usual ones, and has its lanes go over to them.
// Owned by the device; lanes enter and leave on their threads, and the last that leaves waits for the threads below.
//
// Two threads, while there is something to measure. One measures: bound as lane 0, a little below the lanes' priority,
// in turn with the frames of that lane, or of all lanes where these share one unit (`FrameTurns`). Nothing is measured
// inside of frames: candidates differ in how values lie before and behind them, so that a frame would have to convert
// them. The other thread waits for it and makes the lanes' contexts, at the lanes' own priority, which threads that
// libraries start there inherit. A lane takes its context between two frames. What was measured when the last lane
// leaves is kept, and the next stream, or the next process, goes on from there.

import CoExec
import Glibc
import Kernels
import Synchronization

/// How far better ways to compute were measured while frames ran.
public struct TuningProgress: Sendable, Hashable {
    /// Layers that there are several ways for.
    public internal(set) var layers = 0
    public internal(set) var measuredLayers = 0
    /// Whether lanes have gone over to the fastest ways.
    public internal(set) var isInUse = false
    /// Why measuring failed, if it did; the usual ways go on.
    public internal(set) var problem: String?
}

final class NetworkTuning: Sendable {
    let compilation: Compilation
    private let name: String
    private let bindThread: @Sendable (_ lane: Int) throws -> Void
    /// Whether lanes run on one unit, so that a measurement must wait for all of them.
    private let lanesShareUnit: Bool
    private let turns: FrameTurns
    private let state = Mutex(State())

    private struct State {
        var lanes: [LaneContext] = []
        var run: TuningRun?
        var thread: CoExec.Thread?
        /// Nil where nothing was to be measured.
        var progress: TuningProgress?
    }

    init(
        _ compilation: Compilation, device name: String, lanesShareUnit: Bool,
        bindThread: @escaping @Sendable (_ lane: Int) throws -> Void
    ) {
        (self.compilation, self.name, self.lanesShareUnit) = (compilation, name, lanesShareUnit)
        (self.bindThread, turns) = (bindThread, FrameTurns.of(name))
    }

    var progress: TuningProgress? { state.withLock { $0.progress } }

    // MARK: Lanes

    /// Before a lane makes its first context.
    func enter(_ lane: LaneContext) { state.withLock { $0.lanes.append(lane) } }

    /// When a lane has let its context go. The last one ends measuring.
    func leave(_ lane: LaneContext) {
        let thread = state.withLock { state -> CoExec.Thread? in
            state.lanes.removeAll { $0 === lane }
            guard state.lanes.isEmpty else { return nil }
            state.run?.stop()
            state.run = nil
            return state.thread.take()
        }
        thread?.join()
    }

    /// Turns that a lane's frames have to take now, whichever network's ways are measured on the unit.
    func turns(of lane: Int) -> FrameTurns? {
        turns.measurers.load(ordering: .relaxed) > 0 && (lanesShareUnit || lane == 0) ? turns : nil
    }

    /// Begins to measure, if that is to be done and nobody is at it.
    func begin() {
        guard let engine = compilation.engine as? any MeasuringEngine, let running = try? compilation.current(),
            running.compiled.isToBeTuned
        else { return }
        state.withLock { state in
            guard state.run == nil, !state.lanes.isEmpty, state.progress?.problem == nil else { return }
            let run = TuningRun(turns) { [weak self] in self?.note(measured: $0, of: $1) }
            state.progress = state.progress ?? TuningProgress()
            do {
                state.thread = try Thread(name: "\(name) tunes", flushesDenormals: true) { [self] in
                    do {
                        try tune(engine, insteadOf: running.compiled, run)
                    } catch {
                        self.state.withLock { $0.progress?.problem = "\(error)" }
                    }
                }
                state.run = run
            } catch {
                state.progress?.problem = "\(error)"
            }
        }
    }

    private func note(measured: Int, of layers: Int) {
        state.withLock { state in
            state.progress?.measuredLayers = measured
            state.progress?.layers = layers
        }
    }

    // MARK: The threads

    private func tune(_ engine: any MeasuringEngine, insteadOf running: any CompiledNetwork, _ run: TuningRun) throws {
        let found = Mutex<Result<(any CompiledNetwork)?, any Error>>(.success(nil))
        turns.measurers.add(1, ordering: .relaxed)
        defer { turns.measurers.subtract(1, ordering: .relaxed) }
        let thread = try Thread(name: "\(name) measures", flushesDenormals: true) { [bindThread, compilation] in
            let made = Result {
                try bindThread(0)
                Self.lowerPriority()
                return try engine.compile(compilation.network, insteadOf: running, measuringIn: run)
            }
            found.withLock { $0 = made }
        }
        thread.join()
        guard let compiled = try found.withLock({ try $0.get() }), !run.isOver else { return }
        let made = compilation.replace(with: compiled)
        // Lanes that enter from now on make a context of it by themselves.
        for lane in state.withLock({ $0.lanes }) where !run.isOver {
            try bindThread(lane.lane)
            lane.put(LaneContext.Fresh(context: try made.compiled.makeContext(), generation: made.generation))
        }
        if !run.isOver { state.withLock { $0.progress?.isInUse = true } }
    }

    /// What isn't timed runs beside frames: building primitives and programs, packing weights.
    private static func lowerPriority() {
        // Of the calling thread, on Linux. A wish.
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 5)
    }
}

/// One attempt to measure: ended by the last lane that leaves, or where the unit's frames leave it no turn.
private final class TuningRun: MeasuringTurns {
    private let turns: FrameTurns
    private let note: @Sendable (_ measured: Int, _ count: Int) -> Void
    private let isStopped = Atomic<Bool>(false)
    /// Of the thread that measures.
    private let hasTurn = Atomic<Bool>(false)

    init(_ turns: FrameTurns, note: @escaping @Sendable (_ measured: Int, _ count: Int) -> Void) {
        (self.turns, self.note) = (turns, note)
    }

    func stop() { isStopped.store(true, ordering: .relaxed) }

    var isOver: Bool { isStopped.load(ordering: .relaxed) }
    func begin() { keep(turns.begin { isOver }) }
    func giveWay() { if hasTurn.load(ordering: .relaxed) { keep(turns.giveWay { isOver }) } }
    func end() { if hasTurn.exchange(false, ordering: .relaxed) { turns.end() } }

    private func keep(_ turn: Bool) {
        hasTurn.store(turn, ordering: .relaxed)
        if !turn { stop() }
    }

    func note(measuredLayers: Int, of count: Int) { note(measuredLayers, count) }
}
