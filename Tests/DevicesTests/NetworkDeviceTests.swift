import CoExec
import Kernels
import Synchronization
import Testing

@testable import Devices

@Suite struct NetworkDeviceTests {
    /// An image scaled to 2×2 and averaged: the result is each colour's mean.
    static let meanColour: Network = {
        var network = Network(name: "mean colour")
        do {
            let image = try network.append(
                .image(ImageInput(height: 2, width: 2, mean: [0, 0, 0], scale: [1, 1, 1])))
            network.setOutputs(try network.append(.globalAveragePooling, image))
        } catch {
            preconditionFailure("\(error)")
        }
        return network
    }()

    static func image(_ value: UInt8) -> Image {
        Image(width: 3, height: 5, pixels: Array(repeating: value, count: 45))
    }

    @Test func lanesShareOneCompiledNetworkAndBindFirst() throws {
        let engine = CountingEngine()
        let bound = Mutex<[Int]>([])
        let device = NetworkDevice<Image>(
            name: "fake", laneCount: 3, threadsPerLane: 1, network: Self.meanColour, engine: engine,
            bindThread: { lane in
                let isFirst = bound.withLock { bound in
                    bound.append(lane)
                    return bound.count == 1
                }
                // Compiled on a thread that is bound as the first lane's will be.
                if isFirst { #expect(engine.compilations == 0) }
            })
        let stream = try FrameStream(devices: [device])
        var sums: [Float] = []
        try stream.run(source: source(of: 30)) { delivery in
            let outputs = try delivery.result.get()
            #expect(outputs.count == 1 && outputs[0].shape == [1, 3, 1, 1])
            sums.append(outputs[0].values.reduce(0, +))
        }
        // Each frame keeps its own result, although a lane reuses its tensors.
        #expect(sums == (0..<30).map { Float(3 * $0) })
        #expect(engine.compilations == 1)
        #expect(bound.withLock { $0 } == [0, 0, 1, 2])
    }

    @Test func anEngineThatCannotCompileIsReportedByDevice() {
        let device = NetworkDevice<Image>(
            name: "broken", laneCount: 1, threadsPerLane: 1, network: Self.meanColour, engine: BrokenEngine(),
            bindThread: { _ in })
        #expect { try FrameStream(devices: [device]) } throws: { error in
            "\(error)" == "device 'broken': node 'x': no such kernel"
        }
    }

    @Test func profileTimesEveryNode() throws {
        let device = NetworkDevice<Image>(
            name: "fake", laneCount: 1, threadsPerLane: 1, network: Self.meanColour, engine: ReferenceEngine(),
            bindThread: { _ in })
        let timings = try device.profile(Self.image(1), runs: 3)
        #expect(timings.map(\.node) == [0, 1])
        #expect(timings.allSatisfy { $0.nanoseconds > 0 })
    }

    private func source(of count: Int) -> () -> Image? {
        var next = 0
        return {
            defer { next += 1 }
            return next < count ? Self.image(UInt8(next)) : nil
        }
    }
}

/// The reference, counting how often it compiles.
private final class CountingEngine: Engine {
    private let count = Atomic<Int>(0)
    var compilations: Int { count.load(ordering: .relaxed) }
    var name: String { "counting" }

    func compile(_ network: Network) throws -> any CompiledNetwork {
        count.add(1, ordering: .relaxed)
        return ReferenceEngine().compile(network)
    }
}

private struct BrokenEngine: Engine {
    var name: String { "broken" }
    func compile(_ network: Network) throws -> any CompiledNetwork {
        throw NetworkError(node: "x", reason: "no such kernel")
    }
}
