// Joins the two halves: a unit of hardware, as the scheduler sees it, that runs a network with an engine.
// Owner: the application, for as long as streams use it. Lanes are opened on the scheduler's threads.

import CoExec
import Kernels
import Synchronization
import System

/// A frame that a network's image input can take.
public protocol ImageFrame: Sendable {
    /// As many pictures as the network's batch; one, unless the network was made for more.
    var images: [Image] { get }

    /// How many those of every frame are, so that a network of another batch is refused when a device is made; nil
    /// where only the frame knows.
    static var imageCount: Int? { get }
}

extension ImageFrame {
    public static var imageCount: Int? { nil }
}

extension Image: ImageFrame {
    public var images: [Image] { [self] }
    public static var imageCount: Int? { 1 }
}

/// Whose threads compute a device's frames, for who accounts for CPU time.
public enum ComputingThreads: Sendable, Hashable {
    /// The lanes' own, and those that they start.
    case lanes
    /// Others, while the lanes' wait: a runtime's, by the kernel's ids as far as they're known; none where the device
    /// computes by itself.
    case others([Int])
}

/// A unit of hardware that runs a network: frames in, the network's output tensors out.
///
/// The network is compiled once, when the first stream begins, and shared by all lanes and by all streams that the device
/// takes part in. Where its engine's tuning is `whileRunning`, better ways to compute are measured between frames, and
/// lanes go over to them.
public final class NetworkDevice<Frame: ImageFrame>: Device {
    public typealias Output = [Tensor]

    public let name: String
    public let laneCount: Int
    /// Threads that a lane computes with.
    public let threadsPerLane: Int
    /// Speed relative to the real unit; less than 1 emulates a slower one by sleeping after frames. To know what the
    /// sleep itself costs, some blank frames are run now and then.
    public let speed: Double
    public var engine: any Engine { compilation.engine }
    public let computing: ComputingThreads
    /// Host threads that compute at once, and so use up a CPU quota.
    public let busyThreads: Int
    private let tuning: NetworkTuning
    private var compilation: Compilation { tuning.compilation }
    private let bindThread: @Sendable (_ lane: Int) throws -> Void
    private let checkBinding: @Sendable (_ lane: Int) -> Void

    /// - Parameters:
    ///   - laneCount: frames in flight on the device.
    ///   - speed: in (0, 1].
    ///   - network: with one `image` input.
    ///   - bindThread: binds the calling thread to a lane's CPUs; called on every lane's thread before anything else,
    ///     and on threads that compile, measure or make contexts, for the lane that they do it for.
    /// - Throws: for numbers that can't be, and a network that takes other than these frames.
    public convenience init(
        name: String, laneCount: Int, threadsPerLane: Int, speed: Double = 1, network: Network, engine: any Engine,
        bindThread: @escaping @Sendable (_ lane: Int) throws -> Void
    ) throws(NetworkDeviceError) {
        try self.init(
            name: name, laneCount: laneCount, threadsPerLane: threadsPerLane, speed: speed,
            computing: .lanes, busyThreads: laneCount * threadsPerLane,
            tuning: NetworkTuning(
                Compilation(network, engine), device: name, lanesShareUnit: false, bindThread: bindThread),
            bindThread: bindThread, checkBinding: { _ in })
    }

    /// - Parameter binding: of the lanes, which look now and then whether it still holds.
    convenience init(
        name: String, laneCount: Int, threadsPerLane: Int, speed: Double, network: Network, engine: any Engine,
        computing: ComputingThreads, busyThreads: Int, binding: LaneBinding
    ) throws(NetworkDeviceError) {
        try self.init(
            name: name, laneCount: laneCount, threadsPerLane: threadsPerLane, speed: speed,
            computing: computing, busyThreads: busyThreads,
            tuning: NetworkTuning(
                Compilation(network, engine), device: name, lanesShareUnit: computing != .lanes,
                bindThread: binding.bind),
            bindThread: binding.bind, checkBinding: binding.check)
    }

    fileprivate init(
        name: String, laneCount: Int, threadsPerLane: Int, speed: Double, computing: ComputingThreads,
        busyThreads: Int, tuning: NetworkTuning,
        bindThread: @escaping @Sendable (_ lane: Int) throws -> Void,
        checkBinding: @escaping @Sendable (_ lane: Int) -> Void
    ) throws(NetworkDeviceError) {
        guard laneCount > 0, threadsPerLane > 0 else {
            throw .layout(device: name, lanes: laneCount, threads: threadsPerLane)
        }
        guard speed > 0, speed <= 1 else { throw .speed(device: name, speed: speed) }
        try tuning.compilation.network.check(takes: Frame.self, on: name)
        (self.name, self.laneCount, self.threadsPerLane) = (name, laneCount, threadsPerLane)
        (self.speed, self.computing, self.busyThreads, self.tuning) = (speed, computing, busyThreads, tuning)
        (self.bindThread, self.checkBinding) = (bindThread, checkBinding)
    }

    /// The same unit, with the network as it is compiled, for frames of another type and at another speed.
    func converted<Other: ImageFrame>(
        to: Other.Type, speed: Double
    ) throws(NetworkDeviceError) -> NetworkDevice<Other> {
        try NetworkDevice<Other>(
            name: name, laneCount: laneCount, threadsPerLane: threadsPerLane, speed: speed, computing: computing,
            busyThreads: busyThreads, tuning: tuning, bindThread: bindThread, checkBinding: checkBinding)
    }

