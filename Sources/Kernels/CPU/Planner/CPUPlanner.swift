// Compiles a network for oneDNN and XNNPACK: layouts, fusions, buffers. Lives while `compile` runs, on its thread.
import COneDNN
import CXNNPACK
import EnginePlanning
import NetworkGraph

/// Turns nodes into steps one after another. Every primitive of oneDNN may choose its layouts, XNNPACK's operators have
/// channels last; values stay in their layouts, and a reorder is put in only where the next step wants another.
struct CPUPlanner {
    /// A node's result: how and where it lies.
    struct Value {
        let layout: OneDNNLayout
        let buffer: ArenaPlan.BufferID
        /// Of a feature map that XNNPACK can read: elements from one pixel's channels to the next's. More than the map
        /// has channels where it is a part of a concatenation.
        var pixelStride: Int?
    }

    let network: Network
    let unit: OneDNNUnit
    private(set) var layers: AlgorithmSelection
    /// For its progress and interruption.
    private let tuning: Tuning
    /// What layers with weights compute with.
    let type: dnnl_data_type_t
    let stream: OneDNNStream
    let fusion: LayerFusion
    /// What is computed with integers.
    let quantizedLayers: CPUQuantizedLayers
    var plan = CPUPlan()
    var arena = ArenaPlan()
    private(set) var values: [Value?]
    /// Values as bytes. One that floats are wanted of has them in `values` as well.
    var integers: [Network.NodeID: IntegerValue] = [:]
    /// Concatenations, channels last, that some of their inputs have been written to.
    var joined: [Network.NodeID: Value] = [:]
    /// The same value in other layouts, made for an earlier reader.
    private var copies: [[Value]]
    /// Nodes whose reads are over.
    private(set) var done: Set<Network.NodeID> = []

    static func plan(
        _ network: Network, _ unit: OneDNNUnit, _ layers: AlgorithmSelection, _ precision: Precision, threads: Int,
        _ tuning: Tuning
    ) throws -> CPUPlan {
        // Primitives are cut for the number of threads when they are made.
        setOneDNNThreads(threads)
        var planner = try CPUPlanner(network, unit, layers, precision, tuning)
        planner.plan.oneDNNThreads = threads
        return try planner.run()
    }

    private init(
        _ network: Network, _ unit: OneDNNUnit, _ layers: AlgorithmSelection, _ precision: Precision, _ tuning: Tuning
    ) throws(CPULibraryError) {
        (self.network, self.unit, self.layers, self.tuning) = (network, unit, layers, tuning)
        type =
            switch precision {
            case .fp32: dnnl_f32
            case .bf16: dnnl_bf16
            case .fp16: dnnl_f16
            }
        stream = try OneDNNStream(unit)
        fusion = LayerFusion(network)
        quantizedLayers = CPUQuantizedLayers(
            network, fusion, oneDNN: OneDNNUnit.multipliesBytes && !layers.prefersXNNPACK,
            xnnpack: type == dnnl_f32 && layers.takesXNNPACK)
        if case .given(let algorithms) = layers { plan.algorithms = algorithms }
        values = Array(repeating: nil, count: network.nodes.count)
        copies = Array(repeating: [], count: network.nodes.count)
    }

