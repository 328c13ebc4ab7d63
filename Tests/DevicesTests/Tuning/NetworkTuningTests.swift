// A stream that begins in usual ways, measures while it runs, goes over, and leaves nothing behind.
import CoExec
import EnginePlanning
import Glibc
import Kernels
import Synchronization
import Testing

@testable import Devices

@Suite struct NetworkTuningTests {
    private static func device(
        _ engine: any Engine, lanes: Int = 2, name: String = "tuned"
    ) -> NetworkDevice<Image> {
        try! NetworkDevice<Image>(
            name: name, laneCount: lanes, threadsPerLane: 1, network: NetworkDeviceTests.meanColour, engine: engine,
            bindThread: { _ in })
    }

    /// Runs frames until something holds or many have run.
    /// - Returns: whether it came to hold.
    private static func run(
        _ stream: FrameStream<Image, [Tensor]>, until holds: () -> Bool
    ) throws -> Bool {
        for frame in 0..<20_000 where !holds() {
            let grey = UInt8(frame % 200)
            #expect(stream.push(NetworkDeviceTests.image(grey)))
            let outputs = try #require(stream.pull()).result.get()
            #expect(outputs[0].values == [Float](repeating: Float(grey), count: 3))
            usleep(100)
        }
        return holds()
    }

    @Test func lanesGoOverToWhatWasMeasured() throws {
        let engine = FakeMeasuring(layers: 5)
        let device = Self.device(engine)
        #expect(device.tuningProgress == nil)
        let stream = try FrameStream(devices: [device])
        let isInUse = try Self.run(stream) { device.tuningProgress?.isInUse ?? false }
        #expect(isInUse)
        let before = engine.count(.measured)
        let goesOn = try Self.run(stream) { engine.count(.measured) >= before + 10 }
        #expect(goesOn)
        let usual = engine.count(.usual)
        let ends = try Self.run(stream) { engine.count(.measured) >= before + 40 }
        #expect(ends)
        // Each lane may have had one frame more in the usual ways when the last figure was taken.
        #expect(engine.count(.usual) <= usual + 2)
        stream.cancel()
        #expect(device.tuningProgress?.measuredLayers == 5 && device.tuningProgress?.layers == 5)
        // Another stream begins in the measured ways.
        let another = try FrameStream(devices: [device])
        let before2 = engine.count(.usual)
        _ = try Self.run(another) { engine.count(.measured) >= before + 60 }
        another.cancel()
        #expect(engine.count(.usual) == before2)
        #expect(engine.measurements == 1)
    }

    @Test func streamsOfOneNetworkShareItsTuning() throws {
        let engine = FakeMeasuring(layers: 3)
        let device = Self.device(engine, lanes: 1)
        let pool = DevicePool()
        let streams = try (0..<2).map { _ in try FrameStream(devices: [device], pool: pool) }
        var isInUse = false
        for _ in 0..<20_000 where !isInUse {
            for stream in streams {
                #expect(stream.push(NetworkDeviceTests.image(1)))
                _ = try #require(stream.pull()).result.get()
            }
            isInUse = device.tuningProgress?.isInUse ?? false
        }
        #expect(isInUse && engine.measurements == 1)
        for stream in streams { stream.cancel() }
    }

    @Test func theEndOfAStreamEndsMeasuring() throws {
        // Never comes to an end by itself.
        let engine = FakeMeasuring(layers: .max)
        let device = Self.device(engine, name: "endless")
        for round in 1...3 {
            let stream = try FrameStream(devices: [device])
            let isMeasuring = try Self.run(stream) { engine.measurements == round && engine.isMeasuring }
            #expect(isMeasuring)
            stream.cancel()
            #expect(!engine.isMeasuring)
            #expect(Self.threads(named: "endless tunes").isEmpty && Self.threads(named: "endless measur").isEmpty)
        }
        #expect(device.tuningProgress?.isInUse == false)
    }

    @Test func onePictureBeginsNoMeasurement() throws {
        let engine = FakeMeasuring(layers: 2)
        let device = Self.device(engine, lanes: 1, name: "one picture")
        let stream = try FrameStream(devices: [device])
        for frame in 1...2 {
            #expect(device.tuningProgress == nil && engine.measurements == 0)
            #expect(stream.push(NetworkDeviceTests.image(UInt8(frame))))
            _ = try #require(stream.pull()).result.get()
        }
        let begins = try Self.run(stream) { engine.measurements == 1 }
        stream.cancel()
        #expect(begins)
    }

    @Test func framesOfOtherNetworksTakeTurnsWithMeasurementsOnTheirUnit() throws {
        let name = "two networks"
        let engine = FakeMeasuring(layers: .max)
        let other = NetworkTuning(
            Compilation(NetworkDeviceTests.meanColour, ReferenceEngine()), device: name, lanesShareUnit: false,
            bindThread: { _ in })
        let sharing = NetworkTuning(
            Compilation(NetworkDeviceTests.meanColour, ReferenceEngine()), device: name, lanesShareUnit: true,
            bindThread: { _ in })
        #expect(other.turns(of: 0) == nil)
        let stream = try FrameStream(devices: [Self.device(engine, name: name)])
        let isMeasuring = try Self.run(stream) { engine.isMeasuring }
        #expect(isMeasuring)
        #expect(other.turns(of: 0) != nil && other.turns(of: 1) == nil && sharing.turns(of: 1) != nil)
        stream.cancel()
        #expect(other.turns(of: 0) == nil && sharing.turns(of: 1) == nil)
    }

