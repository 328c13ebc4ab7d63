// Engines that measure while frames run: broken off and gone on with, and right whichever way computes.
import Foundation
import Kernels
import Synchronization
import Testing

@testable import CPUKernels
@testable import EnginePlanning

@Suite struct MeasuringInTurnTests {
    let test = CacheFolderOfTest()

    /// A few layers of several kinds.
    static func network() throws -> Network {
        var random = SeededValues(seed: 5)
        var network = Network(name: "layers")
        var last = try network.append(.tensor([1, 16, 12, 12]))
        let window = Window(height: 3, width: 3, padding: Padding(1))
        for _ in 0..<4 { last = try network.append(random.convolution(16, 16, window), last) }
        last = try network.append(.globalAveragePooling, last)
        network.setOutputs(last)
        return network
    }

    private static func run(_ compiled: any CompiledNetwork, _ network: Network) throws -> [Float] {
        var random = SeededValues(seed: 9)
        var outputs = network.makeOutputs()
        try compiled.makeContext().run([.tensor(random.tensor([1, 16, 12, 12]))], into: &outputs)
        return outputs[0].values
    }

    @Test func usualWaysFirstThenMeasuredOnesWithTheSameResults() throws {
        let network = try Self.network()
        let engine = CPUEngine(threads: 1, tuning: Tuning(.whileRunning, cache: test.cache))
        let usual = try engine.compile(network)
        #expect(usual.isToBeTuned)
        let turns = CountedTurns(of: .max)
        let measured = try #require(try engine.compile(network, insteadOf: usual, measuringIn: turns))
        #expect(!measured.isToBeTuned && turns.progress == CountedTurns.Progress(measured: 4, layers: 4))
        #expect(turns.isBalanced)
        let expected = try Self.run(ReferenceEngine().compile(network), network)
        for compiled in [usual, measured] {
            let values = try Self.run(compiled, network)
            #expect(zip(values, expected).allSatisfy { abs($0 - $1) <= 1e-4 * max(1, abs($1)) })
        }
        // Another process knows it.
        let again = CPUEngine(threads: 1, tuning: Tuning(.whileRunning, cache: test.cache))
        #expect(try !again.compile(network).isToBeTuned)
    }

    @Test func whatWasBrokenOffGoesOnLater() throws {
        let network = try Self.network()
        func tuning() -> Tuning { Tuning(.whileRunning, cache: test.cache) }
        // How much there is to time depends on the libraries.
        let whole = CountedTurns(of: .max)
        let forgetful = CPUEngine(threads: 1, tuning: Tuning(.whileRunning, cache: nil))
        _ = try forgetful.compile(network, insteadOf: forgetful.compile(network), measuringIn: whole)
        var timed: [Int] = []
        for attempt in 0..<20 {
            // As another process would.
            let engine = CPUEngine(threads: 1, tuning: tuning())
            let usual = try engine.compile(network)
            #expect(usual.isToBeTuned)
            // Enough for a layer or two.
            let turns = CountedTurns(of: whole.usedCount * 3 / 5)
            let measured = try engine.compile(network, insteadOf: usual, measuringIn: turns)
            #expect(turns.isBalanced)
            timed.append(turns.progress?.measured ?? 0)
            if measured != nil {
                #expect(attempt > 0, "there is more to time than that")
                break
            }
        }
        #expect(timed == timed.sorted() && timed.last == 4, "\(timed)")
        #expect(try !CPUEngine(threads: 1, tuning: tuning()).compile(network).isToBeTuned)
    }

    @Test func whereNothingWasMeasuredNothingIsKept() throws {
        let network = try Self.network()
        let engine = CPUEngine(threads: 1, tuning: Tuning(.whileRunning, cache: test.cache))
        let turns = CountedTurns(of: 0)
        #expect(try engine.compile(network, insteadOf: engine.compile(network), measuringIn: turns) == nil)
        #expect(!FileManager.default.fileExists(atPath: test.folder))
    }

    /// Its unit may hang, or frames run.
    @Test func whatIsOverRunsNothing() {
        var runs = 0
        func run() -> Int {
            runs += 1
            return 1
        }
        let never = Trials.shortest(limit: .max, in: CountedTurns(of: 1), run)
        #expect(runs == 0 && never > 1)
        // Over after the second.
        #expect(Trials.shortest(limit: .max, in: CountedTurns(of: 3), run) == 1 && runs == 2)
    }
}

/// Turns without frames, over after so many runs.
final class CountedTurns: MeasuringTurns {
    struct Progress: Equatable {
        let measured: Int
        let layers: Int
    }
    private struct State {
        var left: Int
        var open = 0
        var isBalanced = true
        var progress: Progress?
    }
    private let state: Mutex<State>

    private let runs: Int

    init(of runs: Int) {
        self.runs = runs
        state = Mutex(State(left: runs))
    }

    var usedCount: Int { runs - state.withLock { $0.left } }

    var progress: Progress? { state.withLock { $0.progress } }
    /// Whether each turn had an end, before the next began.
    var isBalanced: Bool { state.withLock { $0.isBalanced && $0.open == 0 } }
    var isOver: Bool { state.withLock { $0.left <= 0 } }

    func begin() {
        state.withLock { state in
            state.left -= 1
            state.open += 1
            state.isBalanced = state.isBalanced && state.open == 1
        }
    }
    func giveWay() { state.withLock { $0.left -= 1 } }
    func end() { state.withLock { $0.open -= 1 } }
    func note(measuredLayers: Int, of count: Int) {
        state.withLock { $0.progress = Progress(measured: measuredLayers, layers: count) }
    }
}
