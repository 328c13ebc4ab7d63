// Functions of two values, whose shapes may repeat.
import COneDNN
import CXNNPACK
import NetworkGraph

extension CPUPlanner {
    /// oneDNN repeats its second operand only; what repeats the first runs swapped, or as the reference does.
    mutating func addBinary(_ id: Network.NodeID, _ function: BinaryFunction) throws(CPULibraryError) {
        if function.oneDNN == nil, function != .parametricRelu { return try addReference(id) }
        let node = network.nodes[id]
        if let kind = function.xnnpack, node.shape.rank <= XNNPACK.largestRank,
            node.inputs.contains(where: { takesXNNPACK($0) })
        {
            try addXNNPACKBinary(id, kind)
            return
        }
        var (first, second) = (node.inputs[0], node.inputs[1])
        if network.nodes[first].shape != node.shape, function.isCommutative {
            swap(&first, &second)
        }
        guard network.nodes[first].shape == node.shape else {
            try addReference(id)
            return
        }
        // A feature map stays in its layout, if oneDNN can mix it with the other's.
        let (firstShape, secondShape) = (node.shape, network.nodes[second].shape)
        if firstShape.rank == 4 {
            let own = try dense(first, for: id)
            let other =
                secondShape.rank == 4
                ? try dense(second, for: id)
                : Value(
                    layout: try .plain(secondShape.extents(ofRank: 4)), buffer: try plain(second, for: id).buffer)
            if try addBinary(id, function, own, other) { return }
        }
        let rank = firstShape.rank
        let own = Value(
            layout: try .plain(rank == 0 ? [1] : firstShape.extents), buffer: try plain(first, for: id).buffer)
        let other = Value(
            layout: try .plain(rank == 0 ? [1] : secondShape.extents(ofRank: rank)),
            buffer: try plain(second, for: id).buffer)
        if try addBinary(id, function, own, other) {
            setValue(Value(layout: try .plain(extents(node.shape)), buffer: value(id).buffer), of: id)
        } else {
            try addReference(id)
        }
    }

    /// - Returns: false if oneDNN has nothing for these layouts.
    private mutating func addBinary(
        _ id: Network.NodeID, _ function: BinaryFunction, _ first: Value, _ second: Value
    ) throws(CPULibraryError) -> Bool {
        let attributes = try OneDNNAttributes()
        let algorithm = function.oneDNN
        let primitive: OneDNNPrimitive
        do {
            primitive = try OneDNNPrimitive("binary function", unit) {
                guard let algorithm else {
                    return COneDNN_parametric_relu(
                        $0, $1, first.layout.pointer, second.layout.pointer, attributes.pointer)
                }
                return COneDNN_binary(
                    $0, $1, algorithm, first.layout.pointer, second.layout.pointer, first.layout.pointer,
                    attributes.pointer)
            }
        } catch {
            guard error.isUnimplemented else { throw error }
            return false
        }
        let result = makeValue(like: first)
        let other = algorithm == nil ? DNNL_ARG_WEIGHTS : DNNL_ARG_SRC_1
        try addStep(id, primitive, [(DNNL_ARG_SRC_0, first), (other, second), (DNNL_ARG_DST, result)])
        setValue(result, of: id)
        return true
    }

    /// A function of two values. Feature maps have their channels last, all else is in plain order.
    mutating func addXNNPACKBinary(
        _ id: Network.NodeID, _ function: CXNNPACK_binary_kind
    ) throws(CPULibraryError) {
        let node = network.nodes[id]
        let isMap = node.shape.rank == 4 && node.inputs.allSatisfy { network.nodes[$0].shape.rank == 4 }
        var operands: [Value] = []
        for input in node.inputs {
            operands.append(isMap ? try channelsLast(input, dense: true, for: id) : try plain(input, for: id))
        }
        operands.append(isMap ? try denseDestination(of: id) : makeValue(try .plain(extents(node.shape))))
        let shapes = node.inputs.map { input -> [Int] in
            let extents = network.nodes[input].shape.extents
            return isMap ? [0, 2, 3, 1].map { extents[$0] } : extents
        }
        addStep(id, .binary(function, first: shapes[0], second: shapes[1]), operands)
        setValue(operands[2], of: id)
    }
}

extension BinaryFunction {
    /// Nil for what oneDNN has otherwise or not at all.
    fileprivate var oneDNN: dnnl_alg_kind_t? {
        switch self {
        case .add: dnnl_binary_add
        case .subtract: dnnl_binary_sub
        case .multiply: dnnl_binary_mul
        case .divide: dnnl_binary_div
        case .minimum: dnnl_binary_min
        case .maximum: dnnl_binary_max
        case .equal: dnnl_binary_eq
        case .less: dnnl_binary_lt
        case .lessOrEqual: dnnl_binary_le
        case .power, .parametricRelu, .modulo, .remainder: nil
        }
    }

    fileprivate var isCommutative: Bool {
        switch self {
        case .add, .multiply, .minimum, .maximum, .equal: true
        case .subtract, .divide, .power, .parametricRelu, .modulo, .remainder, .less, .lessOrEqual: false
        }
    }
}
