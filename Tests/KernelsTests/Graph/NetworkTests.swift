// Shape inference, counting, and what a network refuses.
import Kernels
import Testing

@Suite("Network")
struct NetworkTests {
    private func convolution(
        _ inputs: Int, _ outputs: Int, kernel: Int = 1, stride: Int = 1, padding: Padding = .none, groups: Int = 1
    ) -> Operation {
        .convolution(
            Convolution(
                weights: Tensor(zeros: [outputs, inputs / groups, kernel, kernel]),
                bias: [Float](repeating: 0, count: outputs),
                window: Window(height: kernel, width: kernel, stride: stride, padding: padding), groups: groups))
    }

    private func shape(_ operation: Operation, _ inputs: Shape...) throws -> Shape {
        var network = Network(name: "shapes")
        let ids = try inputs.map { shape throws(NetworkError) in try network.append(.tensor(shape)) }
        let id = try network.append(operation, ids)
        return network.nodes[id].shape
    }

    @Test func windowsRoundDown() throws {
        let map: Shape = [2, 3, 224, 224]
        #expect(try shape(convolution(3, 8, kernel: 3, stride: 2, padding: Padding(1)), map) == [2, 8, 112, 112])
        #expect(try shape(convolution(3, 8, kernel: 7, stride: 2), map) == [2, 8, 109, 109])
        let far = Padding(top: 0, left: 0, bottom: 1, right: 0)
        #expect(try shape(convolution(3, 8, kernel: 3, stride: 2, padding: far), map) == [2, 8, 112, 111])
        let pool = Pooling(.maximum, window: Window(height: 3, width: 2, stride: 2))
        #expect(try shape(.pooling(pool), [1, 5, 7, 8]) == [1, 5, 3, 4])
        let dilated = Convolution(
            weights: Tensor(zeros: [4, 5, 3, 3]), bias: [0, 0, 0, 0], window: Window(height: 3, width: 3, dilation: 3))
        #expect(try shape(.convolution(dilated), [1, 5, 7, 8]) == [1, 4, 1, 2])
    }

    @Test func otherShapes() throws {
        let image = ImageInput(batch: 2, height: 5, width: 7, mean: [0, 0, 0], scale: [1, 1, 1])
        #expect(try shape(.image(image)) == [2, 3, 5, 7])
        #expect(try shape(.globalAveragePooling, [2, 9, 4, 5]) == [2, 9, 1, 1])
        #expect(try shape(.concatenation(), [2, 9, 4, 5], [2, 1, 4, 5]) == [2, 10, 4, 5])
        #expect(try shape(.concatenation(), [2, 9], [2, 4]) == [2, 13])
        #expect(try shape(.softmax(), [2, 9]) == [2, 9])
        let layer = FullyConnected(weights: Tensor(zeros: [3, 180]), bias: [0, 0, 0])
        #expect(try shape(.fullyConnected(layer), [2, 9, 4, 5]) == [2, 3])
        #expect(try shape(.fullyConnected(layer), [7, 180]) == [7, 3])
    }

