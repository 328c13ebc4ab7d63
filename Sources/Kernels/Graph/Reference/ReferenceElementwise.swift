// Reference functions of single elements and pairs of them, in double precision. Pure functions.
import Foundation

extension Activation {
    /// The function of an exact result, rounded once.
    func rounded(_ value: Double) -> Float {
        Float(min(max(value, Double(range.low)), Double(range.high)))
    }
}

extension UnaryFunction {
    func callAsFunction(_ x: Double) -> Double {
        switch self {
        case .leakyRelu(let slope): x < 0 ? Double(slope) * x : x
        case .sigmoid: 1 / (1 + exp(-x))
        case .hardSigmoid(let slope, let offset): min(max(Double(slope) * x + Double(offset), 0), 1)
        case .hardSwish: x * min(max(x / 6 + 0.5, 0), 1)
        case .tanh: Foundation.tanh(x)
        case .gelu: x / 2 * erfc(-x / 2.0.squareRoot())
        case .geluByTanh: x / 2 * (1 + Foundation.tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
        case .errorFunction: erf(x)
        case .exponential: exp(x)
        case .logarithm: log(x)
        case .squareRoot: x.squareRoot()
        case .reciprocal: 1 / x
        case .negation: -x
        case .absolute: abs(x)
        case .floor: x.rounded(.down)
        case .quantize(let grid): Double(grid.rounded(Float(x)))
        }
    }
}

extension BinaryFunction {
    func callAsFunction(_ a: Double, _ b: Double) -> Double {
        switch self {
        case .add: a + b
        case .subtract: a - b
        case .multiply: a * b
        case .divide: a / b
        case .power: pow(a, b)
        case .parametricRelu: a < 0 ? a * b : a
        }
    }
}

extension Reference {
    /// A function of each pair of elements; `shape` is what the two shapes repeat to.
    @inlinable package static func broadcast<First, Second, Result>(
        _ a: [First], _ aShape: Shape, _ b: [Second], _ bShape: Shape, _ shape: Shape,
        _ function: (First, Second) -> Result
    ) -> [Result] {
        guard let width = shape.extents.last else { return [function(a[0], b[0])] }
        let (aSteps, bSteps) = (steps(aShape, in: shape), steps(bShape, in: shape))
        var result: [Result] = []
        result.reserveCapacity(shape.count)
        // A row at a time; `position` counts the rows.
        var position = [Int](repeating: 0, count: shape.rank)
        while result.count < shape.count {
            let aStart = zip(position, aSteps).reduce(0) { $0 + $1.0 * $1.1 }
            let bStart = zip(position, bSteps).reduce(0) { $0 + $1.0 * $1.1 }
            let (aStep, bStep) = (aSteps[shape.rank - 1], bSteps[shape.rank - 1])
            for x in 0..<width { result.append(function(a[aStart + x * aStep], b[bStart + x * bStep])) }
            var axis = shape.rank - 2
            while axis >= 0 {
                position[axis] += 1
                if position[axis] < shape[axis] { break }
                position[axis] = 0
                axis -= 1
            }
        }
        return result
    }

    /// Elements from one position to the next along each axis of `shape`; none where the input repeats.
    @usableFromInline static func steps(_ input: Shape, in shape: Shape) -> [Int] {
        let extents = input.extents(ofRank: shape.rank)
        return zip(extents, strides(extents)).map { $0 == 1 ? 0 : $1 }
    }

    /// Elements from one position to the next along each axis of a row-major tensor.
    package static func strides(_ extents: [Int]) -> [Int] {
        var strides = [Int](repeating: 1, count: extents.count)
        for axis in extents.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * extents[axis + 1] }
        return strides
    }
}
