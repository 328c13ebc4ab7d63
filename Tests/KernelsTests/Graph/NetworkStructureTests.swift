// The digest by which choices for a network are remembered: what changes it, and what doesn't.
import Testing

@testable import NetworkGraph

@Suite struct NetworkStructureTests {
    /// A small network with everything that a test below changes.
    private func network(
        name: String = "n", nodeName: String = "layer", channels: Int = 4, operation: Operation? = nil,
        input: Shape = [1, 4, 9, 9], seed: UInt64 = 1
    ) throws -> Network {
        var values = SeededValues(seed: seed)
        var network = Network(name: name)
        let first = try network.append(.tensor(input), name: "input")
        let layer = try network.append(
            operation ?? values.convolution(4, channels, Window(height: 3, width: 3)), first, name: nodeName)
        network.setOutputs(layer)
        return network
    }

    private func digest(_ operation: Operation, input: Shape = [1, 4, 9, 9]) throws -> String {
        try network(operation: operation, input: input).structureDigest
    }

    /// Kept by processes of other days: a change of it means that everything is measured anew.
    @Test func isTheSameInEveryProcess() throws {
        var tiny = Network(name: "tiny")
        let input = try tiny.append(.tensor([1, 2, 3, 4]), name: "in")
        tiny.setOutputs(try tiny.append(.softmax(axis: 1), input, name: "out"))
        func part(_ text: String) -> String { "\(text.utf8.count) \(text)" }
        let text =
            part("in") + part("tensor  [] 1×2×3×4") + part("out") + part("softmax 1 [0] 1×2×3×4") + part("[0] [1]")
        #expect(tiny.structureDigest == StableDigest.text(of: text.utf8))
    }

    @Test func valuesAndTheNetworksNameDoNotMatter() throws {
        let digest = try network().structureDigest
        #expect(try network(seed: 2).structureDigest == digest)
        #expect(try network(name: "other").structureDigest == digest)
        let constants = try [Float(1), 2].map { value in
            var network = Network(name: "n")
            network.setOutputs(try network.append(.constant(Tensor([1], [value])), name: "c"))
            return network.structureDigest
        }
        #expect(constants[0] == constants[1])
    }

    @Test func shapesAndNodesMatter() throws {
        let digests = [
            try network().structureDigest,
            try network(channels: 8).structureDigest,
            try network(input: [2, 4, 9, 9]).structureDigest,
            try network(input: [1, 4, 9, 10]).structureDigest,
            // A remembered choice names nodes.
            try network(nodeName: "renamed").structureDigest,
        ]
        #expect(Set(digests).count == digests.count)
    }

    @Test func everyPropertyOfAConvolutionMatters() throws {
        func convolution(
            _ window: Window = Window(height: 3, width: 3), groups: Int = 1, activation: Activation = .identity
        ) throws -> String {
            let shape: Shape = [4, 4 / groups, window.height, window.width]
            return try digest(
                .convolution(
                    Convolution(
                        weights: Tensor(zeros: shape), bias: [0, 0, 0, 0], window: window, groups: groups,
                        activation: activation)))
        }
        func padded(_ top: Int, _ left: Int, _ bottom: Int, _ right: Int) throws -> String {
            try convolution(
                Window(height: 3, width: 3, padding: Padding(top: top, left: left, bottom: bottom, right: right)))
        }
        let digests = [
            try convolution(), try convolution(Window(height: 1, width: 3)),
            try convolution(Window(height: 3, width: 1)),
            try convolution(Window(rows: .init(kernel: 3, stride: 2), columns: .init(kernel: 3))),
            try convolution(Window(rows: .init(kernel: 3), columns: .init(kernel: 3, stride: 2))),
            try convolution(Window(rows: .init(kernel: 3, dilation: 2), columns: .init(kernel: 3))),
            try convolution(Window(rows: .init(kernel: 3), columns: .init(kernel: 3, dilation: 2))),
            try padded(1, 0, 0, 0), try padded(0, 1, 0, 0), try padded(0, 0, 1, 0), try padded(0, 0, 0, 1),
            try convolution(groups: 2), try convolution(groups: 4), try convolution(activation: .relu),
            try convolution(activation: .clip(low: 0, high: 6)), try convolution(activation: .clip(low: 1, high: 6)),
        ]
        #expect(Set(digests).count == digests.count)
    }

