// What the oneDNN engine promises beyond being right.
import Kernels
import Testing

@testable import CPUKernels

@Suite("CPU engine")
struct CPUEngineTests {
    @Test func whatThereIsNoMemoryForIsAnError() {
        #expect {
            try AlignedBuffer(bytes: 1 << 60)
        } throws: { error in
            error is CPULibraryError && "\(error)".contains("\(1 << 60) bytes")
        }
    }

    @Test func withoutAThreadNothingIsCompiled() throws {
        let network = try NetworkCatalog.make("mobilenet_v1_0.25")
        #expect(throws: CPULibraryError.self) { try CPUEngine(threads: 0).compile(network) }
    }

    @Test func namesItsVersion() {
        #expect(CPUEngine(threads: 1).name.hasPrefix("oneDNN "))
        #expect(CPUEngine(threads: 1).name.contains("."))
    }

    @Test func activationsAndResidualsRunInsideConvolutions() throws {
        var random = SeededValues(seed: 1)
        let window = Window(height: 3, width: 3, padding: Padding(1))
        var network = Network(name: "fusion")
        let input = try network.append(.tensor([1, 16, 8, 8]))
        let a = try network.append(random.convolution(16, 16, window), input)
        let activated = try network.append(.activation(.relu), a)
        let b = try network.append(random.convolution(16, 16, window), activated)
        let sum = try network.append(.addition(.relu), b, activated)
        network.setOutputs(try network.append(.globalAveragePooling, sum))
        let context = try CPUEngine(threads: 1).compile(network).makeContext()
        let nodes = try context.profile([.tensor(random.tensor([1, 16, 8, 8]))]).map(\.node)
        #expect(!nodes.contains(activated) && !nodes.contains(sum))
        #expect(nodes.contains(a) && nodes.contains(b))
    }

    @Test func errorsNameTheNode() throws {
        var random = SeededValues(seed: 1)
        var network = Network(name: "bad bounds")
        let input = try network.append(.tensor([1, 16, 8, 8]))
        let clipped = random.convolution(16, 16, Window(height: 1, width: 1), .clip(low: 1, high: 0))
        network.setOutputs(try network.append(clipped, input, name: "upside down"))
        do {
            _ = try CPUEngine(threads: 1).compile(network)
            Issue.record("bounds the wrong way round were compiled")
        } catch let error as CPULibraryError {
            #expect(error.node == "upside down")
            #expect(error.reason == "invalid_arguments")
        }
    }
}
