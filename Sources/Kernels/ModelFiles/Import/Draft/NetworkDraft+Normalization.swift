// Normalisation by mean and variance as exporters write it in parts, made the one operation that it is: PyTorch's and
// TensorFlow's layer, instance and group normalisation, and without the mean. Before a draft is simplified.
import NetworkGraph

extension NetworkDraft {
    /// Whatever else reads the parts still can. To be called when functions of elements are whole.
    mutating func fuseNormalizations() {
        let isLive = isLive
        var readers = [Int](repeating: 0, count: nodes.count)
        for id in nodes.indices where isLive[id] { for input in nodes[id].inputs { readers[input] += 1 } }
        for output in outputs { readers[output] += 1 }
        for id in nodes.indices where isLive[id] {
            guard let match = centredQuotient(id) ?? shiftedProduct(id) ?? withParameter(id, readers) else { continue }
            let operation = Operation.normalization(match.layer)
            let inputs = [match.input] + match.parameters
            guard (try? operation.checkedShape(inputs.map { nodes[$0].shape })) == nodes[id].shape else { continue }
            nodes[id].operation = operation
            nodes[id].inputs = inputs
        }
    }

    private typealias Normalized = (layer: Normalization, input: Int, parameters: [Int])

    /// (x − mean) ÷ √(variance + epsilon), or times 1 ÷ √(variance + epsilon), which may be scaled already.
    private func centredQuotient(_ id: Int) -> Normalized? {
        let inputs = nodes[id].inputs
        switch nodes[id].operation {
        case .binary(.divide):
            guard case .unary(.squareRoot) = nodes[inputs[1]].operation,
                let moments = moments(nodes[inputs[1]].inputs[0]), isNumerator(inputs[0], of: moments)
            else { return nil }
            return (moments.layer, moments.input, [])
        case .binary(.multiply):
            for (numerator, factor) in [(inputs[0], inputs[1]), (inputs[1], inputs[0])] {
                guard let inverse = inverse(factor), isNumerator(numerator, of: inverse.moments) else { continue }
                return (inverse.moments.layer, inverse.moments.input, inverse.scale.map { [$0] } ?? [])
            }
            return nil
        default: return nil
        }
    }

    /// TensorFlow's x · inverse + (bias − mean · inverse).
    private func shiftedProduct(_ id: Int) -> Normalized? {
        switch nodes[id].operation {
        case .binary(.add), .addition(.identity): break
        default: return nil
        }
        let inputs = nodes[id].inputs
        for (product, shift) in [(inputs[0], inputs[1]), (inputs[1], inputs[0])] {
            guard case .binary(.multiply) = nodes[product].operation, case .binary(.subtract) = nodes[shift].operation
            else { continue }
            let (bias, taken) = (nodes[shift].inputs[0], nodes[shift].inputs[1])
            guard isConstant(bias), case .binary(.multiply) = nodes[taken].operation else { continue }
            let factors = nodes[product].inputs
            for (value, factor) in [(factors[0], factors[1]), (factors[1], factors[0])] {
                guard let inverse = inverse(factor), let scale = inverse.scale, inverse.moments.layer.isCentred,
                    inverse.moments.input == value,
                    let mean = nodes[taken].inputs.first(where: { $0 != factor }), nodes[taken].inputs.contains(factor),
                    nodes[mean].inputs == [value], meanAxes(mean) == inverse.moments.layer.axes,
                    haveSameShape(scale, bias, in: id)
                else { continue }
                return (inverse.moments.layer, value, [scale, bias])
            }
        }
        return nil
    }

