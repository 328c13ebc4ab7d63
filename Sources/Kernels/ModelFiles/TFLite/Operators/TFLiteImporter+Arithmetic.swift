// Functions of several values' elements: arithmetic, comparisons, logic, choices.
import NetworkGraph

extension TFLiteImporter {
    /// Shapes broadcast as the file orders them.
    mutating func binary(_ function: BinaryFunction, _ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        let activation = try operands.activation(0)
        let sides = try aligned([operands[0], operands[1]])
        if function == .add, sides.isEven {
            return TFLiteNode(try emit(.addition(activation), sides.ids[0], sides.ids[1]), sides.extents, sides.order)
        }
        var result = try combined(function, sides)
        // One of a grid's numbers.
        if function == .minimum || function == .maximum { result.grid = sides.grid }
        return try activated(result, activation)
    }

    /// Any number of addends.
    mutating func sum(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        let sides = try aligned(operands.inputs)
        guard var id = sides.ids.first else { throw .invalid("nothing to add") }
        for other in sides.ids.dropFirst() { id = try emit(.binary(.add), id, other) }
        return TFLiteNode(id, sides.extents, sides.order)
    }

    private mutating func combined(_ function: BinaryFunction, _ sides: Aligned) throws(ImportFailure) -> TFLiteNode {
        TFLiteNode(try emit(.binary(function), sides.ids[0], sides.ids[1]), sides.extents, sides.order)
    }

    mutating func squaredDifference(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        try square(try combined(.subtract, try aligned([operands[0], operands[1]])))
    }

    /// 1 or 0; with the sides exchanged, or the answer turned round.
    mutating func comparison(
        _ function: BinaryFunction, _ operands: TFLiteOperands, isExchanged: Bool = false, isNegated: Bool = false
    ) throws(ImportFailure) -> TFLiteNode {
        let sides = isExchanged ? [operands[1], operands[0]] : [operands[0], operands[1]]
        let result = try combined(function, try aligned(sides))
        return isNegated ? try applied(.logicalNot, result) : result
    }

    /// Condition, a, b. The older form takes a condition for each slice of a and b.
    mutating func select(_ operands: TFLiteOperands, bySlices: Bool) throws(ImportFailure) -> TFLiteNode {
        var condition = try node(operands[0])
        if bySlices, condition.extents.count == 1 {
            let rank = try node(operands[1]).extents.count
            let ones = [Int](repeating: 1, count: max(rank - 1, 0))
            condition = try reshaped(condition, condition.extents + ones)
        }
        let sides = try aligned([.node(condition), operands[1], operands[2]])
        let id = try emit(.selection, sides.ids[0], sides.ids[1], sides.ids[2])
        return TFLiteNode(id, sides.extents, sides.order)
    }

    // MARK: Division without fractions

    mutating func divide(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        guard try operands.isWhole() else { return try binary(.divide, operands) }
        let sides = try aligned([operands[0], operands[1]])
        return try activated(try wholeQuotient(sides, .truncated), try operands.activation(0))
    }

    mutating func floorDivide(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        let sides = try aligned([operands[0], operands[1]])
        if try operands.isWhole() { return try wholeQuotient(sides, .floored) }
        return try applied(.floor, try combined(.divide, sides))
    }

    /// What is left, with the divisor's sign.
    mutating func floorModulo(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        let sides = try aligned([operands[0], operands[1]])
        guard try operands.isWhole() else { return try combined(.modulo, sides) }
        let id = try draft.wholeRemainder(sides.ids[0], sides.ids[1], .floored, name: currentName)
        return TFLiteNode(id, sides.extents, sides.order)
    }

    private mutating func wholeQuotient(
        _ sides: Aligned, _ kind: NetworkDraft.WholeQuotient
    ) throws(ImportFailure) -> TFLiteNode {
        let id = try draft.wholeQuotient(sides.ids[0], sides.ids[1], kind, name: currentName)
        return TFLiteNode(id, sides.extents, sides.order)
    }
}
