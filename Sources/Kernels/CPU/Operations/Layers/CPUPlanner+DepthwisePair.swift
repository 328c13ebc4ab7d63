// Pairs of a 1×1 and a depthwise convolution in one primitive, where that is faster than one after the other.
import COneDNN
import NetworkGraph

extension CPUPlanner {
    /// The roles of the second convolution's weights and biases.
    private static let roles = (
        weights: DNNL_ARG_ATTR_POST_OP_DW | DNNL_ARG_WEIGHTS, bias: DNNL_ARG_ATTR_POST_OP_DW | DNNL_ARG_BIAS
    )

    /// Adds a 1×1 convolution with the depthwise one behind it.
    /// - Returns: false if they are to run one after the other, or if there is no second.
    mutating func addDepthwisePair(
        _ id: Network.NodeID, _ layer: Convolution, _ alone: ConvolutionProblem
    ) throws(CPULibraryError) -> Bool {
        guard let second = depthwiseReader(of: id), case .convolution(let depthwise) = network.nodes[second].operation
        else { return false }
        let node = network.nodes[id]
        let selection = selection(of: node)
        if case .given(let algorithms) = selection, algorithms[node] != .fused { return false }
        let group = fusion.groups[second]!
        let problem = try convolutionProblem(
            id, layer,
            depthwise: OneDNNDepthwise(window: depthwise.window, activation: group.activation, type: type))
        guard let primitive = try make(problem, .blocked) else { return false }
        let weights = try primitive.depthwise(DNNL_ARG_WEIGHTS)
        let bias = try primitive.depthwise(DNNL_ARG_BIAS)
        if case .measured = selection {
            let apart =
                try nanoseconds(fastest(alone).0)
                + nanoseconds(fastest(convolutionProblem(second, depthwise)).0)
            let together = try nanoseconds(
                primitive, more: [(Self.roles.weights, weights), (Self.roles.bias, bias)], limit: apart)
            guard together < apart else { return false }
            plan.algorithms.byNode[node.name] = .fused
        }

        let from = try value(node.inputs[0], in: try primitive.source(), for: id)
        let result = makeValue(try primitive.destination())
        let (chosen, channels) = (try primitive.weights(), depthwise.outputChannels)
        try addStep(
            id, primitive, [(DNNL_ARG_SRC, from), (DNNL_ARG_DST, result)],
            constants: [
                (DNNL_ARG_WEIGHTS, chosen, try self.weights(layer.weights, problem.weights, in: chosen, of: id)),
                (DNNL_ARG_BIAS, problem.bias, try constant(layer.bias, [layer.outputChannels], in: problem.bias)),
                (
                    Self.roles.weights, weights,
                    try self.weights(
                        depthwise.weights, [channels, 1, 1, 3, 3], in: weights, of: second)
                ), (Self.roles.bias, bias, try constant(depthwise.bias, [channels], in: bias)),
            ])
        setValue(result, of: group.result)
        plan.pairs[id] = second
        return true
    }

    /// - Returns: a depthwise convolution of 3×3 that alone reads what a 1×1 convolution gives.
    private func depthwiseReader(of leader: Network.NodeID) -> Network.NodeID? {
        guard let group = fusion.groups[leader], group.residual == nil, group.function == nil,
            !network.outputs.contains(group.result), fusion.readers[group.result].count == 1,
            case .convolution(let pointwise) = network.nodes[leader].operation,
            pointwise.groups == 1, pointwise.window == Window(height: 1, width: 1)
        else { return nil }
        let reader = fusion.readers[group.result][0]
        guard case .convolution(let layer) = network.nodes[reader].operation, layer.isDepthwise,
            let depthwise = fusion.groups[reader], depthwise.residual == nil, depthwise.function == nil
        else { return nil }
        let (rows, columns) = (layer.window.rows, layer.window.columns)
        let isSquare = rows.kernel == columns.kernel && rows.stride == columns.stride && rows.near == columns.near
        guard isSquare, rows.kernel == 3, rows.near <= 1, rows.stride <= 2, !layer.window.isDilated else { return nil }
        // oneDNN pads the far edges as it takes to cover all of the input.
        let (shape, input) = (network.nodes[reader].shape, network.nodes[group.result].shape)
        let covers = [2, 3].allSatisfy { shape[$0] == (input[$0] + rows.stride - 1) / rows.stride }
        return covers ? reader : nil
    }
}
