// Positions of the OpenCL engine where values lie in half precision, and how operations walk tensors.
import Testing

@testable import NetworkGraph
@testable import OpenCLKernels

@Suite("OpenCL operators", .enabled(if: OpenCLUnderTest.skipReason == nil, "no OpenCL device"))
struct OpenCLOperatorTests {
    /// Halves have eleven bits; positions that leave the network are exact, reshaped or not.
    @Test func positionsThatLeaveTheNetworkAreExact() throws {
        let (count, largest) = (5000, 4999 - 2)
        var values = [Float](repeating: 0, count: 2 * count)
        (values[largest], values[count + 3001]) = (1, 1)
        var network = Network(name: "positions")
        let input = try network.append(.tensor([2, count]))
        let map = try network.append(.activation(.relu), input)
        let positions = try network.append(.argMax(axis: 1, selectsLast: false), map)
        // What follows may take the map's place.
        let other = try network.append(.unary(.tanh), network.append(.activation(.relu), positions))
        network.setOutputs(positions, try network.append(.reshape([2]), positions), other)
        var outputs = network.makeOutputs()
        try OpenCLUnderTest.engine(OpenCLUnderTest.halves(OpenCLUnderTest.gpu)).compile(network).makeContext()
            .run([.tensor(Tensor([2, count], values))], into: &outputs)
        for output in outputs[..<2] { #expect(output.values == [Float(largest), 3001]) }
    }

    @Test func whatLiesInARowIsWalkedAsOneAxis() {
        let shape: Shape = [2, 3, 4, 5]
        let tensor = TensorView(shape, in: .arena)
        let together = LoopNest([tensor, tensor]).launch(.gpu(2))
        #expect(together.table[0] == 120 && together.table[1] == 1 && together.global == [30, 1, 1])
        // One operand repeats along rows and columns: channels stay an axis of their own.
        let repeated = TensorView([3, 1, 1], in: .arena).broadcast(to: shape)
        let apart = LoopNest([tensor, tensor, repeated]).launch(.gpu(2))
        #expect(apart.table[0] == 20 && apart.table[1] == 3 && apart.global == [5, 3, 2])
    }

    /// 251 vectors: a prime, so that no larger group than one item divides the launch.
    @Test func longAxesThatNoGroupDividesAreFilledUp() {
        let tensor = TensorView([1001], in: .arena)
        #expect(LoopNest([tensor, tensor]).launch(.gpu(2)).group == [64, 1, 1])
        #expect(LoopNest([tensor, tensor]).launch(.cpu(8, 1)).group == nil)
        let even = TensorView([1024], in: .arena)
        #expect(LoopNest([even, even]).launch(.gpu(2)).group == nil)
    }

    @Test func reshapesSplitAxesWhereTheyCan() throws {
        /// A tensor in a wider map.
        func spread(_ shape: Shape, _ steps: [Int]) -> TensorView {
            var result = TensorView(shape, in: .arena)
            result.steps = steps
            return result
        }
        let map = spread([2, 24, 5], [500, 1, 50])
        let (a, b) = try #require(TensorView.refined(map, spread([2, 3, 40], [1000, 1, 10])))
        #expect(a.extents == [2, 3, 8, 5] && b.extents == a.extents)
        #expect(a.steps == [500, 8, 1, 50] && b.steps == [1000, 1, 50, 10])
        // Elements in a row take any axes; axes that cross each other need them in between.
        #expect(TensorView.refined(map, TensorView([16, 15], in: .arena))?.1.steps == [120, 5, 1])
        #expect(TensorView.refined(map, spread([10, 24], [30, 1])) == nil)
    }
}
