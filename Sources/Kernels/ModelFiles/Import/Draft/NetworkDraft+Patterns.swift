// What exporters write as several operators, made the one function that it is: GELU, HardSwish, HardSigmoid, SiLU, Mish,
// softplus, 1 ÷ √x. Before a draft is simplified: there, constants go into layers.
import NetworkGraph

extension NetworkDraft {
    /// Whatever else reads the parts still can; parts that nobody reads any more are left out of the network.
    mutating func fusePatterns() {
        for id in nodes.indices {
            guard let match = pattern(id) else { continue }
            nodes[id].operation = .unary(match.function)
            nodes[id].inputs = [match.input]
        }
    }

    private typealias Match = (function: UnaryFunction, input: Int)

    /// The function of one node that another one computes.
    private func pattern(_ id: Int) -> Match? {
        let node = nodes[id]
        switch node.operation {
        case .binary(.multiply), .binary(.divide): return product(id)
        case .unary(.logarithm):
            // log(1 + e^x)
            guard let (sum, one) = sum(node.inputs[0]), one == 1, case .unary(.exponential) = nodes[sum].operation,
                fits(id, nodes[sum].inputs[0])
            else { return nil }
            return (.softplus, nodes[sum].inputs[0])
        case .unary(.reciprocal):
            guard case .unary(.squareRoot) = nodes[node.inputs[0]].operation else { return nil }
            return (.reciprocalSquareRoot, nodes[node.inputs[0]].inputs[0])
        default: return nil
        }
    }

    /// x times what bends it, times a number.
    private func product(_ id: Int) -> Match? {
        // Which of the factors bends says what x is, which may be a product itself.
        for factor in factors(id, whole: nil).factors {
            for bend in bends(factor) where fits(id, bend.input) {
                let (others, scale) = factors(id, whole: bend.input)
                guard near(scale, bend.scale) else { continue }
                let isProduct = others.count == 2 && others.contains(bend.input) && others.contains(factor)
                if isProduct { return (bend.function, bend.input) }
                if others == [factor], let function = bend.alone { return (function, bend.input) }
            }
        }
        return nil
    }

    /// Whether a node's value has the shape that a function of another node's elements has.
    private func fits(_ id: Int, _ input: Int) -> Bool { nodes[id].shape == nodes[input].shape }

    /// What makes a function of x, if x is multiplied by it.
    private struct Bend {
        let input: Int
        /// With x.
        let function: UnaryFunction
        /// Without x.
        var alone: UnaryFunction?
        /// The number that must be there beside it.
        var scale: Float = 1
    }

    private func bends(_ id: Int) -> [Bend] {
        let inputs = nodes[id].inputs
        switch nodes[id].operation {
        case .unary(.sigmoid):
            let (input, beta) = scaled(inputs[0])
            let plain = Bend(input: inputs[0], function: .swish(beta: 1))
            return beta == 1 ? [plain] : [plain, Bend(input: input, function: .swish(beta: beta))]
        case .unary(.hardSigmoid(let slope, let offset)):
            guard near(slope, 1 / 6), offset == 0.5 else { return [] }
            return [Bend(input: inputs[0], function: .hardSwish)]
        case .unary(.tanh):
            guard case .unary(.softplus) = nodes[inputs[0]].operation else { return [] }
            return [Bend(input: nodes[inputs[0]].inputs[0], function: .mish)]
        case .activation(.clip(low: 0, high: 6)):
            guard let (input, three) = sum(inputs[0]), three == 3 else { return [] }
            let alone = UnaryFunction.hardSigmoid(slope: 1 / 6, offset: 0.5)
            return [Bend(input: input, function: .hardSwish, alone: alone, scale: 1 / 6)]
        default:
            guard let (share, one) = sum(id), one == 1 else { return [] }
            switch nodes[share].operation {
            case .unary(.errorFunction):
                let (input, factor) = scaled(nodes[share].inputs[0])
                guard near(factor, Float(0.5).squareRoot()) else { return [] }
                return [Bend(input: input, function: .gelu, scale: 0.5)]
            case .unary(.tanh):
                guard let input = geluArgument(nodes[share].inputs[0]) else { return [] }
                return [Bend(input: input, function: .geluByTanh, scale: 0.5)]
            default: return []
            }
        }
    }

    /// The x of √(2 ÷ π) · (x + 0.044715 · x³), or of the same with x taken out.
    private func geluArgument(_ id: Int) -> Int? {
        let (inner, scale) = factors(id, whole: nil)
        guard near(scale, (2 / Float.pi).squareRoot()) else { return nil }
        for factor in inner {
            guard case .binary(.add) = nodes[factor].operation else {
                guard case .addition(.identity) = nodes[factor].operation else { continue }
                let (a, b) = (nodes[factor].inputs[0], nodes[factor].inputs[1])
                if inner.count == 1, isCubic(b, of: a, power: 3) { return a }
                if inner.count == 1, isCubic(a, of: b, power: 3) { return b }
                continue
            }
            guard let (square, one) = sum(factor), one == 1, inner.count == 2,
                let input = inner.first(where: { $0 != factor }), isCubic(square, of: input, power: 2)
            else { continue }
            return input
        }
        return nil
    }

    /// Whether a node is 0.044715 times a power of another.
    private func isCubic(_ id: Int, of input: Int, power: Int) -> Bool {
        let (inner, scale) = factors(id, whole: input)
        return near(scale, 0.044715) && inner == [Int](repeating: input, count: power)
    }

    // MARK: Arithmetic with numbers

    /// What a node is a product of, and the numbers among it as one.
    /// - Parameter whole: a node that isn't taken apart.
    private func factors(_ id: Int, whole: Int?) -> (factors: [Int], scale: Float) {
        var waiting = [id]
        var found: [Int] = []
        var scale: Float = 1
        var steps = 0
        while let next = waiting.popLast() {
            let node = nodes[next]
            steps += 1
            // No pattern has more parts; a file may have products of any length.
            let isOpen = next != whole && steps < 16
            switch node.operation {
            case .binary(.multiply) where isOpen: waiting += node.inputs.reversed()
            case .binary(.divide) where isOpen && number(node.inputs[1]) != nil:
                scale /= number(node.inputs[1]) ?? 1
                waiting.append(node.inputs[0])
            default:
                if let number = number(next) { scale *= number } else { found.append(next) }
            }
        }
        return (found, scale)
    }

    /// A node, or the one that it is a multiple of.
    private func scaled(_ id: Int) -> (input: Int, factor: Float) {
        let node = nodes[id]
        switch node.operation {
        case .binary(.multiply):
            if let factor = number(node.inputs[1]) { return (node.inputs[0], factor) }
            if let factor = number(node.inputs[0]) { return (node.inputs[1], factor) }
        case .binary(.divide):
            if let divisor = number(node.inputs[1]) { return (node.inputs[0], 1 / divisor) }
        default: break
        }
        return (id, 1)
    }

    /// A node plus a number.
    func sum(_ id: Int) -> (input: Int, addend: Float)? {
        guard case .binary(.add) = nodes[id].operation else { return nil }
        let inputs = nodes[id].inputs
        if let number = number(inputs[1]) { return (inputs[0], number) }
        return number(inputs[0]).map { (inputs[1], $0) }
    }

    func number(_ id: Int) -> Float? {
        guard case .constant(let tensor) = nodes[id].operation, tensor.shape.count == 1 else { return nil }
        return tensor.values[0]
    }

    /// Exporters round such numbers, some to FP16.
    private func near(_ a: Float, _ b: Float) -> Bool { abs(a - b) <= 1e-3 * abs(b) }
}
