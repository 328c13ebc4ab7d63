// Joins the two halves: a unit of hardware, as the scheduler sees it, that runs a network with an engine.
// Owner: the application, for as long as streams use it. Lanes are opened on the scheduler's threads.

import CoExec
import Kernels
import Synchronization

/// A frame that a network's image input can take.
public protocol ImageFrame: Sendable {
    /// As many pictures as the network's batch; one, unless the network was made for more.
    var images: [Image] { get }
}

extension Image: ImageFrame {
    public var images: [Image] { [self] }
}

/// A unit of hardware that runs a network: frames in, the network's output tensors out.
///
/// The network is compiled once, on the bound thread of the first lane that opens, and shared by all lanes and by all
/// streams that the device takes part in.
public final class NetworkDevice<Frame: ImageFrame>: Device {
    public typealias Output = [Tensor]

    public let name: String
    public let laneCount: Int
    /// Threads that a lane computes with.
    public let threadsPerLane: Int
    /// Speed relative to the real unit; less than 1 emulates a slower one by sleeping after each frame.
    public let speed: Double
    public var engine: any Engine { compilation.engine }
    private let compilation: Compilation
    private let bindThread: @Sendable (_ lane: Int) throws -> Void

    /// - Parameters:
    ///   - laneCount: frames in flight on the device.
    ///   - speed: in (0, 1].
    ///   - network: with one `image` input.
    ///   - bindThread: binds the calling thread to a lane's CPUs; called on every lane's thread before anything else.
    public convenience init(
        name: String, laneCount: Int, threadsPerLane: Int, speed: Double = 1, network: Network, engine: any Engine,
        bindThread: @escaping @Sendable (_ lane: Int) throws -> Void
    ) {
        self.init(
            name: name, laneCount: laneCount, threadsPerLane: threadsPerLane, speed: speed,
            compilation: Compilation(network, engine), bindThread: bindThread)
    }

    fileprivate init(
        name: String, laneCount: Int, threadsPerLane: Int, speed: Double, compilation: Compilation,
        bindThread: @escaping @Sendable (_ lane: Int) throws -> Void
    ) {
        precondition(laneCount > 0 && threadsPerLane > 0 && speed > 0 && speed <= 1)
        precondition(compilation.network.inputs.count == 1, "a device feeds one image input")
        (self.name, self.laneCount, self.threadsPerLane) = (name, laneCount, threadsPerLane)
        (self.speed, self.compilation, self.bindThread) = (speed, compilation, bindThread)
    }

    /// The same unit, with the network as it is compiled, for frames of another type and at another speed.
    func converted<Other: ImageFrame>(to: Other.Type, speed: Double) -> NetworkDevice<Other> {
        NetworkDevice<Other>(
            name: name, laneCount: laneCount, threadsPerLane: threadsPerLane, speed: speed, compilation: compilation,
            bindThread: bindThread)
    }

    public func openLane(_ index: Int) throws -> any Lane<Frame, [Tensor]> {
        let lane = NetworkLane<Frame>(
            context: try makeContext(lane: index), outputs: compilation.network.makeOutputs(), speed: speed)
        if let blank = BlankFrame(compilation.network) { try lane.warmUp(blank) }
        return lane
    }

    /// Times each node of the network on the calling thread, bound as lane 0 is, while no stream uses the device.
    /// - Returns: medians over `runs` runs, in the order in which the nodes ran.
    public func profile(_ frame: Frame, runs: Int) throws -> [NodeTiming] {
        precondition(runs > 0)
        let context = try makeContext(lane: 0)
        _ = try context.profile([.images(frame.images)])
        let timings = try (0..<runs).map { _ in try context.profile([.images(frame.images)]) }
        return timings[0].indices.map { row in
            NodeTiming(
                node: timings[0][row].node, partner: timings[0][row].partner,
                nanoseconds: timings.map { $0[row].nanoseconds }.sorted()[runs / 2])
        }
    }

    private func makeContext(lane: Int) throws -> any ExecutionContext {
        try bindThread(lane)
        return try compilation.compiled().makeContext()
    }
}

/// A network and what an engine makes of it when it is first asked.
private final class Compilation: Sendable {
    let network: Network
    let engine: any Engine
    private let result = Mutex<(any CompiledNetwork)?>(nil)

    init(_ network: Network, _ engine: any Engine) { (self.network, self.engine) = (network, engine) }

    /// Compiles on the calling thread, which must be bound to the device's CPUs; once.
    func compiled() throws -> any CompiledNetwork {
        try result.withLock { result in
            if let result { return result }
            let fresh = try engine.compile(network)
            result = fresh
            return fresh
        }
    }
}

/// One thread's context of a network.
private final class NetworkLane<Frame: ImageFrame>: Lane {
    private let context: any ExecutionContext
    private var outputs: [Tensor]
    private(set) var expectedServiceNanoseconds: Int?
    private let dutyCycle: DutyCycle

    init(context: any ExecutionContext, outputs: [Tensor], speed: Double) {
        (self.context, self.outputs, dutyCycle) = (context, outputs, DutyCycle(speed: speed))
    }

    func run(_ frame: Frame) throws -> [Tensor] {
        try dutyCycle.run { try context.run([.images(frame.images)], into: &outputs) }
        return outputs
    }

    /// First runs pay for page faults, thread teams and code caches; the one after them tells how long a frame takes.
    func warmUp(_ frame: BlankFrame) throws {
        for _ in 0..<3 {
            let start = monotonicNanoseconds()
            try dutyCycle.run { try context.run([.images(frame.images)], into: &outputs) }
            expectedServiceNanoseconds = monotonicNanoseconds() - start
        }
    }
}
