// The built-in networks against their published figures.
import Kernels
import Testing

@Suite("Network catalog")
struct NetworkCatalogTests {
    @Test(
        "published figures",
        arguments: [
            ("squeezenet", 818_924_576, 1_248_424),
            ("mobilenet_v1", 568_740_352, 4_221_032),
        ])
    func figures(_ name: String, _ multiplyAccumulates: Int, _ parameters: Int) throws {
        let network = try NetworkCatalog.make(name)
        #expect(network.name == name)
        #expect(network.multiplyAccumulates == multiplyAccumulates)
        #expect(network.parameterCount == parameters)
        #expect(
            network.outputs.map { network.nodes[$0].shape }
                == (name == "squeezenet" ? [[1, 1000, 1, 1]] : [[1, 1000]]))
    }

    @Test(
        "narrower MobileNets, in millions",
        arguments: [
            ("mobilenet_v1_0.75", 325.0, 2.59), ("mobilenet_v1_0.5", 150, 1.33), ("mobilenet_v1_0.25", 41, 0.47),
        ])
    func narrow(_ name: String, _ multiplyAccumulates: Double, _ parameters: Double) throws {
        let network = try NetworkCatalog.make(name)
        #expect(abs(Double(network.multiplyAccumulates) / 1e6 - multiplyAccumulates) < 1)
        #expect(abs(Double(network.parameterCount) / 1e6 - parameters) < 0.02)
    }

    @Test func batchMultipliesTheWorkOnly() throws {
        let one = try NetworkCatalog.make("mobilenet_v1_0.25")
        let three = try NetworkCatalog.make("mobilenet_v1_0.25", batch: 3)
        #expect(three.multiplyAccumulates == 3 * one.multiplyAccumulates)
        #expect(three.parameterCount == one.parameterCount)
        #expect(three.nodes[three.outputs[0]].shape[0] == 3)
    }

    @Test func weightsAreTheSameEveryTimeAndDifferBetweenLayers() throws {
        let (first, second) = (
            convolutions(try NetworkCatalog.make("squeezenet")), convolutions(try NetworkCatalog.make("squeezenet"))
        )
        #expect(zip(first, second).allSatisfy { $0.weights == $1.weights && $0.bias == $1.bias })
        let starts = Set(first.map { Array($0.weights.values.prefix(4)) })
        #expect(starts.count == first.count)
    }

    /// Pins the generator itself: other machines must draw the same numbers.
    @Test func firstWeights() throws {
        let network = try NetworkCatalog.make("squeezenet")
        let conv1 = convolutions(network)[0].weights.values
        #expect(conv1.prefix(3).map(\.bitPattern) == [3_185_740_396, 3_192_027_270, 1_045_252_662])
        let bound = (6 / Float(3 * 49)).squareRoot()
        #expect(conv1.allSatisfy { abs($0) <= bound })
        let mean = conv1.reduce(0, +) / Float(conv1.count)
        let variance = conv1.reduce(0) { $0 + $1 * $1 } / Float(conv1.count)
        #expect(abs(mean) < 0.02 * bound)
        #expect(abs(variance / (bound * bound / 3) - 1) < 0.02)
    }

    private func convolutions(_ network: Network) -> [Convolution] {
        network.nodes.compactMap { if case .convolution(let layer) = $0.operation { layer } else { nil } }
    }

    @Test func namesAreForgiving() throws {
        #expect(NetworkCatalog.names == NetworkCatalog.names.sorted())
        for name in NetworkCatalog.names { #expect(try NetworkCatalog.make(name).name == name) }
        #expect(try NetworkCatalog.make("SqueezeNet").name == "squeezenet")
        #expect(try NetworkCatalog.make("mobilenet_v1_1.0").name == "mobilenet_v1")
    }

    @Test(
        "an unknown name lists the known ones",
        arguments: [
            ("sqeezenet", "squeezenet"), ("squeezenet1_1", "squeezenet"), ("mobilenet", "mobilenet_v1"),
            ("mobilenet_v1_0.3", "mobilenet_v1_0.5"), ("bert", nil), ("", nil),
        ])
    func unknownNames(_ name: String, _ suggestion: String?) {
        do {
            _ = try NetworkCatalog.make(name)
            Issue.record("there is no network '\(name)'")
        } catch {
            #expect(error.known == NetworkCatalog.names)
            #expect(error.description.contains("squeezenet") && error.description.contains("mobilenet_v1_0.25"))
            if name != "mobilenet_v1_0.3" { #expect(error.suggestion == suggestion) }
            #expect((error.suggestion == nil) == (suggestion == nil))
        }
    }
}
