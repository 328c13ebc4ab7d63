// Transposed convolutions that oneDNN has only plain code for, as ordinary ones: elements of the result at the same
// place between two strides, a phase, are made of the same taps, which is a convolution. All phases are one layer,
// whose channels are then moved to where they belong; in groups each is one of its own, since depthwise code gives
// a result a channel.
import COneDNN
import CVectors
import NetworkGraph

extension CPUPlanner {
    /// - Returns: false where these aren't convolutions that oneDNN has fast code for.
    mutating func addTransposedPhases(_ id: Network.NodeID, _ layer: TransposedConvolution) throws(CPULibraryError)
        -> Bool
    {
        let node = network.nodes[id]
        let (input, output) = (network.nodes[node.inputs[0]].shape, node.shape)
        guard let rows = PhaseAxis(layer.window.rows, input: input[2], output: output[2]),
            let columns = PhaseAxis(layer.window.columns, input: input[3], output: output[3])
        else { return false }
        // In groups each phase is a step.
        guard rows.stride * columns.stride <= 4096 else { return false }
        let all = (0..<rows.stride).flatMap { row in (0..<columns.stride).map { (row: row, column: $0) } }
        let sets = layer.groups == 1 ? [all] : all.map { [$0] }
        let channels = layer.outputChannels
        // Blocks that hold several phases' channels can't be moved as blocks.
        let tag = channels.isMultiple(of: 16) ? dnnl_format_tag_any : dnnl_nhwc
        let bias = try OneDNNLayout.plain([sets[0].count * channels])
        let problem = ConvolutionProblem(
            source: input.extents, weights: layer.phaseExtents(rows.taps, columns.taps, count: sets[0].count),
            target: [output[0], sets[0].count * channels, rows.positions, columns.positions], bias: bias,
            window: Window(rows: rows.window, columns: columns.window), attributes: try OneDNNAttributes(),
            addsResidual: false)
        guard let primitive = try available({ () throws(CPULibraryError) in
            try make(problem, dnnl_convolution_direct, type, dnnl_format_tag_any, tag)
        }) else { return false }
        let phasesLayout = try primitive.destination()
        let phasesShape = Shape(problem.target)
        guard let order = try order(of: makeValue(phasesLayout), phasesShape), order.suits(channels: channels)
        else { return false }
        let source = try value(node.inputs[0], in: try primitive.source(), for: id)
        let result = try makeValue(order, output, phasesLayout.type)
        let chosen = try primitive.weights()
        for set in sets {
            let phases = makeValue(phasesLayout)
            let weights = layer.weights(of: set, rows, columns)
            let biases = set.flatMap { _ in layer.bias }
            try addStep(
                id, primitive, [(DNNL_ARG_SRC, source), (DNNL_ARG_DST, phases)],
                constants: [
                    (DNNL_ARG_WEIGHTS, chosen, try constant(weights, problem.weights, in: chosen)),
                    (DNNL_ARG_BIAS, bias, try constant(biases, [biases.count], in: bias)),
                ])
            let parts = order.interleaved(problem.target, to: output.extents, rows, columns, set)
            addLoop(id, CPUMovement(element: phasesLayout.type.size, parts), [phases, result])
        }
        setValue(result, of: id)
        return true
    }
}

/// The phases along an axis.
private struct PhaseAxis {
    let stride: Int
    /// Of each phase; those that a kernel lacks are 0.
    let taps: Int
    /// Of a phase's results.
    let positions: Int
    /// Of the phases' convolution.
    let window: Window.Axis
    /// Results that are cut off before the first.
    private let cut: Int
    private let output: Int

    /// Nil where they aren't convolutions over the input and zeros around it.
    init?(_ axis: Window.Axis, input: Int, output: Int) {
        guard axis.dilation == 1, axis.near >= 0 else { return nil }
        (stride, self.output) = (axis.stride, output)
        taps = (axis.kernel + stride - 1) / stride
        let first = axis.near / stride
        positions = (axis.near + output - 1) / stride - first + 1
        cut = axis.near - first * stride
        let near = taps - 1 - first
        let far = positions - input - near + taps - 1
        guard near >= 0, far >= 0 else { return nil }
        // Else mostly zeros, or results that are cut off: a file may ask for strides that no memory holds.
        guard taps * stride <= 2 * axis.kernel, positions * stride <= 4 * output else { return nil }
        window = Window.Axis(kernel: taps, near: near, far: far)
    }

