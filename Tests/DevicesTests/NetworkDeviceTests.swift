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
        try! Image(width: 3, height: 5, pixels: Array(repeating: value, count: 45))
    }

    @Test func lanesShareOneCompiledNetworkAndBindFirst() throws {
        let engine = CountingEngine()
        let bound = Mutex<[Int]>([])
        let device = try NetworkDevice<Image>(
            name: "fake", laneCount: 3, threadsPerLane: 1, network: Self.meanColour, engine: engine,
            bindThread: { lane in
                let isFirst = bound.withLock { bound in
                    bound.append(lane)
                    return bound.count == 1
                }
                // Compiled only on a thread that is bound as lane 0's.
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
        // Once to compile, then each lane.
        #expect(bound.withLock { $0 } == [0, 0, 1, 2])
    }

    @Test func anEngineThatCannotCompileIsReportedByDevice() throws {
        let device = try NetworkDevice<Image>(
            name: "broken", laneCount: 1, threadsPerLane: 1, network: Self.meanColour, engine: BrokenEngine(),
            bindThread: { _ in })
        #expect { try FrameStream(devices: [device]) } throws: { error in
            "\(error)" == "device 'broken': node 'x': no such kernel"
        }
    }

    private func make(
        _ network: Network = meanColour, lanes: Int = 1, threads: Int = 1, speed: Double = 1
    ) throws -> NetworkDevice<Image> {
        try NetworkDevice(
            name: "fake", laneCount: lanes, threadsPerLane: threads, speed: speed, network: network,
            engine: ReferenceEngine(), bindThread: { _ in })
    }

    @Test func whatCannotRunIsToldAtOnce() throws {
        for (lanes, threads) in [(0, 1), (1, 0), (-1, -1)] {
            #expect(throws: NetworkDeviceError.layout(device: "fake", lanes: lanes, threads: threads)) {
                try make(lanes: lanes, threads: threads)
            }
        }
        for speed in [0, -1, 1.5, .infinity] {
            #expect(throws: NetworkDeviceError.speed(device: "fake", speed: speed)) { try make(speed: speed) }
        }
        let two = try NetworkCatalog.make("mobilenet_v1_0.25", batch: 2)
        #expect(throws: NetworkDeviceError.batch(device: "fake", network: two.name, batch: 2, pictures: 1)) {
            try make(two)
        }
        var tensors = Network(name: "tensors")
        let first = try tensors.append(.tensor([1, 3, 2, 2]))
        tensors.setOutputs(first)
        #expect(throws: NetworkDeviceError.inputs(device: "fake", network: "tensors", count: 1)) { try make(tensors) }
        tensors.setOutputs(try tensors.append(.addition(.identity), first, tensors.append(.tensor([1, 3, 2, 2]))))
        #expect(throws: NetworkDeviceError.inputs(device: "fake", network: "tensors", count: 2)) { try make(tensors) }
    }

    /// As on a device of one's own; and of one that another machine has.
    @Test func aMachineRefusesWhatCannotBe() throws {
        let machine = try Machine(topology: .thisMachine(), for: [DeviceSpecification("template")])
        let device = try machine.hardware.resolve(DeviceSpecification("template"))
        func make(_ device: ResolvedDevice, _ network: Network = Self.meanColour, lanes: Int? = nil) throws {
            let _: NetworkDevice<Image> = try machine.makeDevice(
                device, network: network, layout: LaneLayout(lanes: lanes))
        }
        #expect(throws: NetworkDeviceError.self) { try make(device, lanes: 0) }
        #expect(throws: NetworkDeviceError.self) {
            try make(device, NetworkCatalog.make("mobilenet_v1_0.25", batch: 2))
        }
        let other = ResolvedDevice(UnitSummary(name: "elsewhere", cpuUse: .hostThreads))
        #expect(throws: DeviceSpecificationError.self) { try make(other) }
        let words = machine.describe(other)
        #expect(words == "a device of another machine")
    }

    @Test func profileTimesEveryNode() throws {
        let device = try NetworkDevice<Image>(
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