    private mutating func run() throws -> CPUPlan {
        for (id, node) in network.nodes.enumerated()
        where fusion.live.contains(id) && !fusion.absorbed.contains(id) && !quantizedLayers.absorbed.contains(id)
            && !plan.pairs.values.contains(id)
        {
            if case .measured = layers {
                tuning.progress("timing the layers of \(network.name): \(id + 1)/\(network.nodes.count)")
                if tuning.isInterrupted() { layers = .always(.library) }
            }
            do {
                try add(id, node)
            } catch let error as CPULibraryError {
                throw error.at(node.name)
            }
            done.insert(id)
            done.formUnion(fusion.groups[id]?.followers ?? [])
            done.formUnion(quantizedLayers.groups[id]?.followers ?? [])
            if let depthwise = plan.pairs[id] {
                done.insert(depthwise)
                done.formUnion(fusion.groups[depthwise]?.followers ?? [])
            }
        }
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
            case .quantization, .conversion, .reference: break
            }
        }
        plan.weights = try XNNPACKWeights(weighted)
        return plan
    }

    private mutating func add(_ id: Network.NodeID, _ node: Network.Node) throws {
        if try addQuantized(id, node) { return }
        for input in node.inputs { try provideFloats(input, for: id) }
        if let residual = fusion.groups[id]?.residual { try provideFloats(residual.value, for: id) }
        switch node.operation {
        case .image, .tensor: try addInput(id, node)
        case .convolution(let layer): try addConvolution(id, layer)
        case .fullyConnected(let layer): try addFullyConnected(id, layer)
        case .pooling(let pooling): try addPooling(id, pooling)
        case .globalAveragePooling: try addGlobalAveragePooling(id)
        case .concatenation(let axis):
            if axis == 1 { try addConcatenation(id) } else { try addRowConcatenation(id, axis: axis) }
        case .addition(let activation): try addAddition(id, activation)
        case .activation(let activation): try addActivation(id, activation)
        case .softmax(let axis): try addSoftmax(id, axis, dnnl_softmax_accurate)
        case .logSoftmax(let axis): try addSoftmax(id, axis, dnnl_softmax_log)
        case .constant(let tensor):
            let value = makeValue(try .plain(extents(node.shape)))
            plan.constants.append((tensor, value.buffer))
            values[id] = value
        case .unary(let function): try addUnary(id, function)
        case .binary(let function): try addBinary(id, function)
        case .localResponseNormalization(let layer): try addLocalResponseNormalization(id, layer)
        case .reshape:
            let source = try plain(node.inputs[0], for: id)
            values[id] = Value(layout: try .plain(extents(node.shape)), buffer: source.buffer)
        case .transpose(let permutation): try addTranspose(id, permutation)
        case .matrixMultiplication, .gather, .pad, .resampling, .reduction, .argMax: try addReference(id)
        }
    }

    private mutating func addInput(_ id: Network.NodeID, _ node: Network.Node) throws(CPULibraryError) {
        let grid = gridOfFrames(id, node)
        let value = try grid == nil ? makeValue(.plain(extents(node.shape))) : makeInteger(of: id)
        if let grid {
            integers[id] = IntegerValue(value: value, grid: grid)
        } else {
            values[id] = value
        }
        // Inputs are written before the first step.
        arena.touch(value.buffer, at: 0)
        let position = network.inputs.firstIndex(of: id)!
        plan.inputs.append(CPUPlan.Input(position: position, node: id, buffer: value.buffer, grid: grid))
    }

    // MARK: What operations are made of

    /// Extents as oneDNN sees them: feature maps N×C×H×W, all else a row for each batch element.
    func extents(_ shape: Shape) -> [Int] {
        if shape.rank == 4 { return shape.extents }
        let rows = shape.extents.first ?? 1
        return [rows, shape.count / rows]
    }

    func value(_ id: Network.NodeID) -> Value {
        guard let value = values[id] else { preconditionFailure("'\(network.nodes[id].name)' is not computed yet") }
        return value
    }

    mutating func setValue(_ value: Value, of id: Network.NodeID) { values[id] = value }

    mutating func makeValue(_ layout: OneDNNLayout) -> Value {
        Value(layout: layout, buffer: arena.makeBuffer(bytes: layout.bytes))
    }

    /// A place for a value in another's layout.
    mutating func makeValue(like other: Value) -> Value {
        var value = makeValue(other.layout)
        value.pixelStride = other.pixelStride
        return value
    }

    mutating func addStep(
        _ node: Network.NodeID, _ primitive: OneDNNPrimitive, _ arguments: [(Int32, Value)],
        constants: [(Int32, OneDNNLayout, AlignedBuffer)] = []
    ) throws(CPULibraryError) {
        for (_, value) in arguments { arena.touch(value.buffer, at: plan.steps.count) }
        let operands = arguments.map { ($0.0, CPUPlan.Operand(layout: $0.1.layout, place: .arena($0.1.buffer))) }
        let fixed = constants.map { ($0.0, CPUPlan.Operand(layout: $0.1, place: .constant($0.2))) }
        plan.steps.append(
            CPUPlan.Step(
                node: node,
                work: .primitive(primitive, arguments: operands + fixed, scratchpad: try primitive.scratchpad())))
    }

    mutating func addStep(_ node: Network.NodeID, _ layer: XNNPACKLayer, _ operands: [Value]) {
        for operand in operands { arena.touch(operand.buffer, at: plan.steps.count) }
        plan.steps.append(CPUPlan.Step(node: node, work: .xnnpack(layer, operands.map(\.buffer))))
    }

    /// A step that neither library has anything for.
    mutating func addReference(_ id: Network.NodeID) throws(CPULibraryError) {
        let node = network.nodes[id]
        var operands: [Value] = []
        for input in node.inputs { operands.append(try plain(input, for: id)) }
        let result = makeValue(try .plain(extents(node.shape)))
        operands.append(result)
        for operand in operands { arena.touch(operand.buffer, at: plan.steps.count) }
        plan.steps.append(CPUPlan.Step(node: id, work: .reference(operands.map(\.buffer))))
        values[id] = result
    }

    /// A node's value in a layout, reordered if it isn't there yet.
    /// - Parameter reader: the node that the reorder is for, and whose time it counts in.
    mutating func value(
        _ id: Network.NodeID, in layout: OneDNNLayout, for reader: Network.NodeID
    ) throws(CPULibraryError) -> Value {
        let current = value(id)
        if current.layout == layout { return current }
        if let copy = copies[id].first(where: { $0.layout == layout }) { return copy }
        let copy = makeValue(layout)
        try addReorder(current, to: copy, for: reader)
        copies[id].append(copy)
        return copy
    }

    /// A node's value in row-major order.
    mutating func plain(
        _ id: Network.NodeID, _ type: dnnl_data_type_t = dnnl_f32, for reader: Network.NodeID
    ) throws(CPULibraryError) -> Value {
        try value(id, in: .plain(extents(network.nodes[id].shape), type), for: reader)
    }

    mutating func addReorder(_ from: Value, to target: Value, for reader: Network.NodeID) throws(CPULibraryError) {
        try addStep(
            reader, reorder(from.layout, target.layout), [(DNNL_ARG_FROM, from), (DNNL_ARG_TO, target)])
    }

    func reorder(_ from: OneDNNLayout, _ target: OneDNNLayout) throws(CPULibraryError) -> OneDNNPrimitive {
        let attributes = try OneDNNAttributes()
        return try OneDNNPrimitive("reorder", unit) {
            COneDNN_reorder($0, $1, from.pointer, target.pointer, attributes.pointer)
        }
    }

    /// Whether a node may overwrite a value: nobody else reads it later, nor shares its bytes. A copy may yet be handed
    /// to other readers.
    func canOverwrite(_ value: Value, by overwriter: Network.NodeID) -> Bool {
        guard !arena.isShared(value.buffer), !plan.constants.contains(where: { $0.buffer == value.buffer }),
            !copies.joined().contains(where: { $0.buffer == value.buffer })
        else { return false }
        return values.indices.filter { values[$0]?.buffer == value.buffer }.allSatisfy { id in
            !network.outputs.contains(id)
                && fusion.readers[id].allSatisfy { done.contains($0) || $0 == overwriter }
        }
    }

    /// Weights or biases in the layout that a primitive wants.
    func constant(_ values: [Float], _ extents: [Int], in layout: OneDNNLayout) throws(CPULibraryError) -> AlignedBuffer
    {
        let given = try OneDNNLayout.plain(extents)
        let buffer = AlignedBuffer(bytes: layout.bytes)
        if given == layout {
            values.withUnsafeBytes { buffer.address.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
            return buffer
        }
        let primitive = try reorder(given, layout)
        let scratchpad = AlignedBuffer(bytes: try primitive.scratchpad().bytes)
        let result = values.withUnsafeBytes { bytes -> Result<Void, CPULibraryError> in
            Result { () throws(CPULibraryError) in
                // oneDNN reads the source only; its interface has no const.
                let source = try OneDNNMemory(given, unit, UnsafeMutableRawPointer(mutating: bytes.baseAddress!))
                let target = try OneDNNMemory(layout, unit, buffer.address)
                let scratch = try OneDNNMemory(try primitive.scratchpad(), unit, scratchpad.address)
                let arguments = [
                    dnnl_exec_arg_t(arg: DNNL_ARG_FROM, memory: source.pointer),
                    dnnl_exec_arg_t(arg: DNNL_ARG_TO, memory: target.pointer),
                    dnnl_exec_arg_t(arg: DNNL_ARG_SCRATCHPAD, memory: scratch.pointer),
                ]
                try check(
                    "weight reorder", dnnl_primitive_execute(primitive.pointer, stream.pointer, 3, arguments))
                try stream.wait()
                withExtendedLifetime((source, target, scratch)) {}
            }
        }
        withExtendedLifetime(scratchpad) {}
        try result.get()
        return buffer
    }
}
