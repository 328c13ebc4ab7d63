// Conformance cases of functions of elements and of what they become along axes, beside those of `operators`.
import Kernels

extension ConformanceCase {
    static let functions: [ConformanceCase] = unaryFunctions + pairs + selections + reductions

    private static let unaryFunctions: [ConformanceCase] = {
        // With how large their arguments may be; steps at whole numbers are met exactly.
        let functions: [(UnaryFunction, Float)] = [
            (.ceiling, 20), (.round, 20), (.truncation, 20), (.sign, 1), (.sine, 5), (.cosine, 5), (.tangent, 1),
            (.arcSine, 1), (.arcCosine, 1), (.arcTangent, 5), (.hyperbolicSine, 3), (.hyperbolicCosine, 3),
            (.inverseHyperbolicSine, 9), (.inverseHyperbolicTangent, 0.9),
            (.exponentialLinear(alpha: 1.5, scale: 1, rate: 1), 3),
            (.exponentialLinear(alpha: 1.67, scale: 1.05, rate: 1), 3),
            (.exponentialLinear(alpha: 2, scale: 1, rate: 0.5), 3), (.softplus, 30), (.softsign, 9), (.mish, 9),
            (.swish(beta: 1), 9), (.swish(beta: 1.702), 9), (.threshold(alpha: 0.5), 2),
            (.shrink(lambda: 0.5, bias: 0.25), 2), (.isInfinite(positive: true, negative: false), 2),
            (.isNotNumber, 2),
        ]
        var cases = functions.flatMap { function, bound in
            ([[2, 20, 6, 7], [2, 33]] as [Shape]).map { shape in
                ConformanceCase("\(function) of \(shape)", shape, within: bound) { _ in .unary(function) }
                    .inSixtyFourths()
            }
        }
        for function in [UnaryFunction.reciprocalSquareRoot, .inverseHyperbolicCosine, .logicalNot] {
            cases.append(
                ConformanceCase("\(function) above 1", [2, 20, 6, 7], within: 5) {
                    network, _, ids throws(NetworkError) in
                    let one = try network.append(.constant(Tensor([], [1])))
                    let above = try network.append(
                        .binary(.add), network.append(.unary(.absolute), ids[0]), one)
                    return [try network.append(.unary(function), above)]
                })
        }
        cases.append(
            ConformanceCase("zeros and other numbers", [2, 20, 6, 7]) { network, _, ids throws(NetworkError) in
                let truth = try network.append(.unary(.logicalNot), network.append(.activation(.relu), ids[0]))
                return [truth, try network.append(.unary(.logicalNot), truth)]
            })
        return cases
    }()

    private static let pairs: [ConformanceCase] = {
        let functions: [BinaryFunction] = [
            .minimum, .maximum, .modulo, .remainder, .equal, .less, .lessOrEqual,
        ]
        let shapes: [(Shape, Shape)] = [
            ([2, 20, 4, 6], [2, 20, 4, 6]), ([2, 20, 4, 6], [2, 20, 1, 1]), ([2, 20, 1, 1], [2, 20, 4, 6]),
            ([2, 5, 4, 6], [6]), ([3, 4], []), ([4, 1], [1, 5]),
        ]
        return functions.flatMap { function in
            shapes.map { a, b in
                ConformanceCase("\(function), \(a) and \(b)", a, b) { network, random, ids throws(NetworkError) in
                    // Few numbers, so that some are equal; none of the second is 0.
                    let factor = try network.append(.constant(Tensor([], [4])))
                    let half = try network.append(.constant(Tensor([], [0.5])))
                    let first = try network.append(
                        .unary(.round), network.append(.binary(.multiply), ids[0], factor))
                    let second = try network.append(
                        .unary(.round), network.append(.binary(.multiply), ids[1], factor))
                    let other = try network.append(.binary(.add), second, half)
                    let same = try network.append(.binary(function), first, first)
                    let isDivided = function == .modulo || function == .remainder
                    return [try network.append(.binary(function), first, isDivided ? other : second)]
                        + (isDivided ? [] : [same])
                }.inSixtyFourths()
            }
        }
    }()

    private static let selections: [ConformanceCase] = {
        let shapes: [(Shape, Shape, Shape)] = [
            ([2, 20, 4, 6], [2, 20, 4, 6], [2, 20, 4, 6]), ([2, 20, 1, 1], [2, 20, 4, 6], []),
            ([2, 1, 4, 6], [1, 20, 1, 1], [2, 20, 4, 6]), ([5], [3, 1], [1, 5]), ([], [7], [7]),
        ]
        return shapes.map { condition, a, b in
            ConformanceCase("selection by \(condition) from \(a) and \(b)", condition, a, b) {
                network, _, ids throws(NetworkError) in
                let truth = try network.append(.activation(.relu), ids[0])
                let selected = try network.append(.selection, truth, ids[1], ids[2])
                return [selected, try network.append(.unary(.tanh), selected)]
            }
        }
    }()

    private static let reductions: [ConformanceCase] = {
        let kinds: [Reduction.Kind] = [.mean, .sum, .maximum, .minimum, .product]
        let cases: [(Shape, [Int])] = [
            ([2, 20, 4, 6], [1]), ([2, 20, 4, 6], [2, 3]), ([2, 20, 4, 6], [3]), ([2, 20, 4, 6], [0, 2]),
            ([3, 33], [1]), ([3, 33], [0]), ([2, 3, 4, 5, 6], [1, 3]), ([7], [0]), ([2, 36, 5, 8], [1, 2, 3]),
        ]
        return kinds.flatMap { kind in
            cases.map { shape, axes in
                ConformanceCase("\(kind) of \(shape) along \(axes)", shape, within: 0.25) {
                    network, _, ids throws(NetworkError) in
                    // About 1: small products are none in half precision.
                    let one = try network.append(.constant(Tensor([], [1])))
                    let near = try network.append(.binary(.add), ids[0], one)
                    return [try network.append(.reduction(Reduction(kind, axes: axes)), near)]
                }
            }
        }
    }()
}