    /// What is normalised already, times a constant or plus one.
    private func withParameter(_ id: Int, _ readers: [Int]) -> Normalized? {
        let isScale: Bool
        switch nodes[id].operation {
        case .binary(.multiply): isScale = true
        case .binary(.add): isScale = false
        default: return nil
        }
        let inputs = nodes[id].inputs
        for (value, parameter) in [(inputs[0], inputs[1]), (inputs[1], inputs[0])] {
            guard case .normalization(let layer) = nodes[value].operation, readers[value] == 1, isConstant(parameter)
            else { continue }
            let known = Array(nodes[value].inputs.dropFirst())
            guard known.count == (isScale ? 0 : 1), known.allSatisfy({ haveSameShape($0, parameter, in: id) }) else {
                continue
            }
            return (layer, nodes[value].inputs[0], known + [parameter])
        }
        return nil
    }

    // MARK: Parts

    private struct Moments {
        let input: Int
        let layer: Normalization
    }

    /// 1 ÷ √(variance + epsilon), and what it is scaled by.
    private func inverse(_ id: Int) -> (moments: Moments, scale: Int?)? {
        if let sum = rooted(id), let moments = moments(sum) { return (moments, nil) }
        guard case .binary(.multiply) = nodes[id].operation else { return nil }
        let inputs = nodes[id].inputs
        for (factor, scale) in [(inputs[0], inputs[1]), (inputs[1], inputs[0])] where isConstant(scale) {
            if let sum = rooted(factor), let moments = moments(sum) { return (moments, scale) }
        }
        return nil
    }

    /// The x of 1 ÷ √x.
    private func rooted(_ id: Int) -> Int? {
        let inputs = nodes[id].inputs
        switch nodes[id].operation {
        case .unary(.reciprocalSquareRoot): return inputs[0]
        case .binary(.power) where number(inputs[1]) == -0.5: return inputs[0]
        default: return nil
        }
    }

    /// Of a variance plus a number.
    private func moments(_ id: Int) -> Moments? {
        guard let (variance, epsilon) = sum(id), epsilon >= 0, let axes = meanAxes(variance) else { return nil }
        let square = nodes[variance].inputs[0]
        guard case .binary(.multiply) = nodes[square].operation else { return nil }
        let factors = nodes[square].inputs
        if let first = centred(factors[0]), let second = centred(factors[1]), first == second, first.axes == axes {
            return Moments(input: first.input, layer: Normalization(axes: axes, epsilon: epsilon))
        }
        guard factors[0] == factors[1] else { return nil }
        return Moments(input: factors[0], layer: Normalization(axes: axes, epsilon: epsilon, isCentred: false))
    }

    private struct Centred: Equatable {
        let input: Int
        let axes: [Int]
    }

    /// A value less its mean.
    private func centred(_ id: Int) -> Centred? {
        guard case .binary(.subtract) = nodes[id].operation else { return nil }
        let (value, mean) = (nodes[id].inputs[0], nodes[id].inputs[1])
        guard let axes = meanAxes(mean), nodes[mean].inputs == [value] else { return nil }
        return Centred(input: value, axes: axes)
    }

    private func isNumerator(_ id: Int, of moments: Moments) -> Bool {
        moments.layer.isCentred
            ? centred(id) == Centred(input: moments.input, axes: moments.layer.axes) : id == moments.input
    }

    /// Which axes a node is the mean over; nil for anything else.
    private func meanAxes(_ id: Int) -> [Int]? {
        switch nodes[id].operation {
        case .reduction(let reduction) where reduction.kind == .mean: Set(reduction.axes).sorted()
        case .globalAveragePooling: [2, 3]
        default: nil
        }
    }

    private func isConstant(_ id: Int) -> Bool { if case .constant = nodes[id].operation { true } else { false } }

    /// Whether two parameters repeat in the same way.
    private func haveSameShape(_ a: Int, _ b: Int, in id: Int) -> Bool {
        let rank = nodes[id].shape.rank
        guard nodes[a].shape.rank <= rank, nodes[b].shape.rank <= rank else { return false }
        return nodes[a].shape.extents(ofRank: rank) == nodes[b].shape.extents(ofRank: rank)
    }
}