    /// As after a loss, with what was measured in the context that is lost.
    @Test func aCompilationThatMakesNoContextIsMadeAnew() throws {
        struct Lost: CompiledNetwork {
            struct Failure: Error {}
            func makeContext() throws -> any ExecutionContext { throw Failure() }
        }
        let engine = FakeMeasuring(layers: 1)
        let compilation = Compilation(NetworkDeviceTests.meanColour, engine)
        #expect(try compilation.makeContext().generation == 0)
        #expect(compilation.replace(with: Lost()).generation == 1)
        // A lane that has yet to go over, and one that opens now.
        #expect(try compilation.makeContext(after: 0).generation == 2)
        #expect(compilation.replace(with: Lost()).generation == 3)
        #expect(try compilation.makeContext().generation == 4)
    }

    @Test func aFailureIsSaidAndFramesGoOn() throws {
        let engine = FakeMeasuring(layers: 2, failure: NetworkError(node: "x", reason: "no such kernel"))
        let device = Self.device(engine)
        let stream = try FrameStream(devices: [device])
        let hasFailed = try Self.run(stream) { device.tuningProgress?.problem != nil }
        #expect(hasFailed)
        let usual = engine.count(.usual)
        let goesOn = try Self.run(stream) { engine.count(.usual) >= usual + 10 }
        #expect(goesOn)
        stream.cancel()
        #expect(device.tuningProgress?.problem == "node 'x': no such kernel")
        #expect(device.tuningProgress?.isInUse == false)
    }

    @Test func whatIsMeasuredFirstStartsNoThread() throws {
        let engine = FakeMeasuring(layers: 2, isToBeTuned: false)
        let device = Self.device(engine)
        let stream = try FrameStream(devices: [device])
        _ = try Self.run(stream) { engine.count(.usual) >= 20 }
        stream.cancel()
        #expect(device.tuningProgress == nil && engine.measurements == 0)
    }

    /// Names as the kernel keeps them, 15 bytes of each.
    private static func threads(named name: String) -> [String] {
        let ids = SystemFiles.thisMachine.names(in: "proc/self/task")
        return ids.compactMap { try? SystemFiles.thisMachine.text("proc/self/task/\($0)/comm") }
            .filter { $0.hasPrefix(name) }
    }
}

/// The reference, which says how many frames it ran in usual and in measured ways.
private final class FakeMeasuring: MeasuringEngine {
    enum Way { case usual, measured }

    let layers: Int
    let failure: NetworkError?
    let isToBeTuned: Bool
    private let usual = Atomic<Int>(0)
    private let measured = Atomic<Int>(0)
    private let measurementCount = Atomic<Int>(0)
    private let measuring = Atomic<Bool>(false)

    init(layers: Int, failure: NetworkError? = nil, isToBeTuned: Bool = true) {
        (self.layers, self.failure, self.isToBeTuned) = (layers, failure, isToBeTuned)
    }

    var name: String { "fake" }
    var measurements: Int { measurementCount.load(ordering: .relaxed) }
    var isMeasuring: Bool { measuring.load(ordering: .relaxed) }
    func count(_ way: Way) -> Int {
        switch way {
        case .usual: usual.load(ordering: .relaxed)
        case .measured: measured.load(ordering: .relaxed)
        }
    }
    fileprivate func note(_ way: Way) {
        switch way {
        case .usual: usual.add(1, ordering: .relaxed)
        case .measured: measured.add(1, ordering: .relaxed)
        }
    }

    func compile(_ network: Network) throws -> any CompiledNetwork { Compiled(network, .usual, self) }

    func compile(
        _ network: Network, insteadOf running: any CompiledNetwork, measuringIn turns: any MeasuringTurns
    ) throws -> (any CompiledNetwork)? {
        measurementCount.add(1, ordering: .relaxed)
        measuring.store(true, ordering: .relaxed)
        defer { measuring.store(false, ordering: .relaxed) }
        var layer = 0
        while layer < layers {
            guard !turns.isOver else { return nil }
            turns.begin()
            usleep(200)
            turns.giveWay()
            usleep(200)
            turns.end()
            layer += 1
            turns.note(measuredLayers: layer, of: layers)
            if let failure { throw failure }
        }
        return Compiled(network, .measured, self)
    }

    private struct Compiled: CompiledNetwork {
        let reference: any CompiledNetwork
        let way: Way
        let engine: FakeMeasuring

        init(_ network: Network, _ way: Way, _ engine: FakeMeasuring) {
            (reference, self.way, self.engine) = (ReferenceEngine().compile(network), way, engine)
        }

        var isToBeTuned: Bool { way == .usual && engine.isToBeTuned }
        func makeContext() throws -> any ExecutionContext { Context(try reference.makeContext(), way, engine) }
    }

    private final class Context: ExecutionContext {
        let reference: any ExecutionContext
        let way: Way
        let engine: FakeMeasuring

        init(_ reference: any ExecutionContext, _ way: Way, _ engine: FakeMeasuring) {
            (self.reference, self.way, self.engine) = (reference, way, engine)
        }

        func run(_ inputs: [NetworkInput], into outputs: inout [Tensor]) throws {
            engine.note(way)
            try reference.run(inputs, into: &outputs)
        }
        func profile(_ inputs: [NetworkInput]) throws -> [NodeTiming] { try reference.profile(inputs) }
    }
}
