import Testing

@testable import Devices

@Suite struct CoreCutTests {
    /// Cores of one CPU each, and the caches in front of which they sit.
    private func parts(of count: Int, _ caches: [CPUCache], near sizes: [Int]) -> [[Int]] {
        CoreCut(cores: (0..<count).map { [$0] }, caches: caches).parts(near: sizes).map(\.joinedNumbers)
    }

    private func caches(_ level: Int, _ ranges: ClosedRange<Int>...) -> [CPUCache] {
        ranges.map { CPUCache(level: level, cpus: cpus($0)) }
    }

    @Test func withoutCachesTheSizesDecide() {
        #expect(parts(of: 5, [], near: [3, 2]) == [[0, 1, 2], [3, 4]])
        #expect(parts(of: 5, [], near: [3, 1, 1]) == [[0, 1, 2], [3], [4]])
        #expect(parts(of: 2, caches(3, 0...1), near: [1, 1]) == [[0], [1]])
    }

    @Test func aCutFallsBetweenLastLevelCaches() {
        #expect(parts(of: 8, caches(3, 0...4, 5...7), near: [4, 4]) == [[0, 1, 2, 3, 4], [5, 6, 7]])
        #expect(parts(of: 6, caches(3, 0...1, 2...5), near: [3, 3]) == [[0, 1], [2, 3, 4, 5]])
        // All share the last level, pairs the one before it.
        let pairs = caches(3, 0...5) + caches(2, 0...1, 2...3, 4...5)
        #expect(parts(of: 6, pairs, near: [3, 3]) == [[0, 1, 2, 3], [4, 5]])
    }

    @Test func threePartsCutAsLittleAsTheyCan() {
        #expect(parts(of: 9, caches(3, 0...2, 3...5, 6...8), near: [5, 2, 2]) == [[0, 1, 2], [3, 4, 5], [6, 7, 8]])
        // One of the two cuts can fall between caches.
        #expect(parts(of: 8, caches(3, 0...3, 4...7), near: [4, 2, 2]) == [[0, 1, 2, 3], [4, 5], [6, 7]])
    }

    @Test func noPartGetsTooSmallForTheCaches() {
        #expect(parts(of: 8, caches(3, 0...0, 1...7), near: [4, 4]) == [[0, 1, 2, 3], [4, 5, 6, 7]])
    }
}
