// Which nodes the host computes: those without a kernel, and in half precision positions that halves can't hold. Pure
// functions.
import NetworkGraph

extension OpenCLFusion {
    func hostNodes(of network: Network, _ traits: OpenCLTraits) -> Set<Network.NodeID> {
        var result: Set<Network.NodeID> = []
        // Large positions, and what is made of nothing else but constants.
        var positions: Set<Network.NodeID> = []
        for (id, node) in network.nodes.enumerated() where live.contains(id) {
            let shapes = node.inputs.map { network.nodes[$0].shape }
            if traits.precision == .fp16, host[id] == nil, guest[id] == nil {
                let varying = node.inputs.filter { !network.nodes[$0].operation.isConstant }
                let isMade =
                    node.operation.keepsWholeNumbers && !varying.isEmpty && varying.allSatisfy(positions.contains)
                if isMade || node.operation.largestPosition(shapes) > 1 << 11 {
                    positions.insert(id)
                    result.insert(id)
                }
            }
            if !node.operation.hasKernel { result.insert(id) }
            if case .lookup(let axis) = node.operation, traits.precision == .fp16, shapes[0][axis] > 1 << 11 {
                result.insert(id)
            }
        }
        return result
    }
}

extension Operation {
    fileprivate var isConstant: Bool { if case .constant = self { true } else { false } }

    /// Whether the device computes it. Sorting, and what goes where a run says, is little beside layers.
    fileprivate var hasKernel: Bool {
        switch self {
        // A launch for each place within the strides.
        case .transposedConvolution(let layer): layer.window.strides.reduce(1, *) <= 1 << 10
        case .topK, .cumulativeSum, .elementLookup, .coordinateLookup, .elementScatter, .coordinateScatter,
            .poolingPositions, .unpooling, .gridSampling, .regionAlignment, .boxSelection, .anchoredDetection:
            false
        case .image, .tensor, .convolution, .pooling, .globalAveragePooling, .fullyConnected, .concatenation,
            .addition, .activation, .softmax, .logSoftmax, .constant, .unary, .binary, .localResponseNormalization,
            .selection, .matrixMultiplication, .reshape, .transpose, .gather, .pad,
            .resampling, .reduction, .normalization, .argMax, .lookup:
            true
        }
    }

    /// The largest whole number that it may give by itself, where what it gives is positions; 0 for all others.
    fileprivate func largestPosition(_ inputs: [Shape]) -> Int {
        switch self {
        case .argMax(let axis, _): inputs[0][axis]
        case .topK(let topK): topK.result == .positions ? inputs[0][topK.axis] : 0
        case .poolingPositions: inputs[0].count
        case .boxSelection: inputs[0].count
        default: 0
        }
    }

    /// Whether it may make positions of positions.
    fileprivate var keepsWholeNumbers: Bool {
        switch self {
        case .unary(.quantize): false
        case .concatenation, .addition, .activation, .unary, .binary, .selection, .reshape, .transpose, .gather, .pad,
            .reduction, .lookup, .elementLookup, .coordinateLookup:
            true
        default: false
        }
    }
}
