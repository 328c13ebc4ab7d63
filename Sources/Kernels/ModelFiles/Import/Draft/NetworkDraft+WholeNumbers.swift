// Division of whole numbers that a network holds as floats, alike for all formats.
import NetworkGraph

extension NetworkDraft {
    enum WholeQuotient { case truncated, floored }

    /// The whole quotient of two nodes' whole numbers: exact below 2²⁴ where divisions are rounded right, and below
    /// 2¹⁹ on devices that divide to a few units in the last place.
    ///
    /// The dividend is a quarter away from where the quotient might fall short of a whole number. Not more: from 2²³
    /// on, where floats hold no quarters, rounding must leave the dividend as it is.
    mutating func wholeQuotient(
        _ dividend: Int, _ divisor: Int, _ kind: WholeQuotient, name: String
    ) throws(ImportFailure) -> Int {
        // Whose sign says which way is up.
        let signed = kind == .floored ? divisor : dividend
        let quarter: Int
        if case .constant(let tensor) = nodes[signed].operation, copyWeights(tensor.shape.count) {
            let quarters = tensor.values.map { $0 > 0 ? 0.25 : $0 < 0 ? -0.25 : Float(0) }
            quarter = try append(.constant(Tensor(tensor.shape, quarters)), [], name: "\(name)/quarter")
        } else {
            let one = try append(.unary(.sign), [signed], name: name)
            let size = try append(.constant(Tensor([], [0.25])), [], name: "\(name)/quarter")
            quarter = try append(.binary(.multiply), [one, size], name: name)
        }
        let moved = try append(.binary(.add), [dividend, quarter], name: name)
        let quotient = try append(.binary(.divide), [moved, divisor], name: name)
        return try append(.unary(kind == .floored ? .floor : .truncation), [quotient], name: name)
    }

    /// What whole division leaves: with the divisor's sign if it rounds down, else with the dividend's. Of numbers of 2²⁴
    /// and more, which floats don't hold exactly, it may be any.
    mutating func wholeRemainder(
        _ dividend: Int, _ divisor: Int, _ kind: WholeQuotient, name: String
    ) throws(ImportFailure) -> Int {
        let quotient = try wholeQuotient(dividend, divisor, kind, name: name)
        let product = try append(.binary(.multiply), [quotient, divisor], name: name)
        return try append(.binary(.subtract), [dividend, product], name: name)
    }
}