    @Test func operationsAndTheirParametersMatter() throws {
        func layer(_ activation: Activation) -> Operation {
            .fullyConnected(FullyConnected(weights: Tensor(zeros: [2, 324]), bias: [0, 0], activation: activation))
        }
        func norm(_ size: Int, _ alpha: Float, _ beta: Float, _ bias: Float) -> Operation {
            .localResponseNormalization(.init(size: size, alpha: alpha, beta: beta, bias: bias))
        }
        func taps(_ index: Int, _ weight: Float) -> Operation {
            .resampling(Resampling(axis: 2, taps: [[.init(index: index, weight: weight)]]))
        }
        let window = Window(height: 3, width: 3)
        let wide = Window(height: 3, width: 2)
        let operations: [Operation] = [
            .pooling(Pooling(.maximum, window: window)), .pooling(Pooling(.average, window: window)),
            .pooling(Pooling(.average, window: window, countsPadding: true)), .pooling(Pooling(.maximum, window: wide)),
            .globalAveragePooling, layer(.identity), layer(.relu),
            .concatenation(axis: 1), .concatenation(axis: 2), .activation(.relu),
            .activation(.clip(low: 0, high: 6)), .softmax(axis: 1), .softmax(axis: 2), .logSoftmax(axis: 1),
            .unary(.leakyRelu(slope: 0.1)), .unary(.leakyRelu(slope: 0.2)), .unary(.sigmoid), .unary(.tanh),
            .unary(.hardSigmoid(slope: 0.2, offset: 0.5)), .unary(.hardSigmoid(slope: 0.2, offset: 0.4)),
            .unary(.hardSigmoid(slope: 0.1, offset: 0.5)), .unary(.hardSwish),
            .unary(.gelu), .unary(.geluByTanh), .unary(.errorFunction), .unary(.exponential), .unary(.logarithm),
            .unary(.squareRoot), .unary(.reciprocal), .unary(.negation), .unary(.absolute), .unary(.floor),
            norm(5, 1, 2, 3), norm(3, 1, 2, 3), norm(5, 2, 2, 3), norm(5, 1, 1, 3), norm(5, 1, 2, 1),
            .reshape([1, 4, 81]), .reshape([4, 81]),
            .transpose([0, 1, 3, 2]), .transpose([0, 2, 3, 1]), .transpose([0, 3, 2, 1]),
            .gather(axis: 1, indices: [0, 1]), .gather(axis: 1, indices: [1, 0]), .gather(axis: 2, indices: [0, 1]),
            .pad(ConstantPadding(before: [0, 0, 1, 0], after: [0, 0, 0, 0])),
            .pad(ConstantPadding(before: [0, 0, 0, 0], after: [0, 0, 1, 0])),
            .pad(ConstantPadding(before: [0, 0, 1, 0], after: [0, 0, 0, 0], value: 1)),
            taps(0, 1), taps(1, 1), taps(0, 2), .reduction(Reduction(.mean, axes: [2])),
            .reduction(Reduction(.maximum, axes: [2])), .reduction(Reduction(.mean, axes: [3])),
            .argMax(axis: 1, selectsLast: false), .argMax(axis: 1, selectsLast: true),
            .argMax(axis: 2, selectsLast: false),
        ]
        let digests = try operations.map { try digest($0) }
        #expect(Set(digests).count == digests.count)
    }

    @Test func imagesMatter() throws {
        func image(_ batch: Int, _ height: Int, _ width: Int, _ mean: Float, _ scale: Float) throws -> String {
            var network = Network(name: "n")
            let image = ImageInput(
                batch: batch, height: height, width: width, mean: [mean, 0, 0], scale: [scale, 1, 1])
            network.setOutputs(try network.append(.image(image)))
            return network.structureDigest
        }
        let digests = [
            try image(1, 8, 8, 0, 1), try image(2, 8, 8, 0, 1), try image(1, 9, 8, 0, 1), try image(1, 8, 9, 0, 1),
            try image(1, 8, 8, 1, 1), try image(1, 8, 8, 0, 2),
        ]
        #expect(Set(digests).count == digests.count)
        var network = Network(name: "n")
        let input = ImageInput(height: 8, width: 8, mean: [0, 0, 0], scale: [1, 1, 1])
        network.setOutputs(try network.append(.image(input)))
        #expect(network.resampled(by: .bilinear).structureDigest != network.structureDigest)
        #expect(network.resampled(by: .area).structureDigest == network.structureDigest)
    }

    @Test func wiringMatters() throws {
        /// Two inputs, a function of two of the nodes, and an output.
        func wired(_ function: BinaryFunction, _ a: Int, _ b: Int, output: Int = 3) throws -> String {
            var network = Network(name: "n")
            for _ in 0..<2 { try network.append(.tensor([1, 2])) }
            try network.append(.activation(.relu), 0)
            try network.append(.binary(function), [a, b], name: "f")
            network.setOutputs(output)
            return network.structureDigest
        }
        let digests = [
            try wired(.add, 0, 1), try wired(.subtract, 0, 1), try wired(.add, 1, 0), try wired(.add, 0, 2),
            try wired(.add, 0, 1, output: 2),
        ]
        #expect(Set(digests).count == digests.count)
    }

    /// Big networks of the catalog differ, and each is the same when made again.
    @Test func catalogNetworksDiffer() throws {
        let names = ["squeezenet", "mobilenet_v1_0.25", "mobilenet_v1_0.5"]
        let digests = try names.map { try NetworkCatalog.make($0).structureDigest }
        #expect(Set(digests).count == names.count)
        #expect(try NetworkCatalog.make("squeezenet").structureDigest == digests[0])
        #expect(try NetworkCatalog.make("squeezenet", batch: 2).structureDigest != digests[0])
    }
}
