// Plans operations along axes: softmax, means and maxima, positions, products, normalization.
import NetworkGraph

extension OpenCLPlan {
    mutating func appendSoftmax(_ id: Network.NodeID, axis: Int, isLogarithm: Bool) {
        let (a, out) = (tensor(network.nodes[id].inputs[0]), tensor(id))
        let isAlong = a.steps[axis] == 1 && out.steps[axis] == 1
        let nest = LoopNest([out.removing(axis), a.removing(axis)]).launch(traits, isAlong ? .one : .vector)
        var arguments: [OpenCLStep.Argument] = [.arena, .arena, .constant(append(.integers(nest.table)))]
        arguments.append(integers: a.extents[axis], isLogarithm ? 1 : 0)
        if !isAlong { arguments.append(integers: out.steps[axis], a.steps[axis]) }
        append(step(id, .softmax, isAlong ? "softmax_along" : "softmax_across", arguments, nest))
    }

    mutating func append(_ id: Network.NodeID, _ reduction: Reduction) {
        let walk = ReductionWalk(tensor(network.nodes[id].inputs[0]), reduction.axes, to: tensor(id), traits)
        var arguments: [OpenCLStep.Argument] = [.arena, .arena]
        append(walk, to: &arguments)
        arguments.append(.float(reduction.kind == .mean ? 1 / Float(walk.count) : 1))
        let kind = reduction.kind == .mean ? Reduction.Kind.sum : reduction.kind
        append(
            step(
                id, .reduction, walk.isAlong ? "reduce_along" : "reduce_across", arguments, walk.launch,
                options: "-DKIND=\(kind.rawValue.uppercased())"))
    }

    /// How results of elements along some axes are walked.
    private struct ReductionWalk {
        /// Whether the innermost axis lies side by side, and goes in vectors.
        let isAlong: Bool
        /// Elements of a result.
        let count: Int
        let last: LoopNest.Axis
        let outer: [LoopNest.Axis]
        let launch: LoopNest.Launch

        /// - Parameter out: of extent 1 along the axes.
        init(_ a: TensorView, _ reduced: [Int], to out: TensorView, _ traits: OpenCLTraits) {
            var kept = a
            kept.extents = out.extents
            let nest = LoopNest([out, kept])
            var axes = LoopNest.merged(
                Set(reduced).map { LoopNest.Axis(extent: a.extents[$0], steps: [a.steps[$0]]) })
            last = axes.popLast() ?? LoopNest.Axis(extent: 1, steps: [0])
            outer = axes.reversed()
            // Side by side: in vectors, unless the results already are.
            isAlong = last.steps[0] == 1 && nest.innerStep(1) != 1 && last.extent >= traits.width
            count = axes.reduce(last.extent) { $0 * $1.extent }
            launch = nest.launch(traits, isAlong ? .one : .vector)
        }
    }

    private mutating func append(_ walk: ReductionWalk, to arguments: inout [OpenCLStep.Argument]) {
        let table = walk.outer.flatMap { [Int32($0.extent), Int32($0.steps[0])] }
        arguments.append(.constant(append(.integers(walk.launch.table))))
        // Buffers have to hold something.
        arguments.append(.constant(append(.integers(table.isEmpty ? [1, 0] : table))))
        arguments.append(integers: walk.outer.count, walk.count / walk.last.extent, walk.last.extent)
        if !walk.isAlong { arguments.append(integers: walk.last.steps[0]) }
    }

