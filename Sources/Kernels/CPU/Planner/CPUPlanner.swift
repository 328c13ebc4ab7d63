// Compiles a network for oneDNN and XNNPACK: layouts, fusions, buffers. Lives while `compile` runs, on its thread.
import COneDNN
import CXNNPACK
import EnginePlanning
import NetworkGraph

/// Turns nodes into steps one after another. Every primitive of oneDNN may choose its layouts, XNNPACK's operators have
/// channels last; values stay in their layouts, and a reorder is put in only where the next step wants another.
struct CPUPlanner {
    typealias Value = CPUValue

    let network: Network
    let unit: OneDNNUnit
    private(set) var layers: AlgorithmSelection
    /// For its progress and interruption.
    private let tuning: Tuning
    /// What layers with weights compute with.
    let type: dnnl_data_type_t
    let stream: OneDNNStream
    let timer: CPUTimer
    /// What a measurement that was broken off had found.
    private let begun: LayerAlgorithms?
    /// Weights that plans of the network share.
    let constants: CPUConstants
    let fusion: LayerFusion
    /// What is computed with 8-bit numbers.
    let quantizedLayers: CPUQuantizedLayers
    var plan = CPUPlan()
    var arena = ArenaPlan()
    var values: CPUValueTable
    /// Concatenations, channels last, that some of their inputs have been written to.
    var joined: [Network.NodeID: Value] = [:]
    /// Of weights, by Winograd's algorithm.
    var transformedBytes = 0
    /// Nodes whose reads are over.
    private(set) var done: Set<Network.NodeID> = []

    /// - Parameter begun: what a measurement that was broken off had found: it isn't measured again.
    /// - Throws: `UnfinishedMeasurement` where measuring in turn with frames is broken off.
    static func plan(
        _ network: Network, _ unit: OneDNNUnit, _ layers: AlgorithmSelection, _ precision: Precision, threads: Int,
        _ tuning: Tuning, begun: LayerAlgorithms? = nil, sharing constants: CPUConstants = CPUConstants()
    ) throws -> CPUPlan {
        // Primitives are cut for the number of threads when they are made.
        setOneDNNThreads(threads)
        let timer = CPUTimer(tuning, threads: threads)
        var planner = try CPUPlanner(network, unit, layers, precision, tuning, timer, begun, constants)
        planner.plan.oneDNNThreads = threads
        return try planner.run()
    }

    private init(
        _ network: Network, _ unit: OneDNNUnit, _ layers: AlgorithmSelection, _ precision: Precision, _ tuning: Tuning,
        _ timer: CPUTimer, _ begun: LayerAlgorithms?, _ constants: CPUConstants
    ) throws(CPULibraryError) {
        (self.network, self.unit, self.layers, self.tuning) = (network, unit, layers, tuning)
        (self.timer, self.begun, self.constants) = (timer, begun, constants)
        type =
            switch precision {
            case .fp32: dnnl_f32
            case .bf16: dnnl_bf16
            case .fp16: dnnl_f16
            }
        stream = try OneDNNStream(unit)
        fusion = LayerFusion(network, takes: \.isPostOperation)
        quantizedLayers = CPUQuantizedLayers(
            network, fusion, oneDNN: OneDNNUnit.multipliesBytes && !layers.prefersXNNPACK,
            xnnpack: type == dnnl_f32 && layers.takesXNNPACK)
        switch layers {
        case .given(let algorithms): plan.algorithms = algorithms
        case .measured: plan.algorithms.byNode = begun?.byNode ?? [:]
        }
        values = CPUValueTable(nodeCount: network.nodes.count)
    }

    /// How a layer's algorithm is found.
    func selection(of node: Network.Node) -> AlgorithmSelection {
        guard case .measured = layers, let known = begun?.byNode[node.name] else { return layers }
        return .always(known)
    }

    /// What measuring has found so far.
    private var found: LayerAlgorithms {
        if case .measured = layers { plan.algorithms } else { begun ?? plan.algorithms }
    }

