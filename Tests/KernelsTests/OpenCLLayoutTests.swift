// Where values lie: joins without copies, memory given back, borders of zeros. No device needed.
import Testing

@testable import Kernels

@Suite("OpenCL layout")
struct OpenCLLayoutTests {
    private func convolution(_ inputs: Int, _ outputs: Int, _ kernel: Int = 1, padding: Int = 0) -> Operation {
        .convolution(
            Convolution(
                weights: Tensor(zeros: [outputs, inputs, kernel, kernel]), bias: [Float](repeating: 0, count: outputs),
                window: Window(height: kernel, width: kernel, padding: Padding(padding))))
    }

    private func plan(_ network: Network) throws -> OpenCLPlan { OpenCLPlan(network, .cpu(16, 1)) }

    @Test func producersWriteIntoTheJoinedMap() throws {
        var network = Network(name: "join")
        let input = try network.append(.tensor([1, 16, 4, 4]))
        let a = try network.append(convolution(16, 5), input)
        let b = try network.append(convolution(16, 7), input)
        let inner = try network.append(.concatenation(), a, b)
        let c = try network.append(convolution(16, 3), input)
        let joined = try network.append(.concatenation(), c, inner)
        network.setOutputs(joined)
        let plan = try plan(network)
        #expect(!plan.steps.contains { $0.kernel == "combine" })
        let base = plan.view(joined).base
        #expect([c, a, b].map { plan.view($0).base - base } == [0, 3, 8])
        #expect([a, b, c, inner].allSatisfy { plan.view($0).pixel == 15 })
    }

    @Test func whatCantBeWrittenInPlaceIsCopied() throws {
        var network = Network(name: "copies")
        let input = try network.append(.tensor([1, 4, 4, 4]))
        let a = try network.append(.activation(.relu), input)
        let joined = try network.append(.concatenation(), input, a, a)
        network.setOutputs(joined)
        #expect(try plan(network).steps.filter { $0.node == joined && $0.kernel == "combine" }.count == 2)
    }

    @Test func memoryIsReusedButNeverWhileItIsRead() throws {
        var network = Network(name: "chain")
        var last = try network.append(.tensor([1, 32, 16, 16]))
        for _ in 0..<10 { last = try network.append(convolution(32, 32), last) }
        network.setOutputs(last)
        let plan = try plan(network)
        let map = 32 * 16 * 16
        // The input, and two maps that take turns.
        #expect(plan.layout.length < 4 * map)
        for id in 1..<network.nodes.count {
            let (from, to) = (plan.view(id - 1).base, plan.view(id).base)
            #expect(abs(from - to) >= map, "\(id) overwrites what it reads")
        }
    }

    @Test func aConvolutionWritesTheSumThatFollowsIt() throws {
        var network = Network(name: "residual")
        let input = try network.append(.tensor([1, 16, 4, 4]))
        let a = try network.append(convolution(16, 16), input)
        let b = try network.append(convolution(16, 16), a)
        let sum = try network.append(.addition(.relu), b, a)
        network.setOutputs(sum)
        let plan = try plan(network)
        #expect(plan.layout.views[b] == nil)
        #expect(plan.steps.contains { $0.node == b } && !plan.steps.contains { $0.kernel == "combine" })

        // Not if its own value is wanted.
        network.setOutputs(sum, b)
        #expect(try self.plan(network).steps.contains { $0.node == sum && $0.kernel == "combine" })
    }

    @Test func thinInputsGetABorder() throws {
        var network = Network(name: "first layer")
        let input = try network.append(.tensor([2, 3, 8, 10]))
        network.setOutputs(try network.append(convolution(3, 16, 5, padding: 2), input))
        let view = try plan(network).view(input)
        #expect((view.pixel, view.row, view.image) == (3, 14 * 3, 12 * 14 * 3))
    }
}
