// What a roof lets through, and what a point beneath it says of itself.

import Testing

@testable import Roofline

@Suite struct RoofTests {
    /// 100 operations/s, 10 B/s from memory, 50 from a cache.
    private let roof = Roof(
        operationsPerSecond: 100,
        sources: [.init(name: "L3", bytesPerSecond: 50), .init(name: "memory", bytesPerSecond: 10)])

    @Test func whatTakesLongestBounds() {
        let compute = roof.attainable(operations: 1000, bytes: [50, 10])
        #expect(compute.operationsPerSecond == 100 && compute.bound == .compute)
        let memory = roof.attainable(operations: 1000, bytes: [500, 500])
        #expect(memory.operationsPerSecond == 20 && memory.bound == .bytes(from: "memory"))
        let cache = roof.attainable(operations: 1000, bytes: [1000, 0])
        #expect(cache.operationsPerSecond == 50 && cache.bound == .bytes(from: "L3"))
        #expect(roof.ofCores(share: 0.25).attainable(operations: 1000, bytes: [0, 0]).operationsPerSecond == 25)
    }

    @Test func thePointAtItsRoofAsksForFasterNumbers() {
        let work = RooflinePoint.Work(operations: 1000, minimumBytes: 100, weightBytes: 90, bytes: [0, 0])
        let point = RooflinePoint(work, seconds: 11, beneath: roof, tolerance: 0.05)
        #expect(point.bound == .compute && point.share > 0.9 && point.theoreticalIntensity == 10)
        #expect(point.empiricalIntensity == nil)
        let faster = [(format: "bf16", factor: 2.0), (format: "int8", factor: 4.0)]
        #expect(point.lift(seconds: nil, faster: faster) == .fasterNumbers(format: "int8", factor: 4))
        #expect(point.lift(seconds: nil, faster: []) == .nothing)
        let slow = RooflinePoint(work, seconds: 100, beneath: roof, tolerance: 0.05)
        #expect(slow.lift(seconds: 100, faster: faster) == .betterKernels)
        #expect(slow.lift(seconds: 1e-5, faster: faster) == .larger)
    }

    @Test func thePointThatBytesBoundAsksForFewer() {
        let weights = RooflinePoint.Work(operations: 100, minimumBytes: 100, weightBytes: 90, bytes: [100, 100])
        let point = RooflinePoint(weights, seconds: 12, beneath: roof, tolerance: 0)
        #expect(point.bound == .bytes(from: "memory") && point.empiricalIntensity == 1)
        #expect(point.lift(seconds: nil, faster: []) == .smallerWeights)
        let values = RooflinePoint.Work(operations: 100, minimumBytes: 100, weightBytes: 10, bytes: [100, 100])
        #expect(
            RooflinePoint(values, seconds: 12, beneath: roof, tolerance: 0).lift(seconds: nil, faster: [])
                == .smallerValues)
    }

    @Test func onlyWhatWinogradFitsMayBeAboveTheDirectRoof() {
        func work(_ factor: Double) -> RooflinePoint.Work {
            RooflinePoint.Work(
                operations: 1000, minimumBytes: 100, weightBytes: 90, bytes: [0, 0], winogradFactor: factor)
        }
        let winograd = RooflinePoint(work(4), seconds: 5, beneath: roof, tolerance: 0.05)
        #expect(winograd.isByWinograd && winograd.attainable == 400 && !winograd.isAbove(tolerance: 0.05))
        let direct = RooflinePoint(work(4), seconds: 9.8, beneath: roof, tolerance: 0.05)
        #expect(!direct.isByWinograd && direct.attainable == 100 && !direct.isAbove(tolerance: 0.05))
        let wrong = RooflinePoint(work(1), seconds: 5, beneath: roof, tolerance: 0.05)
        #expect(!wrong.isByWinograd && wrong.isAbove(tolerance: 0.05))
    }
}
