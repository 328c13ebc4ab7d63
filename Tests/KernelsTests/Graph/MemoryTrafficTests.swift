import Testing

@testable import Kernels

@Suite struct MemoryTrafficTests {
    /// Two convolutions, joined: every byte counted by hand.
    @Test func whatFitsTheCacheDoesNotCross() throws {
        var network = Network(name: "joined")
        let picture = try network.append(.tensor([1, 2, 8, 8]))
        func convolution(_ outputs: Int, kernel: Int, _ input: Network.NodeID) throws -> Network.NodeID {
            let weights = Tensor(zeros: [outputs, 2, kernel, kernel])
            let window = Window(height: kernel, width: kernel, padding: Padding(kernel / 2))
            return try network.append(
                .convolution(Convolution(weights: weights, bias: .init(repeating: 0, count: outputs), window: window)),
                input)
        }
        let narrow = try convolution(4, kernel: 1, picture)
        let wide = try convolution(4, kernel: 3, picture)
        network.setOutputs(try network.append(.concatenation(), narrow, wide))

        let weights = (4 * 2 + 4) + (4 * 2 * 9 + 4)
        let (input, output) = (2 * 64, 4 * 64)
        let (narrowColumns, wideColumns) = (2 * 64, 2 * 9 * 64)
        func bytes(_ cache: Int, _ precision: Precision = .fp32, copiesColumns: Bool = false) -> Int {
            MemoryTraffic(precision: precision, cacheBytes: cache, copiesColumns: copiesColumns).bytes(of: network)
        }
        // Each layer's values take 1.5 KB: all or none fits. The concatenation is free.
        #expect(bytes(0) == 4 * (weights + 2 * (input + output)))
        #expect(bytes(1535) == bytes(0))
        #expect(bytes(1536) == 4 * weights)
        #expect(bytes(0, .fp16) == bytes(0) / 2 && bytes(768, .fp16) == 2 * weights)
        // Columns are written and read, also those of single points, and need room in the cache.
        #expect(bytes(0, copiesColumns: true) == bytes(0) + 8 * (narrowColumns + wideColumns))
        #expect(bytes(2048, copiesColumns: true) == 4 * (weights + input + output + 2 * wideColumns))
    }

    /// The study's networks on processors of its boards: what a program of other hands, from the shapes alone, counts.
    @Test(arguments: [
        ("alexnet", 269_747_320, 277_794_680, 122_201_680), ("googlenet", 94_226_528, 173_784_672, 21_021_744),
        ("mobilenet_v1", 53_914_016, 75_995_552, 19_982_544), ("resnet50", 393_443_744, 434_395_552, 105_552_080),
        ("squeezenet", 77_727_928, 104_169_688, 9_786_320),
    ])
    func theStudysNetworks(name: String, big: Int, gpu: Int, npu: Int) throws {
        let network = try NetworkCatalog.make(name, side: nil, drawsWeights: false)
        #expect(MemoryTraffic(cacheBytes: 1 << 21, copiesColumns: true).bytes(of: network) == big)
        #expect(MemoryTraffic(cacheBytes: 1 << 17, copiesColumns: true).bytes(of: network) == gpu)
        #expect(MemoryTraffic(precision: .fp16, cacheBytes: 1 << 20).bytes(of: network) == npu)
        // No cache and no columns: each node's fewest bytes, but for concatenations.
        let others = network.nodes.filter {
            if case .concatenation = $0.operation { return false }
            return !$0.operation.isInput
        }
        let fewest = others.reduce(0) { $0 + network.minimumBytes(of: $1) }
        #expect(MemoryTraffic(cacheBytes: 0).bytes(of: network) == fewest)
    }
}
