import Testing

@testable import Devices

@Suite struct LaneShapeTests {
    private func candidates(_ count: Int) -> [[Int]] {
        LaneShape.candidates(coreCount: count).map { [$0.lanes, $0.threads] }
    }

    @Test func smallClustersTryEveryWholeShare() {
        #expect(candidates(1) == [[1, 1]])
        #expect(candidates(2) == [[2, 1], [1, 2]])
        #expect(candidates(3) == [[3, 1], [1, 3]])
        #expect(candidates(4) == [[4, 1], [2, 2], [1, 4]])
        #expect(candidates(6) == [[6, 1], [3, 2], [2, 3], [1, 6]])
        #expect(candidates(8) == [[8, 1], [4, 2], [2, 4], [1, 8]])
    }

    @Test func largeOnesTryFew() {
        #expect(candidates(12) == [[12, 1], [4, 3], [1, 12]])
        #expect(candidates(16) == [[16, 1], [4, 4], [1, 16]])
        #expect(candidates(17) == [[8, 2], [1, 17]])
        #expect(candidates(64) == [[16, 4], [8, 8], [1, 64]])
        for count in 1...300 {
            let shapes = LaneShape.candidates(coreCount: count)
            #expect((1...4).contains(shapes.count) && Set(shapes).count == shapes.count)
            // Threads never outnumber cores, and a stream has room for the lanes of several clusters.
            #expect(shapes.allSatisfy { $0.lanes > 0 && $0.lanes <= 16 && $0.lanes * $0.threads <= count })
            #expect(shapes.last == LaneShape(lanes: 1, threads: count))
            #expect(shapes.map(\.threads) == shapes.map(\.threads).sorted())
        }
    }

    @Test func unmeasuredIsOneThreadALane() {
        #expect(LaneShape.unmeasured(coreCount: 4) == LaneShape(lanes: 4, threads: 1))
        #expect(LaneShape.unmeasured(coreCount: 64) == LaneShape(lanes: 16, threads: 4))
    }

    private let shapes = LaneShape.candidates(coreCount: 4)

    private func fastest(_ figures: [[Double]]) -> LaneShape {
        LaneShape.fastest(zip(shapes, figures).map { ($0, $1) })
    }

    @Test func theBestMedianWins() {
        #expect(fastest([[10, 11, 12], [20, 21, 22], [15, 15, 15]]) == shapes[1])
        // One lucky round decides nothing.
        #expect(fastest([[10, 10, 90], [11, 11, 11], [12, 12, 12]]) == shapes[2])
        // Nor does an unlucky one.
        #expect(fastest([[100, 1, 101], [90, 90, 90], [80, 80, 80]]) == shapes[0])
    }

    @Test func aTieGoesToFewerThreads() {
        #expect(fastest([[99.1], [100], [90]]) == shapes[0])
        #expect(fastest([[98.9], [100], [100.5]]) == shapes[1])
        #expect(fastest([[98], [99], [100.5]]) == shapes[2])
        #expect(fastest([[50, 50], [50, 50], [50, 50]]) == shapes[0])
    }
}
