// The built-in networks: names, sizes of feature maps, weights.
import Kernels
import Testing

@Suite("Network catalog")
struct NetworkCatalogTests {
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

    @Test("batch multiplies the work only", arguments: ["googlenet", "mobilenet_v1_0.25", "resnet50", "squeezenet"])
    func batch(_ name: String) throws {
        let one = try NetworkCatalog.make(name)
        let three = try NetworkCatalog.make(name, batch: 3)
        #expect(three.multiplyAccumulates == 3 * one.multiplyAccumulates)
        #expect(three.parameterCount == one.parameterCount)
        #expect(three.nodes[three.outputs[0]].shape[0] == 3)
    }

    /// The paper's and torchvision's sizes of feature maps: ceil-mode pools and strides are where they should be.
    @Test(
        "sizes of feature maps",
        arguments: [
            ("alexnet", ["conv1": 55, "pool1": 27, "pool2": 13, "pool5": 6]),
            ("googlenet", ["conv1": 112, "pool1": 56, "pool2": 28, "pool3": 14, "inception4e/output": 14, "pool4": 7]),
            ("resnet50", ["conv1": 112, "pool1": 56, "layer2.0/conv1": 56, "layer2.0/conv2": 28, "layer4.2/sum": 7]),
            ("squeezenet", ["conv1": 109, "pool1": 54, "pool4": 27, "pool8": 13]),
            ("squeezenet_1.1", ["conv1": 111, "pool1": 55, "pool3": 27, "pool5": 13]),
            ("inception_v3", ["pool1": 73, "mixed5d/concat": 35, "mixed6e/concat": 17, "mixed7c/concat": 8]),
            ("inception_v4", ["stem/concat3": 35, "reduction_a/concat": 17, "reduction_b/concat": 8]),
            ("xception", ["conv2": 147, "block1/sum": 74, "block2/sum": 37, "block3/sum": 19, "block12/sum": 10]),
            ("densenet121", ["pool0": 56, "transition1/pool": 28, "transition3/pool": 7]),
            ("shufflenet_v2", ["pool1": 56, "stage2.0/shuffle": 28, "stage4.3/shuffle": 7]),
            ("nasnet_mobile", ["conv0": 111, "stem0/concat": 56, "stem1/concat": 28, "cell3.4/concat": 7]),
            ("nasnet_large", ["conv0": 165, "stem0/concat": 83, "stem1/concat": 42, "cell3.6/concat": 11]),
            ("pnasnet5", ["stem0/concat": 83, "stem1/concat": 42, "cell7/concat": 21, "cell11/concat": 11]),
        ])
    func sizes(_ name: String, _ sizes: [String: Int]) throws {
        let network = try NetworkCatalog.make(name, side: nil, drawsWeights: false)
        for (layer, size) in sizes {
            let node = try #require(network.nodes.first { $0.name == layer }, "\(layer)")
            #expect(node.shape[2] == size && node.shape[3] == size, "\(layer): \(node.shape)")
        }
    }

    /// Random weights must not make values vanish or explode on the way: timings would be of denormals and infinities,
    /// and errors of engines would drown.
    @Test(
        "activations stay in a sane range", .enabled(if: BuiltInNetwork.areAffordable, BuiltInNetwork.whyNot),
        arguments: CatalogNetworks.names + NetworkCatalog.studyNames)
    func activations(_ name: String) throws {
        // Smaller pictures do, but where long kernels would mostly see padding then.
        let isInception = name.hasPrefix("inception")
        var network = try CatalogNetworks.make(name, side: isInception ? 299 : 128)
        let layers = Array(network.nodes.indices.dropLast())
        network.setOutputs(layers)
        var random = SeededValues(seed: 3)
        // Little is left of noise that is shrunk to a tenth.
        let picture =
            name.hasPrefix("conv") ? random.image(width: 40, height: 30) : random.image(width: 320, height: 180)
        var outputs = network.makeOutputs()
        try CPUEngine(threads: 1).compile(network).makeContext()
            .run([.images([picture])], into: &outputs)
        for (layer, output) in zip(layers, outputs) {
            let count = Double(output.values.count)
            let mean = output.values.reduce(0) { $0 + Double($1) } / count
            let deviation = (output.values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / count)
                .squareRoot()
            #expect(deviation > 0.05 && deviation < 10, "\(network.nodes[layer].name): \(mean) ± \(deviation)")
        }
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
        let wanted = [
            ("SqueezeNet", "squeezenet"), ("squeezenet1_1", "squeezenet_1.1"), ("ResNet-50", "resnet50"),
            ("mobilenet_v1_1.0", "mobilenet_v1"), ("Inception v3", "inception_v3"), ("PNASNet-5", "pnasnet5"),
            ("Conv-16 CIFAR-10", "conv_cifar10_16"),
        ]
        for (name, known) in wanted {
            let network = try NetworkCatalog.make(name, side: nil, drawsWeights: false)
            #expect(network.name == known)
        }
    }

    @Test func aListingWritesFamiliesOnce() {
        let listing = NetworkCatalog.listing
        #expect(listing.contains("resnet{18,34,50,101,152}, shufflenet_v2, shufflenet_v2_0.5, squeezenet"))
        #expect(listing.contains("mobilenet_v{1,2}, mobilenet_v1_{0.25,0.5,0.75}, nasnet_large"))
    }

    @Test(
        "an unknown name lists the known ones",
        arguments: [
            ("sqeezenet", "squeezenet"), ("squeezenet_1.2", "squeezenet_1.1"), ("mobilenet", "mobilenet_v1"),
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
