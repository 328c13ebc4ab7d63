// Functions of elements: activations, and how the elements of several values meet.
import NetworkGraph

extension TFLiteImporter {
    /// Values whose shapes repeat as the file orders them.
    struct Aligned {
        fileprivate(set) var ids: [Int] = []
        /// Of the result, as the file orders them.
        fileprivate(set) var extents: [Int] = []
        fileprivate(set) var order = TFLiteNode.Order.stated
        /// What all of them lie on.
        fileprivate(set) var grid: QuantizationGrid?
        /// Whether none of them is repeated.
        fileprivate(set) var isEven = true
    }

    /// If one of them is planes, all become planes.
    mutating func aligned(_ values: [TFLiteValue]) throws(ImportFailure) -> Aligned {
        var isPlanar = false
        var rank = 0
        for value in values {
            switch value {
            case .node(let node):
                if node.order == .planar { isPlanar = true }
                rank = max(rank, node.extents.count)
            case .constant(let constant): rank = max(rank, constant.extents.count)
            case .absent: throw .invalid("a required input is left out")
            }
        }
        if rank > 4 { isPlanar = false }
        var aligned = Aligned()
        aligned.order = isPlanar ? .planar : .stated
        for (index, value) in values.enumerated() {
            let side = try operand(value, isPlanar: isPlanar)
            guard let extents = Shape.broadcast(Shape(aligned.extents), Shape(side.extents)),
                Shape(validating: extents) != nil
            else { throw .invalid("\(aligned.extents) and \(side.extents) do not go together") }
            aligned.ids.append(side.id)
            if index > 0, extents != aligned.extents || extents != side.extents { aligned.isEven = false }
            aligned.grid = index == 0 || side.grid?.hasNumbers(of: aligned.grid) ?? false ? side.grid : nil
            aligned.extents = extents
        }
        return aligned
    }

    /// One value, with four axes if it is to be planes.
    private mutating func operand(_ value: TFLiteValue, isPlanar: Bool) throws(ImportFailure) -> TFLiteNode {
        if isPlanar, case .constant(let constant) = value {
            let extents = [Int](repeating: 1, count: 4 - constant.extents.count) + constant.extents
            let tensor = try tensor(constant, extents)
            let planes = Tensor(
                Shape(TFLiteNode.planar(extents)),
                Reference.transpose(tensor.values, extents, TFLiteNode.toPlanar))
            let id = try draft.append(.constant(planes), [], name: "\(currentName)/constant")
            return TFLiteNode(id, extents, .planar, grid: try constant.tensor.grid())
        }
        let node = try node(value)
        guard isPlanar else { return try stated(node) }
        let extents = [Int](repeating: 1, count: 4 - node.extents.count) + node.extents
        return try planar(try reshaped(node, extents))
    }

    // MARK: One value

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
        try applied(function, try node(value))
    }

    mutating func applied(_ function: UnaryFunction, _ node: TFLiteNode) throws(ImportFailure) -> TFLiteNode {
        TFLiteNode(try emit(.unary(function), node.id), node.extents, node.order)
    }

    /// A function of each element and a number.
    mutating func applied(
        _ function: BinaryFunction, _ node: TFLiteNode, _ value: Float
    ) throws(ImportFailure) -> TFLiteNode {
        TFLiteNode(try emit(.binary(function), node.id, try number(value)), node.extents, node.order)
    }

    mutating func square(_ node: TFLiteNode) throws(ImportFailure) -> TFLiteNode {
        TFLiteNode(try emit(.binary(.multiply), node.id, node.id), node.extents, node.order)
    }

    /// Whole numbers from floats, truth from numbers. Numbers of 8 bits are taken as they stand, whatever their scale.
    mutating func cast(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        let (source, target) = (try operands.inputTensor(0), operands.outputTensors[0])
        let (from, to) = (try source.type, try target.type)
        var node = try node(operands[0])
        if let grid = try source.grid(), grid.scale != 1 || grid.zeroPoint != 0 {
            node = try applied(.round, try applied(.multiply, node, 1 / grid.scale))
            node = try applied(.add, node, Float(grid.zeroPoint))
        }
        if to == .bool {
            if from != .bool { node = try applied(.logicalNot, try applied(.logicalNot, node)) }
        } else if from.isFloat && !to.isFloat {
            node = try applied(.truncation, node)
        }
        if let grid = try target.grid(), grid.scale != 1 || grid.zeroPoint != 0 {
            node = try applied(.multiply, try applied(.subtract, node, Float(grid.zeroPoint)), grid.scale)
        }
        return node
    }
}