    @Test func refusesWhatDoesNotFit() {
        let layer = FullyConnected(weights: Tensor(zeros: [3, 180]), bias: [0, 0, 0])
        let overhanging = Window(height: 2, width: 2, padding: Padding(top: 0, left: 0, bottom: 2, right: 0))
        #expect(throws: NetworkError.self) { try shape(convolution(3, 8), [1, 4, 5, 5]) }
        #expect(throws: NetworkError.self) { try shape(convolution(3, 8), [1, 3]) }
        #expect(throws: NetworkError.self) { try shape(convolution(3, 8, kernel: 6), [1, 3, 5, 7]) }
        #expect(throws: NetworkError.self) { try shape(convolution(3, 8, padding: Padding(-1)), [1, 3, 5, 5]) }
        #expect(throws: NetworkError.self) { try shape(convolution(3, 8), [1, 3, 5, 5], [1, 3, 5, 5]) }
        #expect(throws: NetworkError.self) {
            try shape(.pooling(Pooling(.average, window: overhanging)), [1, 3, 5, 5])
        }
        #expect(throws: NetworkError.self) { try shape(.fullyConnected(layer), [1, 181]) }
        #expect(throws: NetworkError.self) { try shape(.addition(.relu), [1, 3], [1, 4]) }
        #expect(throws: NetworkError.self) { try shape(.addition(.relu), [1, 3]) }
        #expect(throws: NetworkError.self) { try shape(.concatenation()) }
        #expect(throws: NetworkError.self) { try shape(.concatenation(), [1, 3, 5, 5], [1, 3, 5, 6]) }
        #expect(throws: NetworkError.self) { try shape(.concatenation(), [1, 3, 1, 1], [1, 3]) }
        #expect(throws: NetworkError.self) { try shape(.softmax(), [3]) }
        #expect(throws: NetworkError.self) { try shape(.globalAveragePooling, [1, 3]) }
    }

    @Test func errorsNameTheNodeAndTheReason() throws {
        var network = Network(name: "errors")
        let input = try network.append(.tensor([1, 3, 5, 5]))
        do {
            try network.append(convolution(4, 8), input, name: "stem")
            Issue.record("a convolution of 4 channels took 3")
        } catch {
            #expect(error.node == "stem")
            #expect(error.description == "node 'stem': weights are for 4 channels, the input has 3")
        }
    }

    @Test func refusesUnknownInputsAndRepeatedNames() throws {
        var network = Network(name: "ids")
        let input = try network.append(.tensor([1, 3, 5, 5]), name: "x")
        #expect(throws: NetworkError.self) { try network.append(.activation(.relu), 1) }
        #expect(throws: NetworkError.self) { try network.append(.activation(.relu), -1) }
        #expect(throws: NetworkError.self) { try network.append(.activation(.relu), input, name: "x") }
        #expect(network.nodes.count == 1)
    }

    @Test func countsWorkAndParameters() throws {
        var network = Network(name: "counts")
        let input = try network.append(.tensor([2, 4, 5, 5]))
        let a = try network.append(convolution(4, 6, kernel: 3), input)
        #expect(network.multiplyAccumulates == 2 * 6 * 3 * 3 * 4 * 9)
        let b = try network.append(convolution(6, 6, kernel: 3, groups: 6), a)
        #expect(network.multiplyAccumulates(of: network.nodes[b]) == 2 * 6 * 9)
        let c = try network.append(
            .fullyConnected(FullyConnected(weights: Tensor(zeros: [10, 6]), bias: Array(repeating: 0, count: 10))), b)
        #expect(network.multiplyAccumulates(of: network.nodes[c]) == 2 * 60)
        let parameterCount: Int = (6 * 4 * 9 + 6) + (6 * 9 + 6) + 70
        #expect(network.parameterCount == parameterCount)
        try network.append(.addition(.identity), a, a)
        #expect(network.readerCounts == [1, 3, 1, 0, 0])
        // Batch 2: 5×5×4 in, 3×3×6 out, and the weights once.
        let numberCount: Int = 2 * 100 + 2 * 54 + 6 * 4 * 9 + 6
        #expect(network.minimumBytes(of: network.nodes[a]) == 4 * numberCount)
        let intensity = Double(2 * 2 * 60) / Double(4 * (2 * 6 + 2 * 10 + 70))
        #expect(network.operationalIntensity(of: network.nodes[c]) == intensity)
        #expect(network.operationalIntensity(of: network.nodes[c], in: .bf16) == 2 * intensity)
        #expect(network.operationalIntensity(of: network.nodes[input]) == nil)
    }

    @Test func inputsAndOutputsKeepTheirOrder() throws {
        var network = Network(name: "order")
        let first = try network.append(.tensor([1, 2]), name: "first")
        let sum = try network.append(.addition(.identity), first, first)
        let second = try network.append(.tensor([1, 3]), name: "second")
        network.setOutputs(second, sum)
        #expect(network.inputs == [first, second])
        #expect(network.makeOutputs().map(\.shape) == [[1, 3], [1, 2]])
    }
}
