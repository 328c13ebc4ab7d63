import Testing

@testable import Devices

@Suite struct OpenCLCPUSharesTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let written: [CPUSet?]
        let taken: CPUSet
        var cores: [CPUSet] = [[0], [1], [2], [3]]
        let pool: [Int]
        /// Of the devices without a list.
        let shares: [CPUSet]
    }

    @Test(arguments: [
        Case(testDescription: "gpu:1", written: [[1]], taken: [], pool: [1], shares: []),
        Case(testDescription: "cpu:0,gpu", written: [nil], taken: [0], pool: [1, 2, 3], shares: [[1, 2, 3]]),
        Case(
            testDescription: "gpu:0,2,gpu1:1,3", written: [[0, 2], [1, 3]], taken: [], pool: [0, 2, 1, 3], shares: []),
        Case(
            testDescription: "gpu:0-1,gpu1:1-2", written: [[0, 1], [1, 2]], taken: [], pool: [0, 1, 2], shares: []),
        Case(
            testDescription: "gpu,gpu1", written: [nil, nil], taken: [], pool: [0, 1, 2, 3], shares: [[0, 1], [2, 3]]),
        Case(
            testDescription: "cpu:0,gpu,gpu1", written: [nil, nil], taken: [0], pool: [1, 2, 3], shares: [[1], [2, 3]]),
        Case(testDescription: "gpu:2,gpu1", written: [[2], nil], taken: [], pool: [2, 0, 1, 3], shares: [[0, 1, 3]]),
        Case(
            testDescription: "cpu:0-2,gpu,gpu1: one core for two", written: [nil, nil], taken: [0, 1, 2], pool: [3],
            shares: [[3], [3]]),
        Case(
            testDescription: "cpu,gpu: none left", written: [nil], taken: [0, 1, 2, 3], pool: [0, 1, 2, 3],
            shares: [[0, 1, 2, 3]]),
        Case(
            testDescription: "cpu:0-2,gpu:3,gpu1: none left, but a list", written: [[3], nil], taken: [0, 1, 2],
            pool: [3], shares: [[3]]),
        Case(
            testDescription: "gpu,gpu1 on cores of two threads", written: [nil, nil], taken: [],
            cores: [[0, 2], [1, 3]], pool: [0, 2, 1, 3], shares: [[0, 2], [1, 3]]),
    ])
    func poolAndShares(_ test: Case) {
        let shares = OpenCLCPUShares(written: test.written, taken: test.taken, cores: test.cores)
        #expect(shares.pool == test.pool)
        #expect(shares.shares(of: test.shares.count) == test.shares)
        // What each device gets lies side by side in the pool.
        for cpus in test.written.compactMap(\.self) + test.shares {
            let places = cpus.numbers.compactMap { shares.pool.firstIndex(of: $0) }.sorted()
            #expect(places == Array(places[0]..<places[0] + cpus.count))
        }
    }
}
