// Where values lie: joins without copies, memory given back, borders of zeros. No device needed.
import Testing

@testable import NetworkGraph
@testable import OpenCLKernels

@Suite("OpenCL memory plan")
struct OpenCLMemoryPlanTests {
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

    @Test(arguments: 0..<4) func joinsAlongAnyAxisAreWrittenInPlace(axis: Int) throws {
        var network = Network(name: "join")
        let input = try network.append(.tensor([2, 16, 4, 4]))
        let a = try network.append(convolution(16, 8), input)
        let b = try network.append(convolution(16, 8), input)
        let joined = try network.append(.concatenation(axis: axis), a, b)
        network.setOutputs(joined)
        let plan = try plan(network)
        #expect(!plan.steps.contains { $0.node == joined && $0.kernel == "combine" })
        let (whole, part) = (plan.view(joined), plan.view(b))
        let start = [2 * whole.image, 8, 4 * whole.row, 4 * whole.pixel][axis]
        #expect(part.base - whole.base == start)
        #expect((part.image, part.row, part.pixel) == (whole.image, whole.row, whole.pixel))
    }

    @Test func slicesAndNewNamesOfAxesNeedNoKernel() throws {
        var network = Network(name: "parts")
        let input = try network.append(.tensor([1, 8, 6, 6]))
        let map = try network.append(convolution(8, 12), input)
        let channels = try network.append(.gather(axis: 1, indices: [4, 5, 6]), map)
        let rows = try network.append(.gather(axis: 2, indices: [2, 3]), channels)
        let pooled = try network.append(.globalAveragePooling, rows)
        let vector = try network.append(.reshape([1, 3]), pooled)
        network.setOutputs(vector, map)
        let plan = try plan(network)
        #expect(!plan.steps.contains { $0.kernel == "combine" })
        #expect(plan.view(rows).base == plan.view(map).base + 4 + 2 * plan.view(map).row)
        #expect(plan.view(vector).base == plan.view(pooled).base)
    }

    @Test func constantsAreWrittenOnceAndKeepTheirPlace() throws {
        var network = Network(name: "constant")
        let constant = try network.append(.constant(Tensor(zeros: [1, 8, 16, 16])))
        var last = try network.append(.tensor([1, 8, 16, 16]))
        for _ in 0..<4 { last = try network.append(.binary(.multiply), last, constant) }
        network.setOutputs(last)
        let plan = try plan(network)
        #expect(plan.preparation.map(\.node) == [constant] && !plan.steps.contains { $0.node == constant })
        let place = plan.view(constant).base..<plan.view(constant).base + 8 * 16 * 16
        for id in network.nodes.indices where id != constant { #expect(!place.contains(plan.view(id).base)) }
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

    @Test func aConvolutionTakesInAllThatFollowsIt() throws {
        var network = Network(name: "group")
        let input = try network.append(.tensor([1, 16, 4, 4]))
        let a = try network.append(convolution(16, 16), input)
        let unread = try network.append(convolution(16, 16), a)
        let b = try network.append(convolution(16, 16), a)
        let sum = try network.append(.addition(.identity), a, b)
        let relu = try network.append(.activation(.relu), sum)
        network.setOutputs(relu)
        let plan = try plan(network)
        #expect(plan.steps.map(\.node) == [input, a, b, relu])
        #expect(plan.layout.views[b] == nil && plan.layout.views[sum] == nil && plan.layout.views[relu] != nil)
        #expect(!plan.steps.contains { $0.node == unread })
    }

    @Test func thinInputsGetABorder() throws {
        var network = Network(name: "first layer")
        let input = try network.append(.tensor([2, 3, 8, 10]))
        network.setOutputs(try network.append(convolution(3, 16, 5, padding: 2), input))
        let view = try plan(network).view(input)
        #expect((view.pixel, view.row, view.image) == (3, 14 * 3, 12 * 14 * 3))
    }
}
