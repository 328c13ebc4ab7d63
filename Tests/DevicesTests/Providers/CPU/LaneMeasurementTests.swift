import CoExec
import Foundation
import Kernels
import Synchronization
import Testing

@testable import Devices

/// Times are slept, so that a busy machine hardly changes them.
@Suite(.serialized) struct LaneMeasurementTests {
    typealias Measured = (shape: LaneShape, device: NetworkDevice<BlankFrame>)

    private func device(_ shape: LaneShape, _ engine: some Engine) -> Measured {
        (
            shape,
            try! NetworkDevice(
                name: "fake", laneCount: shape.lanes, threadsPerLane: shape.threads,
                network: NetworkDeviceTests.meanColour, engine: engine, bindThread: { _ in })
        )
    }

    /// Shapes of four cores with the time that a frame takes on a lane of each.
    private func devices(milliseconds: [Double]) -> [Measured] {
        zip(LaneShape.candidates(coreCount: 4), milliseconds).map { device($0, SleepingEngine(milliseconds: $1)) }
    }

    private func measurement(_ tuning: Tuning, rounds: Int = 3) throws -> LaneMeasurement {
        LaneMeasurement(
            deviceName: "fake", frame: try #require(BlankFrame(NetworkDeviceTests.meanColour)),
            effort: .init(rounds: rounds, leastNanoseconds: 40_000_000), tuning: tuning)
    }

    @Test(arguments: [
        // Frames/s: 4 lanes 400, 2 lanes 250, 1 lane 200.
        ([10.0, 8, 5], 0),
        // 200, 400, 250.
        ([20.0, 5, 4], 1),
        // 133, 166, 333.
        ([30.0, 12, 3], 2),
    ])
    func theFastestWins(milliseconds: [Double], winner: Int) throws {
        let devices = devices(milliseconds: milliseconds)
        let fastest = try #require(try measurement(.off).fastest(of: devices))
        #expect(fastest.shape == devices[winner].shape && fastest.device === devices[winner].device)
    }

    @Test func allAreMeasuredInEachRoundAndSaidSo() throws {
        let lines = Lines()
        let engines = (0..<3).map { _ in SleepingEngine(milliseconds: 1) }
        let devices = zip(LaneShape.candidates(coreCount: 4), engines).map { device($0, $1) }
        _ = try measurement(Tuning(.anew, cache: nil, progress: { lines.append($0) }), rounds: 2).fastest(of: devices)
        let shapes = ["4 × 1 thread", "2 × 2 threads", "1 × 4 threads"]
        let expected =
            shapes.map { "opening \($0)" } + shapes.map { "\($0), round 1/2" }
            + shapes.reversed().map { "\($0), round 2/2" }
        #expect(lines.all == expected.map { "measuring lanes of fake: \($0)" })
        for (engine, lanes) in zip(engines, [4, 2, 1]) {
            // Three to warm up, then eight a lane and round at least.
            #expect(engine.runs >= 3 * lanes + 2 * 8 * lanes)
        }
    }

    @Test func withoutTimeLeftEachLaneRunsAFewFrames() throws {
        let engines = (0..<3).map { _ in SleepingEngine(milliseconds: 2) }
        var measurement = try measurement(.off)
        measurement.effort.budgetNanoseconds = 0
        let fastest = try measurement.fastest(
            of: zip(LaneShape.candidates(coreCount: 4), engines).map { device($0, $1) })
        #expect(fastest != nil)
        for (engine, lanes) in zip(engines, [4, 2, 1]) {
            // To warm up; to fill the lanes, to measure, to keep them busy meanwhile and after.
            #expect(engine.runs == 3 * lanes + 4 * lanes)
        }
    }

    @Test(arguments: [0, 2, 4, 40]) func interruptionEndsIt(calls: Int) throws {
        let count = Atomic<Int>(0)
        let tuning = Tuning(
            .anew, cache: nil, isInterrupted: { count.add(1, ordering: .relaxed).oldValue >= calls })
        let start = monotonicNanoseconds()
        #expect(try measurement(tuning).fastest(of: devices(milliseconds: [10, 10, 10])) == nil)
        #expect(monotonicNanoseconds() - start < 5_000_000_000)
    }

    @Test func aFrameThatFailsIsAnError() throws {
        let failing = device(LaneShape(lanes: 1, threads: 1), SleepingEngine(milliseconds: 1, failsAfter: 5))
        #expect(throws: SleepingEngine.Failure.self) { try measurement(.off).fastest(of: [failing]) }
    }

