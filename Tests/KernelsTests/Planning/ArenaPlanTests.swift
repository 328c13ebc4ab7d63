// Buffers in an arena: apart where they must be, together where they can be.
import Testing

@testable import CPUKernels
@testable import EnginePlanning

@Suite("Arena plan")
struct ArenaPlanTests {
    private func ranges(_ plan: ArenaPlan, _ bytes: [Int]) -> [Range<Int>] {
        zip(plan.layOut().offsets, bytes).map { $0..<$0 + $1 }
    }

    @Test func aChainNeedsTwoBuffers() {
        var plan = ArenaPlan()
        for step in 0..<10 {
            let buffer = plan.makeBuffer(bytes: 640)
            plan.touch(buffer, at: step)
            plan.touch(buffer, at: step + 1)
        }
        #expect(plan.layOut().bytes == 2 * 640)
    }

    @Test func buffersAliveTogetherDoNotOverlapAndAreAligned() {
        var random = SeededValues(seed: 5)
        var plan = ArenaPlan()
        let bytes = random.floats(60).map { Int(abs($0) * 5000) + 1 }
        let starts = random.floats(60).map { Int(abs($0) * 40) }
        for (size, start) in zip(bytes, starts) {
            let buffer = plan.makeBuffer(bytes: size)
            plan.touch(buffer, at: start + size % 7)
            plan.touch(buffer, at: start)
        }
        let places = ranges(plan, bytes)
        for a in places.indices {
            #expect(places[a].lowerBound % AlignedBuffer.alignment == 0)
            for b in places.indices where b > a {
                let together = starts[a] <= starts[b] + bytes[b] % 7 && starts[b] <= starts[a] + bytes[a] % 7
                #expect(!together || !places[a].overlaps(places[b]))
            }
        }
        #expect(plan.layOut().bytes < bytes.reduce(0, +))
    }

    @Test func slicesLieInTheirParentForAsLongAsEitherLives() {
        var plan = ArenaPlan()
        let parent = plan.makeBuffer(bytes: 512)
        let (first, second) = (plan.makeBuffer(bytes: 128), plan.makeBuffer(bytes: 384))
        let inner = plan.makeBuffer(bytes: 64)
        let other = plan.makeBuffer(bytes: 512)
        plan.place(first, in: parent, at: 0)
        plan.place(second, in: parent, at: 128)
        plan.place(inner, in: second, at: 64)
        plan.touch(first, at: 0)
        plan.touch(other, at: 1)
        plan.touch(parent, at: 2)
        let offsets = plan.layOut().offsets
        #expect(offsets[first] == offsets[parent])
        #expect(offsets[second] == offsets[parent] + 128)
        #expect(offsets[inner] == offsets[parent] + 192)
        #expect(abs(offsets[other] - offsets[parent]) >= 512)
        #expect(plan.isShared(parent) && plan.isSlice(inner) && !plan.isShared(other))
    }
}