    /// Compiles the network, on a thread of its own: bound as lane 0's, so that what libraries start there inherits that,
    /// while the caller's binding and the lanes' frames stay as they are.
    public func prepare() throws {
        let outcome = Mutex<Result<Void, any Error>>(.success(()))
        let thread = try Thread(name: "\(name) compiles", flushesDenormals: true) { [bindThread, compilation] in
            let made = Result {
                try bindThread(0)
                _ = try compilation.current()
            }
            outcome.withLock { $0 = made }
        }
        thread.join()
        try outcome.withLock { $0 }.get()
    }

    public func openLane(_ index: Int) throws -> any Lane<Frame, [Tensor]> {
        try bindThread(index)
        let checkBinding = checkBinding
        let lane = try NetworkLane<Frame>(tuning, index, speed: speed) { checkBinding(index) }
        if let blank = BlankFrame(compilation.network) { try lane.warmUp(blank) }
        return lane
    }

    /// How far better ways to compute were measured while frames ran; nil where nothing was to be measured.
    public var tuningProgress: TuningProgress? { tuning.progress }

    /// Times each node of the network on the calling thread, bound as lane 0 is, while no stream uses the device.
    /// - Parameter runs: how many, after one that isn't timed; one at least.
    /// - Returns: medians over these runs, in the order in which the nodes ran.
    public func profile(_ frame: Frame, runs: Int) throws -> [NodeTiming] {
        let runs = max(runs, 1)
        try bindThread(0)
        // As lanes do.
        let timings = try Denormals.flushed {
            let context = try compilation.current().compiled.makeContext()
            _ = try context.profile([.images(frame.images)])
            return try (0..<runs).map { _ in try context.profile([.images(frame.images)]) }
        }
        return timings[0].indices.map { row in
            NodeTiming(
                node: timings[0][row].node, partner: timings[0][row].partner,
                nanoseconds: timings.map { $0[row].nanoseconds }.sorted()[runs / 2])
        }
    }
}

/// One thread's context of a network.
private final class NetworkLane<Frame: ImageFrame>: Lane {
    private let tuning: NetworkTuning
    /// Where a better context is put.
    private let next: LaneContext
    /// Frames that it ran, up to `framesBeforeTuning`.
    private var frames = 0
    private var generation: Int
    private var context: any ExecutionContext
    /// Used in turn: by the time that one is next, whoever had its tensors has mostly let them go, and then they are
    /// written to where they are. Where not, they are copied first.
    private var outputs: [[Tensor]]
    private var turn = 0
    private static var outputCount: Int { 4 }
    /// Of one of them.
    private let outputBytes: Int
    /// A single picture's run is over before anything is measured.
    private static var framesBeforeTuning: Int { 2 }
    private(set) var expectedServiceNanoseconds: Int?
    private var dutyCycle: DutyCycle
    /// Rehearses the duty cycle.
    private var blank: BlankFrame?
    private let checkBinding: () -> Void
    /// Frames until the binding is looked at again.
    private var framesToCheck = 0

    /// The binding is looked at about so often: where frames are short, more often would cost them something.
    private static var checkNanoseconds: Int { 250_000_000 }

    init(_ tuning: NetworkTuning, _ index: Int, speed: Double, checkBinding: @escaping () -> Void) throws {
        (self.tuning, next, self.checkBinding) = (tuning, LaneContext(lane: index), checkBinding)
        tuning.enter(next)
        do {
            (context, generation) = try tuning.compilation.makeContext()
        } catch {
            tuning.leave(next)
            throw error
        }
        let network = tuning.compilation.network
        outputBytes = network.outputs.reduce(0) { $0 + network.nodes[$1].shape.count * MemoryLayout<Float>.stride }
        do {
            try ProcessMemory.check(bytes: Self.outputCount * outputBytes)
        } catch {
            tuning.leave(next)
            throw error
        }
        outputs = (0..<Self.outputCount).map { _ in network.makeOutputs() }
        dutyCycle = DutyCycle(speed: speed)
    }

    /// - Throws: what the engine throws. The scheduler gives the frame to another lane then, and asks this one again
    ///   later: where the unit was lost, that starts it anew.
    func run(_ frame: Frame) throws -> [Tensor] {
        if let better = next.take(), better.generation > generation {
            (context, generation) = (better.context, better.generation)
        }
        let turns = tuning.turns(of: next.lane)
        turns?.beginFrame(lasting: expectedServiceNanoseconds)
        defer { turns?.endFrame() }
        if context.isLost { (context, generation) = try tuning.compilation.makeContext(after: generation) }
        if framesToCheck == 0 {
            checkBinding()
            framesToCheck = max(Self.checkNanoseconds / max(expectedServiceNanoseconds ?? 0, 1_000_000), 1)
        }
        framesToCheck -= 1
        turn = (turn + 1) % Self.outputCount
        // Where a consumer still has this turn's, they are copied.
        try ProcessMemory.check(bytes: outputBytes)
        try dutyCycle.run {
            try context.run([.images(frame.images)], into: &outputs[turn])
        } rehearsal: {
            try context.run([.images(blank?.images ?? frame.images)], into: &outputs[turn])
        }
        if frames < Self.framesBeforeTuning {
            frames += 1
            if frames == Self.framesBeforeTuning { tuning.begin() }
        }
        return outputs[turn]
    }

    deinit { tuning.leave(next) }

    /// First runs pay for page faults, thread teams and code caches; the one after them tells how long a frame takes.
    func warmUp(_ frame: BlankFrame) throws {
        if dutyCycle.speed < 1 { blank = frame }
        for _ in 0..<3 {
            let turns = tuning.turns(of: next.lane)
            turns?.beginFrame(lasting: expectedServiceNanoseconds)
            defer { turns?.endFrame() }
            let start = monotonicNanoseconds()
            try context.run([.images(frame.images)], into: &outputs[turn])
            expectedServiceNanoseconds = Int(Double(monotonicNanoseconds() - start) / dutyCycle.speed)
        }
    }
}