    private mutating func run() throws -> CPUPlan {
        let measurable = network.nodes.indices.filter {
            fusion.live.contains($0) && network.nodes[$0].operation.isWeighted
        }
        for (id, node) in network.nodes.enumerated()
        where fusion.live.contains(id) && !fusion.absorbed.contains(id) && !quantizedLayers.absorbed.contains(id)
            && !plan.pairs.values.contains(id)
        {
            let found = found
            if case .measured = layers {
                tuning.progress("timing the layers of \(network.name): \(id + 1)/\(network.nodes.count)")
                tuning.turns?.note(measuredLayers: measurable.count { $0 < id }, of: measurable.count)
                if tuning.isInterrupted(), tuning.turns == nil { layers = .always(.library) }
            }
            do {
                try add(id, node)
            } catch let error as CPULibraryError {
                throw error.at(node.name)
            }
            // The layer's own measurement may have been cut short.
            if tuning.turns != nil, tuning.isInterrupted() { throw UnfinishedMeasurement(found: found) }
            done.insert(id)
            done.formUnion(fusion.groups[id]?.followers ?? [])
            done.formUnion(quantizedLayers.groups[id]?.followers ?? [])
            if let depthwise = plan.pairs[id] {
                done.insert(depthwise)
                done.formUnion(fusion.groups[depthwise]?.followers ?? [])
            }
        }
        if case .measured = layers { tuning.turns?.note(measuredLayers: measurable.count, of: measurable.count) }
        for id in network.outputs {
            try provideFloats(id, isPlain: true, for: id)
            plan.outputs.append(try plain(id, for: id).buffer)
        }
        // Results are copied out after the last step.
        for buffer in plan.outputs { arena.touch(buffer, at: plan.steps.count) }
        for (_, buffer) in plan.constants {
            arena.touch(buffer, at: 0)
            arena.touch(buffer, at: plan.steps.count)
        }
        (plan.offsets, plan.arenaBytes) = arena.layOut()
        // XNNPACK's vectors may reach beyond what they read.
        plan.arenaBytes += XNNPACK.extraBytes
        var weighted: [Int: XNNPACKLayer] = [:]
        for (position, step) in plan.steps.enumerated() {
            switch step.work {
            case .primitive(_, _, let scratchpad): plan.scratchpadBytes = max(plan.scratchpadBytes, scratchpad.bytes)
            case .xnnpack(let layer, _): if layer.weightBytes > 0 { weighted[position] = layer }
            case .overflowChannels(let channels, _, _):
                plan.scratchpadBytes = max(plan.scratchpadBytes, channels.operandBytes[2])
            case .winograd(let layer, _, _, _):
                plan.scratchpadBytes = max(plan.scratchpadBytes, layer.scratchBytes)
            case .quantization, .conversion, .loop, .reference: break
            }
        }
        plan.weights = try XNNPACKWeights(weighted)
        return plan
    }

    /// The switch over operations of this room: where there is a new one, the compiler asks here how a CPU computes it,
    /// and the answer is a file of `Operations`.
    private mutating func add(_ id: Network.NodeID, _ node: Network.Node) throws {
        let group = quantizedLayers.groups[id]
        if group == nil {
            for input in node.inputs { try provideFloats(input, for: id) }
            if let residual = fusion.groups[id]?.residual { try provideFloats(residual.value, for: id) }
        }
        // oneDNN has no room for more axes, nor have our loops for many more.
        let rank = node.inputs.map { network.nodes[$0].shape.rank }.max() ?? 0
        if max(rank, node.shape.rank) > Int(DNNL_MAX_NDIMS), group == nil, rank > 0 { return try addReference(id) }
        switch node.operation {
        case .image, .tensor: try addInput(id, node)
        case .constant(let tensor): try addConstant(id, tensor)
        case .convolution(let layer): try addConvolution(id, layer, group)
        case .fullyConnected(let layer): try addFullyConnected(id, layer, group)
        case .pooling(let pooling): try addPooling(id, pooling, group)
        case .globalAveragePooling: try addGlobalAveragePooling(id, group)
        case .concatenation(let axis): try addConcatenation(id, axis: axis, group)
        case .addition(let activation): try addAddition(id, activation, group)
        case .reshape: try addReshape(id, group)
        case .unary(let function): try addUnary(id, function, group)
        case .transpose(let permutation): try addTranspose(id, permutation, group)
        case .gather(let axis, let indices): try addGather(id, axis: axis, indices, group)
        case .pad(let padding): try addPad(id, padding, group)
        // Never with 8-bit numbers.
        case .activation(let activation): try addActivation(id, activation)
        case .binary(let function): try addBinary(id, function)
        case .softmax(let axis): try addSoftmax(id, axis, isLogarithmic: false)
        case .logSoftmax(let axis): try addSoftmax(id, axis, isLogarithmic: true)
        case .localResponseNormalization(let layer): try addLocalResponseNormalization(id, layer)
        case .normalization(let layer): try addNormalization(id, layer)
        case .resampling(let resampling): try addResampling(id, resampling)
        case .reduction(let reduction): try addReduction(id, reduction)
        case .argMax(let axis, let selectsLast): try addArgMax(id, axis: axis, selectsLast: selectsLast)
        case .transposedConvolution(let layer): try addTransposedConvolution(id, layer)
        case .matrixMultiplication: try addMatrixMultiplication(id)
        case .selection, .topK, .cumulativeSum, .lookup, .elementLookup, .coordinateLookup, .elementScatter,
            .coordinateScatter, .poolingPositions, .unpooling, .gridSampling, .regionAlignment, .boxSelection,
            .anchoredDetection:
            try addReference(id)
        }
    }
}

/// Measuring in turn with frames, broken off.
struct UnfinishedMeasurement: Error {
    let found: LayerAlgorithms
}

extension Operation {
    /// Whether there are several algorithms for it.
    fileprivate var isWeighted: Bool {
        switch self {
        case .convolution, .fullyConnected: true
        default: false
        }
    }
}
