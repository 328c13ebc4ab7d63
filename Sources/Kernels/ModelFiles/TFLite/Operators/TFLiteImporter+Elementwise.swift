// Operators on elements: arithmetic, activations, SOFTMAX.
import NetworkGraph

extension TFLiteImporter {
    /// Shapes broadcast as the file orders them.
    mutating func binary(_ function: BinaryFunction, _ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        let activation = try operands.activation(0)
        var sides: [(id: Int, extents: [Int])] = []
        let isPlanar = operands.inputs.prefix(2).contains { value in
            if case .node(let node) = value { node.order == .planar } else { false }
        }
        for index in 0..<2 { sides.append(try operand(operands[index], isPlanar: isPlanar)) }
        guard let extents = Shape.broadcast(Shape(sides[0].extents), Shape(sides[1].extents)) else {
            throw .invalid("cannot \(function.rawValue) \(sides[0].extents) and \(sides[1].extents)")
        }
        let order: TFLiteNode.Order = isPlanar ? .planar : .stated
        if function == .add, sides[0].extents == sides[1].extents {
            return TFLiteNode(try emit(.addition(activation), sides[0].id, sides[1].id), extents, order)
        }
        let result = try emit(.binary(function), sides[0].id, sides[1].id)
        return try activated(TFLiteNode(result, extents, order), activation)
    }

    /// One side, with four axes if it is to be planes.
    private mutating func operand(_ value: TFLiteValue, isPlanar: Bool) throws(ImportFailure) -> (Int, [Int]) {
        if isPlanar, case .constant(let constant) = value, constant.extents.count <= 4 {
            let extents = [Int](repeating: 1, count: 4 - constant.extents.count) + constant.extents
            let tensor = try tensor(constant, extents)
            let planes = Tensor(
                Shape(TFLiteNode.planar(extents)),
                Reference.transpose(tensor.values, extents, TFLiteNode.toPlanar))
            return (try draft.append(.constant(planes), [], name: "\(currentName)/constant"), extents)
        }
        let node = try node(value)
        guard isPlanar else { return (try stated(node).id, node.extents) }
        guard node.extents.count <= 4 else { throw .unsupported("arithmetic on \(node.extents.count) axes") }
        let extents = [Int](repeating: 1, count: 4 - node.extents.count) + node.extents
        return (try planar(try reshaped(node, extents)).id, extents)
    }

    mutating func activation(_ activation: Activation, _ value: TFLiteValue) throws(ImportFailure) -> TFLiteNode {
        try activated(try node(value), activation)
    }

    func keepsGrid(_ activation: Activation) -> Bool { activation == .identity || activation == .relu }

    /// Zero is on every grid, other bounds needn't be.
    mutating func activated(_ node: TFLiteNode, _ activation: Activation) throws(ImportFailure) -> TFLiteNode {
        guard activation != .identity else { return node }
        return TFLiteNode(
            try emit(.activation(activation), node.id), node.extents, node.order,
            grid: keepsGrid(activation) ? node.grid : nil)
    }

    mutating func unary(_ function: UnaryFunction, _ value: TFLiteValue) throws(ImportFailure) -> TFLiteNode {
        let node = try node(value)
        return TFLiteNode(try emit(.unary(function), node.id), node.extents, node.order)
    }

    /// Over the last axis: e^(beta · x) ÷ Σ e^(beta · x).
    mutating func softmax(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        var input = try node(operands[0])
        guard !input.extents.isEmpty else { throw .invalid("a scalar has no axis") }
        if case .flattened = input.order { input = try stated(input) }
        let beta = try operands.float(0, "beta") ?? 1
        guard beta.isFinite else { throw .invalid("beta is \(beta)") }
        if beta != 1 {
            let factor = try draft.append(.constant(Tensor([], [beta])), [], name: "\(currentName)/beta")
            input.id = try emit(.binary(.multiply), input.id, factor)
        }
        let axis = input.draftAxis(input.extents.count - 1)
        return TFLiteNode(try emit(.softmax(axis: axis), input.id), input.extents, input.order)
    }
}
