// One small network with its inputs, that every engine must compute as the reference does.
import Kernels
import Testing

struct ConformanceCase: Sendable, CustomTestStringConvertible {
    let name: String
    let network: Network
    let inputs: [NetworkInput]
    /// How far any engine's results may be off, where that is more than engines differ otherwise.
    private(set) var tolerance = 0.0

    var testDescription: String { name }

    /// A network over tensor inputs of these shapes; `build` gives the outputs.
    init(
        _ name: String, _ shapes: Shape..., within bound: Float = 1,
        build: (inout Network, inout SeededValues, [Network.NodeID]) throws(NetworkError) -> [Network.NodeID]
    ) {
        var random = SeededValues(seed: UInt64(name.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) }))
        var network = Network(name: name)
        do {
            var ids: [Network.NodeID] = []
            for shape in shapes { ids.append(try network.append(.tensor(shape))) }
            network.setOutputs(try build(&network, &random, ids))
        } catch {
            preconditionFailure("case '\(name)': \(error)")
        }
        self.name = name
        self.network = network
        inputs = shapes.map { .tensor(random.tensor($0, within: bound)) }
    }

    /// One operation over one tensor.
    init(
        _ name: String, _ shape: Shape, within bound: Float = 1, operation: (inout SeededValues) -> Operation
    ) {
        self.init(name, shape, within: bound) { network, random, ids throws(NetworkError) in
            [try network.append(operation(&random), ids[0])]
        }
    }

    /// An image input, with a convolution behind it or alone.
    init(image name: String, _ input: ImageInput, frames: [(width: Int, height: Int)], convolution: Window? = nil) {
        var random = SeededValues(seed: UInt64(name.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) }))
        var network = Network(name: name)
        do {
            var last = try network.append(.image(input))
            if let convolution { last = try network.append(random.convolution(input.channels.count, 8, convolution, .relu), last) }
            network.setOutputs(last)
        } catch {
            preconditionFailure("case '\(name)': \(error)")
        }
        self.name = name
        self.network = network
        inputs = [.images(frames.map { random.image(width: $0.width, height: $0.height) })]
    }

    /// What the reference computes.
    func expected() throws -> [Tensor] {
        var outputs = network.makeOutputs()
        try ReferenceEngine().compile(network).makeContext().run(inputs, into: &outputs)
        return outputs
    }

    static let all = convolutions + pools + vectors + joins + graphs + images

    /// What the reference computes for each of `all`, once for all engines.
    static let allExpected = Result { try all.map { try $0.expected() } }
    /// The same for each of `operators`.
    static let operatorsExpected = Result { try operators.map { try $0.expected() } }
}

extension ConformanceCase {
    /// The same with values that are rounded on their way: rounding errors of engines may take one of them to the next
    /// step. An eighth of them at most, where a step is `step` times the size of values: √⅛ steps in the Euclidean
    /// norm.
    func rounding(step: Double) -> ConformanceCase {
        var result = self
        result.tolerance = step * 0.125.squareRoot()
        return result
    }

    /// The same with tensors of multiples of 1/64, which half precision keeps below 32.
    func inSixtyFourths() -> ConformanceCase {
        let inputs = inputs.map { input -> NetworkInput in
            guard case .tensor(let tensor) = input else { return input }
            return .tensor(Tensor(tensor.shape, tensor.values.map { ($0 * 64).rounded() / 64 }))
        }
        return ConformanceCase(name, network, inputs)
    }

    private init(_ name: String, _ network: Network, _ inputs: [NetworkInput]) {
        (self.name, self.network, self.inputs) = (name, network, inputs)
    }

    /// The same network fed differently: other numbers, frames of other sizes.
    func withOtherInputs(seed: Int) -> ConformanceCase {
        var random = SeededValues(seed: UInt64(seed))
        let inputs = inputs.map { input -> NetworkInput in
            switch input {
            case .tensor(let tensor): .tensor(random.tensor(tensor.shape))
            case .images(let frames): .images(frames.map { random.image(width: $0.height + seed, height: $0.width) })
            }
        }
        var result = ConformanceCase("\(name), other inputs", network, inputs)
        result.tolerance = tolerance
        return result
    }
}