    /// Where the results of a phase go: the first position that isn't cut off, its place, and how many there are.
    func places(of phase: Int) -> (first: Int, place: Int, count: Int) {
        let first = phase < cut ? 1 : 0
        let place = first * stride + phase - cut
        return (first, place, place < output ? (output - 1 - place) / stride + 1 : 0)
    }

    /// Whether all phases have all positions.
    var isWhole: Bool { cut == 0 && positions * stride == output }
}

extension TransposedConvolution {
    /// Of the weights of so many phases, as oneDNN takes them.
    fileprivate func phaseExtents(_ rows: Int, _ columns: Int, count: Int) -> [Int] {
        let inputs = inputChannels / groups
        if groups == 1 { return [count * outputChannels, inputs, rows, columns] }
        return [groups, outputChannels / groups, inputs, rows, columns]
    }

    /// By phase, output channel, input channel, row and column. A convolution's first tap is the farthest.
    fileprivate func weights(
        of phases: [(row: Int, column: Int)], _ rows: PhaseAxis, _ columns: PhaseAxis
    ) -> [Float] {
        let (inputs, outputs) = (inputChannels / groups, outputChannels / groups)
        var values: [Float] = []
        values.reserveCapacity(phases.count * outputChannels * inputs * rows.taps * columns.taps)
        for phase in phases {
            for channel in 0..<outputChannels {
                let (group, output) = channel.quotientAndRemainder(dividingBy: outputs)
                for input in 0..<inputs {
                    let kernel = ((group * inputs + input) * outputs + output) * window.height * window.width
                    for row in (0..<rows.taps).reversed().map({ $0 * rows.stride + phase.row }) {
                        for column in (0..<columns.taps).reversed().map({ $0 * columns.stride + phase.column }) {
                            let isTap = row < window.height && column < window.width
                            values.append(isTap ? weights.values[kernel + row * window.width + column] : 0)
                        }
                    }
                }
            }
        }
        return values
    }
}

extension CPUOrder {
    /// Whether channels of different phases are in different blocks.
    fileprivate func suits(channels: Int) -> Bool {
        if case .blocked(let size) = self { channels.isMultiple(of: size) } else { true }
    }

    /// Phases' elements to their places between each other; `from` has the channels of each phase behind one another.
    fileprivate func interleaved(
        _ from: [Int], to: [Int], _ rows: PhaseAxis, _ columns: PhaseAxis, _ phases: [(row: Int, column: Int)]
    ) -> [CPUMovement.Part] {
        let (sources, targets) = (axes(from), axes(to))
        func axis(_ axes: [Axis], _ index: Int) -> Axis { axes.first { $0.axis == index }! }
        var fixed: [CVectors_Axis] = []
        var phaseStep = 0
        for (source, target) in zip(sources, targets) where target.axis < 2 {
            fixed.append(.init(extent: target.extent, from: source.step, to: target.step))
            // The outer one of two, where channels are in blocks.
            if target.axis == 1, phaseStep == 0 { phaseStep = target.extent * source.step }
        }
        let (row, column) = (axis(sources, 2).step, axis(sources, 3).step)
        let (toRow, toColumn) = (axis(targets, 2).step, axis(targets, 3).step)
        if rows.isWhole, columns.isWhole, phases.count == rows.stride * columns.stride {
            return [
                CPUMovement.Part(
                    axes: fixed + [
                        .init(extent: rows.positions, from: row, to: rows.stride * toRow),
                        .init(extent: rows.stride, from: columns.stride * phaseStep, to: toRow),
                        .init(extent: columns.positions, from: column, to: columns.stride * toColumn),
                        .init(extent: columns.stride, from: phaseStep, to: toColumn),
                    ])
            ]
        }
        return phases.enumerated().compactMap { index, phase in
            let (y, x) = (rows.places(of: phase.row), columns.places(of: phase.column))
            guard y.count > 0, x.count > 0 else { return nil }
            return CPUMovement.Part(
                from: index * phaseStep + y.first * row + x.first * column, to: y.place * toRow + x.place * toColumn,
                axes: fixed + [
                    .init(extent: y.count, from: row, to: rows.stride * toRow),
                    .init(extent: x.count, from: column, to: columns.stride * toColumn),
                ])
        }
    }
}
