// Plans operations that move elements: each is a copy between two views of memory, or a few of them.
import EnginePlanning
import NetworkGraph

extension OpenCLPlan {
    /// A value that is the same in every run: written once for each context.
    mutating func append(_ id: Network.NodeID, constant: Tensor) {
        // Vectors are loaded whole.
        let padded = constant.values + [Float](repeating: 0, count: traits.width)
        let source = TensorView(constant.shape, in: .constant(append(.values(padded))))
        let step = combination(id, .copy, source, to: tensor(id))
        appendPreparation(step)
    }

    mutating func append(_ id: Network.NodeID, transpose permutation: [Int]) {
        appendCombination(id, .copy, tensor(network.nodes[id].inputs[0]).transposed(permutation), to: tensor(id))
    }

    mutating func appendReshape(_ id: Network.NodeID) {
        let (source, target) = (tensor(network.nodes[id].inputs[0]), tensor(id))
        if let (source, target) = TensorView.refined(source, target) {
            appendCombination(id, .copy, source, to: target)
            return
        }
        // The axes of one cross those of the other: in between all elements lie in a row.
        let shape = network.nodes[id].shape
        reserveScratch(shape.count + traits.width)
        for (from, to) in [
            (source, TensorView(Shape(source.extents), in: .scratch, on: source.grid)),
            (TensorView(shape, in: .scratch, on: source.grid), target),
        ] {
            appendCombination(id, .copy, from, to: to)
        }
    }

    mutating func append(_ id: Network.NodeID, gather axis: Int, _ indices: [Int]) {
        let (source, target) = (tensor(network.nodes[id].inputs[0]), tensor(id))
        let runs = IndexRun.runs(indices)
        if runs.count > 1, source.grid == nil {
            let taps = indices.map { [Resampling.Tap(index: $0, weight: 1)] }
            append(id, Resampling(axis: axis, taps: taps))
            return
        }
        for run in runs {
            // Slices at equal distances, each as many times.
            let count = run.count * run.repeats
            var slices = source.sliced(axis, from: run.first, count: count)
            slices.steps[axis] = 0
            slices = slices.split(axis, inner: run.repeats)
            slices.steps[axis] = run.step * source.steps[axis]
            let part = target.sliced(axis, from: run.position, count: count).split(axis, inner: run.repeats)
            appendCombination(id, .copy, slices, to: part)
        }
    }

    mutating func append(_ id: Network.NodeID, _ padding: ConstantPadding) {
        let (source, target) = (tensor(network.nodes[id].inputs[0]), tensor(id))
        if source.extents != target.extents {
            let value = padding.value / (target.grid?.scale ?? 1)
            appendCombination(id, .fill(value), target, to: target)
        }
        var inside = target
        for (axis, count) in source.extents.enumerated() {
            inside = inside.sliced(axis, from: padding.before[axis], count: count)
        }
        appendCombination(id, .copy, source, to: inside)
    }

    /// Copies what the producers couldn't write in place: network inputs, and values that are joined elsewhere too.
    /// - Parameter target: whose value is joined: the node itself, or its rounding.
    mutating func appendCopies(
        _ id: Network.NodeID, axis: Int, to target: Network.NodeID, _ activation: Activation = .identity
    ) {
        let target = tensor(target)
        var start = 0
        var seen: Set<Network.NodeID> = []
        for input in network.nodes[id].inputs {
            let source = tensor(input)
            let part = target.sliced(axis, from: start, count: source.extents[axis])
            start += source.extents[axis]
            let isInPlace =
                source.base == part.base && source.grid == part.grid && seen.insert(input).inserted
            if !isInPlace { appendCombination(id, .copy, source, to: part, activation) }
        }
    }

    mutating func append(_ id: Network.NodeID, _ resampling: Resampling) {
        let (source, target) = (tensor(network.nodes[id].inputs[0]), tensor(id))
        // Where each position's taps begin; then the taps.
        var table: [Int] = []
        var taps: [Int32] = []
        for position in resampling.taps {
            table.append(resampling.taps.count + 1 + taps.count)
            for tap in position {
                taps.append(Int32(tap.index * source.steps[resampling.axis]))
                taps.append(Int32(bitPattern: tap.weight.bitPattern))
            }
        }
        table.append(resampling.taps.count + 1 + taps.count)
        var a = target
        (a.base, a.steps) = (source.base, source.steps)
        a.steps[resampling.axis] = 0
        let launch = LoopNest([target, a], middle: resampling.axis).launch(traits)
        let arguments: [OpenCLStep.Argument] = [
            .arena, .arena, .constant(append(.integers(launch.table))),
            .constant(append(.integers(table.map(Int32.init) + taps))),
        ]
        append(step(id, .resampling, "resample", arguments, launch))
    }

    /// Slices where a run says.
    mutating func appendLookup(_ id: Network.NodeID, axis: Int) {
        let node = network.nodes[id]
        let (out, a, positions) = (tensor(id), tensor(node.inputs[0]), tensor(node.inputs[1]))
        // As if both were of the result's shape: slices at position 0, positions for each slice.
        var (slices, places) = (out, out)
        let added = positions.extents.count
        slices.base = a.base
        slices.steps.replaceSubrange(axis..<axis + added, with: repeatElement(0, count: added))
        for (index, step) in a.steps.enumerated() where index != axis {
            slices.steps[index < axis ? index : index - 1 + added] = step
        }
        places.base = positions.base
        places.steps = [Int](repeating: 0, count: out.steps.count)
        places.steps.replaceSubrange(axis..<axis + added, with: positions.steps)
        let launch = LoopNest([out, slices, places]).launch(traits)
        var arguments: [OpenCLStep.Argument] = [
            .arena, .arena, .arena, .constant(append(.integers(launch.table))),
        ]
        arguments.append(integers: a.extents[axis], a.steps[axis])
        append(step(id, .resampling, "look_up", arguments, launch))
    }
}
