// How frames get to an OpenCL device and results back: what a run may do, and what lanes share.
import OpenCLFaults
import Testing

@testable import NetworkGraph
@testable import OpenCLKernels

@Suite("OpenCL feeding", .enabled(if: OpenCLUnderTest.skipReason == nil, "needs an OpenCL device"))
struct OpenCLFeedingTests {
    private static func network() throws -> Network {
        var random = SeededValues(seed: 2)
        var network = Network(name: "feeding")
        let image = try network.append(
            .image(ImageInput(height: 8, width: 8, mean: [0, 0, 0], scale: [1, 1, 1])))
        let convolution = try network.append(random.convolution(3, 8, Window(height: 3, width: 3)), image)
        network.setOutputs(convolution, try network.append(.globalAveragePooling, convolution))
        return network
    }

    /// Calls that an engine makes are counted in `body`.
    private func counting(_ body: (OpenCLEngine) throws -> Void) throws {
        OpenCLFaults_begin()
        defer { OpenCLFaults_heal() }
        OpenCLFaults_watch(true)
        let engine = Result { try OpenCLUnderTest.engine() }
        OpenCLFaults_watch(false)
        try body(engine.get())
    }

    @Test func aRunMakesNoBufferAndNeverWaitsForTheQueue() throws {
        try counting { engine in
            let network = try Self.network()
            let context = try engine.compile(network).makeContext()
            var outputs = network.makeOutputs()
            let large = try Image(width: 40, height: 30, pixels: [UInt8](repeating: 9, count: 40 * 30 * 3))
            let small = try Image(width: 20, height: 30, pixels: [UInt8](repeating: 7, count: 20 * 30 * 3))
            // A frame larger than any before needs a larger buffer, once.
            try context.run([.images([large])], into: &outputs)
            let (buffers, finishes) = (OpenCLFaults_buffersMade(), OpenCLFaults_finishes())
            #expect(buffers > 0 && finishes > 0)
            for frame in [small, large, small] { try context.run([.images([frame])], into: &outputs) }
            #expect(OpenCLFaults_buffersMade() == buffers)
            #expect(OpenCLFaults_finishes() == finishes)
        }
    }

    @Test func lanesShareTheWeights() throws {
        try counting { engine in
            let compiled = try engine.compile(Self.network())
            let first = try compiled.makeContext()
            let before = OpenCLFaults_buffersMade()
            let second = try compiled.makeContext()
            // Activations, scratch, a frame and its tables, and two results.
            #expect(OpenCLFaults_buffersMade() - before == 6)
            withExtendedLifetime((first, second)) {}
        }
    }
}
