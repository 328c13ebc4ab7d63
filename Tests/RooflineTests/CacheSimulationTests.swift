// What a simulated cache keeps, and what of a network's layers crosses it.

import NetworkGraph
import Testing

@testable import Roofline

@Suite struct CacheSimulationTests {
    private let block = CacheSimulation.blockBytes

    @Test func whatFitsIsFetchedOnce() {
        var cache = CacheSimulation(capacityBytes: 4 * block, addressBytes: 16 * block)
        for _ in 0..<3 { cache.read(0..<4 * block) }
        #expect(cache.bytes == 4 * block)
    }

    @Test func aLoopOverMoreThanFitsIsFetchedEachTime() {
        var cache = CacheSimulation(capacityBytes: 4 * block, addressBytes: 16 * block)
        for _ in 0..<3 { cache.read(0..<5 * block) }
        #expect(cache.bytes == 15 * block)
    }

    @Test func whatWasWrittenGoesBackWhenItLeaves() {
        var cache = CacheSimulation(capacityBytes: 2 * block, addressBytes: 16 * block)
        cache.write(0..<2 * block)
        #expect(cache.bytes == 0)
        cache.read(2 * block..<4 * block)
        #expect(cache.bytes == 4 * block)
        // Only once.
        cache.read(4 * block..<6 * block)
        #expect(cache.bytes == 6 * block)
    }

    @Test func theLeastRecentlyUsedLeaves() {
        var cache = CacheSimulation(capacityBytes: 2 * block, addressBytes: 16 * block)
        cache.read(0..<2 * block)
        cache.read(0..<block)
        cache.read(2 * block..<3 * block)
        cache.resetCount()
        cache.read(0..<block)
        #expect(cache.bytes == 0)
        cache.read(block..<2 * block)
        #expect(cache.bytes == block)
    }

    /// AlexNet's weights are 244 MB: the fully connected layers fetch theirs in each frame, where no cache holds all.
    @Test func alexNetsWeightsCross() throws {
        let network = try NetworkCatalog.make("alexnet")
        let work = NetworkWork(network)
        let bytes = work.simulatedBytes(cacheBytes: [2 << 20, 64 << 20, 400 << 20])
        let connected = try #require(work.layers.firstIndex { $0.operation == "fully_connected" && $0.operations > 0 })
        let weights = work.layers[connected].weightBytes
        #expect(weights > 100 << 20)
        // A block may hold the ends of two layers' weights.
        let slack = work.layers.count * block
        #expect(bytes[connected][0] + slack >= weights && bytes[connected][1] + slack >= weights)
        // What holds the whole network lets nothing through, and a larger cache never more than a smaller one.
        let sums = (0..<3).map { cache in bytes.reduce(0) { $0 + $1[cache] } }
        #expect(sums[2] == 0 && sums[1] <= sums[0] && sums[1] + slack >= work.weightBytes)
    }
}
