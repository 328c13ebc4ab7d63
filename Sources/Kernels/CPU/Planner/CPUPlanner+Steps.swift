// Steps of a plan, and the constants that they read.
import COneDNN
import EnginePlanning
import NetworkGraph

extension CPUPlanner {
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
        setValue(result, of: id)
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

    /// A layer's weights in the layout that a primitive wants, which other plans may have, too.
    func weights(
        _ weights: Tensor, _ extents: [Int], in layout: OneDNNLayout, of id: Network.NodeID
    ) throws(CPULibraryError) -> AlignedBuffer {
        try constants.buffer(id, in: layout) { () throws(CPULibraryError) in
            try constant(weights.values, extents, in: layout)
        }
    }

    /// Weights or biases in the layout that a primitive wants.
    func constant(_ values: [Float], _ extents: [Int], in layout: OneDNNLayout) throws(CPULibraryError) -> AlignedBuffer
    {
        try constant(values, .plain(extents), in: layout)
    }

    func constant(
        _ values: [Float], _ given: OneDNNLayout, in layout: OneDNNLayout
    ) throws(CPULibraryError) -> AlignedBuffer {
        let buffer = try AlignedBuffer(bytes: layout.bytes)
        if given == layout {
            values.withUnsafeBytes { buffer.address.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
            return buffer
        }
        let primitive = try reorder(given, layout)
        let scratchpad = try AlignedBuffer(bytes: primitive.scratchpad().bytes)
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
