// The built-in networks against their published figures: multiply–accumulates, parameters, and table 1 of paper 002.
import Kernels
import Testing

@Suite("Figures of built-in networks")
struct NetworkFiguresTests {
    /// Multiply–accumulates; parameters as trained, as published with the definition (torchvision, Keras, TensorFlow);
    /// and those that are left here.
    private static let figures: [(name: String, multiplyAccumulates: Int, trained: Int, parameters: Int)] = [
        ("alexnet", 714_188_480, 61_100_840, 61_100_840),
        ("conv_cifar10_16", 783_936, 8_538, 8_538),
        ("conv_cifar10_32", 2_346_624, 21_674, 21_674),
        ("conv_cifar10_64", 7_808_256, 61_770, 61_770),
        ("conv_cifar10_96", 16_384_896, 120_298, 120_298),
        ("conv_cifar10_128", 28_076_544, 197_258, 197_258),
        ("conv_mnist_16", 380_128, 6_490, 6_490), ("conv_mnist_32", 1_317_824, 17_578, 17_578),
        ("conv_mnist_64", 4_865_920, 53_578, 53_578), ("conv_mnist_96", 10_644_288, 108_010, 108_010),
        ("conv_mnist_128", 18_652_928, 180_874, 180_874),
        ("densenet121", 2_844_711_168, 7_978_856, 7_974_120),
        ("densenet161", 7_749_117_408, 28_681_000, 28_671_304),
        ("densenet169", 3_373_447_296, 14_149_480, 14_142_568),
        ("densenet201", 4_310_250_880, 20_013_928, 20_005_736),
        ("googlenet", 1_582_671_872, 7_005_832, 6_998_552),
        ("inception_v3", 5_713_216_096, 23_834_568, 23_817_352),
        ("inception_v4", 12_253_974_624, 42_679_816, 42_648_232),
        ("mnasnet", 314_415_872, 4_383_312, 4_364_352),
        ("mobilenet_v1", 568_740_352, 4_231_976, 4_221_032),
        ("mobilenet_v1_0.25", 41_030_272, 470_072, 467_336),
        ("mobilenet_v1_0.5", 149_497_088, 1_331_592, 1_326_120),
        ("mobilenet_v1_0.75", 325_400_448, 2_585_560, 2_577_352),
        ("mobilenet_v2", 300_774_272, 3_504_872, 3_487_816),
        ("nasnet_large", 23_783_414_658, 88_753_150, 88_736_878),
        ("nasnet_mobile", 563_638_816, 5_289_978, 5_286_962),
        ("pnasnet5", 24_937_395_792, 86_057_668, 86_043_778),
        ("resnet18", 1_814_073_344, 11_689_512, 11_684_712),
        ("resnet34", 3_663_761_408, 21_797_672, 21_789_160),
        ("resnet50", 4_089_184_256, 25_557_032, 25_530_472),
        ("resnet101", 7_801_405_440, 44_549_160, 44_496_488),
        ("resnet152", 11_513_626_624, 60_192_808, 60_117_096),
        ("shufflenet_v2", 144_907_992, 2_278_604, 2_270_514),
        ("shufflenet_v2_0.5", 40_476_448, 1_366_792, 1_362_816),
        ("squeezenet", 818_924_576, 1_248_424, 1_248_424),
        ("squeezenet_1.1", 349_151_936, 1_235_496, 1_235_496),
        ("vgg11", 7_609_090_048, 132_863_336, 132_863_336),
        ("vgg13", 11_308_466_176, 133_047_848, 133_047_848),
        ("vgg16", 15_470_264_320, 138_357_544, 138_357_544),
        ("vgg19", 19_632_062_464, 143_667_240, 143_667_240),
        ("xception", 8_357_403_496, 22_855_952, 22_851_736),
    ]