    @Test func theWinnersNetworkIsNotCompiledAgain() throws {
        let engine = SleepingEngine(milliseconds: 1)
        let (_, measured) = device(LaneShape(lanes: 2, threads: 1), engine)
        _ = try FrameStream(devices: [measured]).cancel()
        let converted = try measured.converted(to: Image.self, speed: 0.5)
        #expect(converted.speed == 0.5 && converted.laneCount == 2 && converted.name == "fake")
        _ = try FrameStream(devices: [converted]).cancel()
        #expect(engine.compilations == 1)
    }
}

/// Lanes of this machine, measured for real.
@Suite(.serialized) struct MachineLaneTests {
    let machine: Machine
    let device: ResolvedDevice
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lanes-\(UUID().uuidString)").path

    init() throws {
        machine = try Machine(topology: Topology.thisMachine(), for: [])
        let cores = machine.topology.inventory.allowedCores.prefix(4)
        device = try machine.hardware.resolve(
            DeviceSpecification("cpu", cpus: cores.reduce([]) { $0.union($1) }, speed: 0.5))
    }

    private var coreCount: Int { machine.topology.inventory.cores(of: device.cpus).count }

    private func make(_ tuning: Tuning, layout: LaneLayout = LaneLayout()) throws -> NetworkDevice<Image> {
        try machine.makeDevice(device, network: NetworkDeviceTests.meanColour, layout: layout, tuning: tuning)
    }

    @Test func offMeansALaneACore() throws {
        let made = try make(.off)
        #expect(made.laneCount == coreCount && made.threadsPerLane == 1 && made.speed == 0.5)
    }

    @Test func measuredOnceThenRemembered() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func tuning(_ mode: Tuning.Mode, _ lines: Lines) -> Tuning {
            Tuning(mode, cache: TuningCache(folder: folder), progress: { lines.append($0) })
        }
        let (first, second, third) = (Lines(), Lines(), Lines())
        let made = try make(tuning(.remembered, first))
        let shape = LaneShape(lanes: made.laneCount, threads: made.threadsPerLane)
        #expect(LaneShape.candidates(coreCount: coreCount).contains(shape) && made.speed == 0.5)
        #expect(first.all.isEmpty == (coreCount == 1))
        let again = try make(tuning(.remembered, second))
        #expect(again.laneCount == shape.lanes && again.threadsPerLane == shape.threads && again.speed == 0.5)
        #expect(second.all.isEmpty)
        _ = try make(tuning(.anew, third))
        #expect(third.all.isEmpty == (coreCount == 1))
    }

    @Test func whatIsAskedForIsNotMeasured() throws {
        let lines = Lines()
        let tuning = Tuning(.anew, cache: nil, progress: { lines.append($0) })
        let threads = try make(tuning, layout: LaneLayout(threads: 1))
        #expect(threads.laneCount == 1 && threads.threadsPerLane == 1)
        let lanes = try make(tuning, layout: LaneLayout(lanes: 1))
        #expect(lanes.laneCount == 1 && lanes.threadsPerLane == device.cpus.count)
        #expect(throws: LaneLayoutError.self) { try make(tuning, layout: LaneLayout(threads: device.cpus.count + 1)) }
        #expect(throws: LaneLayoutError.self) {
            try make(tuning, layout: LaneLayout(lanes: 2, threads: device.cpus.count))
        }
        #expect(lines.all.isEmpty)
    }
}

/// Progress lines, in order.
private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func append(_ line: String) { lines.withLock { $0.append(line) } }
}

/// Computes nothing, for as long as it is told.
private final class SleepingEngine: Engine, CompiledNetwork {
    struct Failure: Error {}

    let milliseconds: Double
    let failsAfter: Int
    private let runCount = Atomic<Int>(0)
    private let compilationCount = Atomic<Int>(0)

    init(milliseconds: Double, failsAfter: Int = .max) {
        (self.milliseconds, self.failsAfter) = (milliseconds, failsAfter)
    }

    var name: String { "sleeping" }
    var runs: Int { runCount.load(ordering: .relaxed) }
    var compilations: Int { compilationCount.load(ordering: .relaxed) }

    func compile(_ network: Network) -> any CompiledNetwork {
        compilationCount.add(1, ordering: .relaxed)
        return self
    }

    func makeContext() -> any ExecutionContext { Context(engine: self) }

    private final class Context: ExecutionContext {
        let engine: SleepingEngine
        init(engine: SleepingEngine) { self.engine = engine }

        func run(_ inputs: [NetworkInput], into outputs: inout [Tensor]) throws {
            let count = engine.runCount.add(1, ordering: .relaxed).newValue
            Thread.sleep(forTimeInterval: engine.milliseconds / 1000)
            if count > engine.failsAfter { throw Failure() }
        }

        func profile(_ inputs: [NetworkInput]) -> [NodeTiming] { [] }
    }
}