    /// Mean and 1 ÷ deviation of each line, then all elements.
    mutating func append(_ id: Network.NodeID, _ layer: Normalization) {
        let node = network.nodes[id]
        let (a, out) = (tensor(node.inputs[0]), tensor(id))
        let kept = Shape(node.shape.extents.enumerated().map { layer.axes.contains($0.offset) ? 1 : $0.element })
        let moments = TensorView(kept, in: .scratch)
        reserveScratch(2 * kept.count)
        let walk = ReductionWalk(a, layer.axes, to: moments, traits)
        var arguments: [OpenCLStep.Argument] = [.scratch, .arena]
        append(walk, to: &arguments)
        arguments.append(integers: kept.count, layer.isCentred ? 1 : 0)
        arguments += [.float(1 / Float(walk.count)), .float(layer.epsilon)]
        append(step(id, .moments, walk.isAlong ? "moments_along" : "moments_across", arguments, walk.launch))

        let parameters = node.inputs.dropFirst().map { tensor($0).broadcast(to: node.shape) }
        let views = [out, a, moments.broadcast(to: node.shape)] + parameters + (parameters.isEmpty ? [a] : [])
        let launch = LoopNest(views).launch(traits)
        arguments = [
            .arena, .arena, .scratch, .arena, .constant(append(.integers(launch.table))),
            .constant(append(.integers(launch.furtherTable))),
        ]
        arguments.append(integers: kept.count, parameters.count)
        append(step(id, .moments, "normalize_lines", arguments, launch))
    }

    mutating func appendArgMax(_ id: Network.NodeID, axis: Int, selectsLast: Bool) {
        let (source, target) = (tensor(network.nodes[id].inputs[0]), tensor(id))
        let nest = LoopNest([target.removing(axis), source.removing(axis)]).launch(traits)
        var arguments: [OpenCLStep.Argument] = [.arena, .arena, .constant(append(.integers(nest.table)))]
        arguments.append(integers: source.extents[axis], source.steps[axis], selectsLast ? 1 : 0)
        append(step(id, .reduction, "arg_max", arguments, nest))
    }

    mutating func appendProduct(_ id: Network.NodeID) {
        let node = network.nodes[id]
        let out = tensor(id)
        let (rows, columns) = (node.shape.rank - 2, node.shape.rank - 1)
        // What of an operand is left without the axis that is summed along, as if it were of the result's shape.
        func operand(_ index: Int, summedAlong axis: Int) -> (view: TensorView, depth: Int, step: Int) {
            var view = tensor(node.inputs[index])
            let axis = axis - (node.shape.rank - view.extents.count)
            let (depth, step) = (view.extents[axis], view.steps[axis])
            view.extents[axis] = 1
            return (view.broadcast(to: node.shape), depth, step)
        }
        var (a, b) = (operand(0, summedAlong: columns), operand(1, summedAlong: rows))
        // Work-items walk an axis along which their first operand stays the same, and not the one in vectors.
        let isAlongColumns =
            node.shape[columns] == 1 || (node.shape[rows] > 1 && out.steps[columns] > out.steps[rows])
        if !isAlongColumns { swap(&a, &b) }
        let middle = isAlongColumns ? columns : rows
        let tile = node.shape[middle] >= 8 ? 8 : node.shape[middle] > 2 ? 4 : 1
        let nest = LoopNest([out, a.view, b.view], middle: middle).launch(traits, rows: tile)
        var arguments: [OpenCLStep.Argument] = [.arena, .arena, .arena, .constant(append(.integers(nest.table)))]
        arguments.append(integers: a.depth, a.step, b.step)
        append(step(id, .products, "multiply", arguments, nest, options: "-DROWS=\(tile)"))
    }

    mutating func append(_ id: Network.NodeID, _ layer: LocalResponseNormalization) {
        let (input, output) = (view(network.nodes[id].inputs[0]), view(id))
        let before = (layer.size - 1) / 2
        var arguments: [OpenCLStep.Argument] = [.arena]
        arguments.append(input)
        arguments.append(output, withSize: true)
        arguments.append(integers: output.channels, before, layer.size - 1 - before)
        arguments += [.float(layer.alpha / Float(layer.size)), .float(layer.beta), .float(layer.bias)]
        arguments.append(integers: run(output))
        appendRows(id, "normalize_channels", arguments, output, OpenCLBuild(.normalization, traits))
    }
}