    @Test("published figures", arguments: figures)
    func figure(_ name: String, _ multiplyAccumulates: Int, _ trained: Int, _ parameters: Int) throws {
        let network = try NetworkCatalog.make(name, side: nil, drawsWeights: false)
        #expect(network.name == name)
        #expect(network.multiplyAccumulates == multiplyAccumulates)
        #expect(network.parameterCount == parameters)
        #expect(trainedParameters(network) == trained)
        let classes = name.hasPrefix("conv") ? 10 : 1000
        #expect(
            network.outputs.map { network.nodes[$0].shape }
                == (name.hasPrefix("squeezenet") ? [[1, classes, 1, 1]] : [[1, classes]]))
    }

    @Test func everyNetworkHasFigures() {
        #expect(Set(Self.figures.map(\.name)) == Set(NetworkCatalog.names))
    }

    /// Table 1 of paper 002 has, in millions, a convolution's multiply–accumulates once, and five times each what other
    /// layers do: a fully connected layer's multiply–accumulates and biases, one operation for each value that a ReLU
    /// gives, for each tap of a pool. (Additions, concatenations and batch normalisation have none.)
    ///
    /// What its networks compute by functions instead of layers isn't counted there: Inception v3's ReLUs and pools,
    /// the last ReLU and pool of DenseNet, MobileNet v2's pool; while Inception v3's auxiliary head is. NASNet and
    /// PNASNet have rows and columns there that are computed and dropped. MnasNet there is another one.
    private static let table1: [(name: String, millions: Double)] = [
        ("alexnet", 955.21), ("vgg11", 8171.57), ("vgg13", 11895.04), ("vgg16", 16063.36), ("vgg19", 20231.68),
        ("resnet18", 1836.82), ("resnet34", 3692.78), ("resnet50", 4154.96), ("resnet101", 7892.77),
        ("resnet152", 11636.60), ("inception_v4", 12561.10), ("squeezenet", 865.78), ("squeezenet_1.1", 377.80),
        ("densenet121", 2928.89), ("densenet169", 3473.88), ("densenet201", 4435.03), ("densenet161", 7902.37),
        ("xception", 8494.59), ("mobilenet_v2", 336.43), ("shufflenet_v2_0.5", 52.32), ("shufflenet_v2", 160.09),
        ("pnasnet5", 25945.87), ("nasnet_large", 24882.21), ("nasnet_mobile", 667.75),
    ]

    @Test("table 1 of paper 002, in its own way of counting", arguments: table1)
    func table(_ name: String, _ published: Double) throws {
        let network = try NetworkCatalog.make(name, side: nil, drawsWeights: false)
        let count = Double(operationsOfPaper002(network)) / 1e6
        #expect(abs(count / published - 1) < (name == "nasnet_mobile" ? 0.006 : 0.002))
    }

    /// Batch normalisation has two parameters a channel, of which folding leaves one; a convolution that has it behind
    /// it has no bias of its own.
    private func trainedParameters(_ network: Network) -> Int {
        let normalises = !["alexnet", "conv", "squeezenet", "vgg"].contains { network.name.hasPrefix($0) }
        return network.nodes.reduce(0) { sum, node in
            switch node.operation {
            case .convolution(let layer):
                sum + layer.weights.shape.count
                    + layer.bias.count * (normalises ? normalizations(behind: node.name, layer, network) : 1)
            case .fullyConnected(let layer): sum + layer.weights.shape.count + layer.bias.count
            default: sum
            }
        }
    }

    /// Parameters a channel behind a convolution's weights, where batch normalisation is used.
    private func normalizations(behind node: String, _ layer: Convolution, _ network: Network) -> Int {
        if isNormalization(layer) { return 1 }
        switch network.name.prefix(while: { $0.isLetter }) {
        // Behind concatenations there, not behind these.
        case "densenet": return node.hasSuffix("/conv2") || node.hasPrefix("transition") ? 0 : 2
        // Not between the two halves of a separable convolution.
        case "xception", "nasnet", "pnasnet": return node.hasSuffix("/depthwise") ? 0 : 2
        default: return 2
        }
    }

    private func operationsOfPaper002(_ network: Network) -> Int {
        let readers = network.readerCounts
        var (once, fiveTimes) = (0, 0)
        for (id, node) in network.nodes.enumerated() {
            switch node.operation {
            case .convolution(let layer):
                if !isNormalization(layer) { once += network.multiplyAccumulates(of: node) }
                if layer.activation != .identity { fiveTimes += node.shape.count }
            case .fullyConnected(let layer):
                fiveTimes += network.multiplyAccumulates(of: node) + layer.bias.count
                if layer.activation != .identity { fiveTimes += node.shape.count }
            case .addition(let activation): if activation != .identity { fiveTimes += node.shape.count }
            // One for each of its readers, where they share one here.
            case .activation: fiveTimes += node.shape.count * readers[id]
            case .pooling(let pool): fiveTimes += node.shape.count * pool.window.height * pool.window.width
            case .globalAveragePooling: fiveTimes += network.nodes[node.inputs[0]].shape.count
            default: break
            }
        }
        return once + 5 * fiveTimes
    }

    /// Scales and shifts of channels, as a layer.
    private func isNormalization(_ layer: Convolution) -> Bool { layer.isDepthwise && layer.window.height == 1 }
}
