// Operators that make values out of shapes and numbers: SHAPE, RANK, FILL, ZEROS_LIKE, RANGE, BROADCAST_ARGS. Exporters
// leave chains of them where shapes were computed; here they are constants.
import NetworkGraph

extension TFLiteImporter {
    mutating func shape(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteValue {
        try known(try node(operands[0]).extents, operands)
    }

    mutating func rank(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteValue {
        let rank = try node(operands[0]).extents.count
        return .constant(
            try TFLiteConstant(operands.outputTensors[0], computed: Tensor([], [Float(rank)])))
    }

    /// The shape that two shapes repeat to.
    mutating func broadcastArguments(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteValue {
        let (a, b) = (try operands.integers(0, "the shape"), try operands.integers(1, "the other shape"))
        guard let first = Shape(validating: a), let second = Shape(validating: b),
            let extents = Shape.broadcast(first, second)
        else { throw .invalid("\(a) and \(b) do not go together") }
        return try known(extents, operands)
    }

    private func known(_ extents: [Int], _ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteValue {
        guard !extents.isEmpty else { throw .unsupported("the shape of a scalar: a tensor without elements") }
        let values = Tensor([extents.count], extents.map(Float.init))
        return .constant(try TFLiteConstant(operands.outputTensors[0], computed: values))
    }

    mutating func fill(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        let value = try node(operands[1])
        guard Shape(value.extents).count == 1 else { throw .invalid("\(value.extents) is not one number") }
        return try broadcast(try reshaped(value, []), to: try operands.integers(0, "the shape"))
    }

    mutating func zerosLike(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        try filled(try node(operands[0]).extents, with: 0)
    }

    /// A constant whose elements are all the same.
    mutating func filled(_ extents: [Int], with value: Float) throws(ImportFailure) -> TFLiteNode {
        guard extents.count <= ImportLimits.rank, let shape = Shape(validating: extents) else {
            throw .invalid("a shape of \(extents)")
        }
        try spend(shape.count)
        let values = [Float](repeating: value, count: shape.count)
        return TFLiteNode(
            try draft.append(.constant(Tensor(shape, values)), [], name: "\(currentName)/constant"), extents)
    }

    /// Numbers from start to limit, in steps.
    mutating func range(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        var bounds: [Double] = []
        for (index, name) in ["start", "the limit", "the step"].enumerated() {
            guard let constant = try operands.constant(index, name), constant.count == 1 else {
                throw .invalid("\(name) must be one number")
            }
            bounds.append(Double(try tensor(constant, constant.extents).values[0]))
        }
        let (start, step) = (bounds[0], bounds[2])
        let count = ((bounds[1] - start) / step).rounded(.up)
        guard count >= 1, count <= Double(ImportLimits.elements), step.isFinite else {
            throw .invalid("a range from \(start) to \(bounds[1]) in steps of \(step)")
        }
        try spend(Int(count))
        let values = Tensor([Int(count)], (0..<Int(count)).map { Float(start + Double($0) * step) })
        return TFLiteNode(
            try draft.append(.constant(values), [], name: "\(currentName)/constant"), [Int(count)])
    }
}
