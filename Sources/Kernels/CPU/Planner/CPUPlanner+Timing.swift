// How long a layer takes on the CPU that compiles, and whether there is one worth timing.
import COneDNN
import EnginePlanning

extension CPUPlanner {
    /// Weights above this size are gone from the caches when the next frame comes.
    static let largeWeights = 1 << 20

    /// A primitive, unless oneDNN has none or only its plain, slow one.
    func available(_ make: () throws(CPULibraryError) -> OneDNNPrimitive) throws(CPULibraryError) -> OneDNNPrimitive? {
        do {
            let made = try make()
            return made.implementation.hasPrefix("ref") ? nil : made
        } catch {
            guard error.isUnimplemented else { throw error }
            return nil
        }
    }

    /// Shortest of a few runs of a layer with weights, on zeros. Large weights are read from memory, as they are when
    /// the layers of a whole network take turns.
    /// - Parameters:
    ///   - more: operands beside source, weights, biases and destination.
    ///   - limit: a layer that takes twice as long isn't timed a second time.
    func nanoseconds(
        _ primitive: OneDNNPrimitive, more: [(Int32, OneDNNLayout)] = [], limit: Int = .max
    ) throws(CPULibraryError) -> Int {
        let weights = try primitive.weights()
        return try nanoseconds(
            primitive,
            [
                (DNNL_ARG_SRC, try primitive.source()), (DNNL_ARG_WEIGHTS, weights),
                (DNNL_ARG_BIAS, try primitive.bias()), (DNNL_ARG_DST, try primitive.destination()),
            ] + more, evicting: weights.bytes > Self.largeWeights, limit: limit)
    }

    /// The same for XNNPACK's operators, run one after another.
    func nanoseconds(_ layers: [XNNPACKLayer], limit: Int = .max) throws(CPULibraryError) -> Int {
        let pool = try XNNPACKPool(threads: 1)
        var operators: [XNNPACKOperator] = []
        var buffers: [AlignedBuffer] = []
        for layer in layers {
            let operands = try layer.operandBytes.map { (bytes: Int) throws(CPULibraryError) in
                try AlignedBuffer(bytes: bytes + XNNPACK.extraBytes)
            }
            buffers += operands
            operators.append(try XNNPACKOperator(layer, pool, sharing: nil, operands.map(\.address)))
        }
        let evicting = layers.contains { $0.weightBytes > Self.largeWeights }
        let shortest = try timer.shortest(evicting: evicting, limit: limit) { () throws(CPULibraryError) in
            for made in operators { try made.run() }
        }
        withExtendedLifetime(buffers) {}
        return shortest
    }

    func nanoseconds(_ wide: OverflowChannels) throws(CPULibraryError) -> Int {
        let operands = try wide.operandBytes.map { (bytes: Int) throws(CPULibraryError) in
            try AlignedBuffer(bytes: bytes)
        }
        return timer.shortest(evicting: false, limit: .max) {
            wide.run(operands[0].address, operands[1].address, scratch: operands[2].address)
        }
    }

    func nanosecondsOfReorder(_ from: OneDNNLayout, _ target: OneDNNLayout) throws(CPULibraryError) -> Int {
        try nanoseconds(
            reorder(from, target), [(DNNL_ARG_FROM, from), (DNNL_ARG_TO, target)], evicting: false, limit: .max)
    }

    /// Of a function of elements.
    func nanoseconds(of eltwise: OneDNNPrimitive) throws(CPULibraryError) -> Int {
        let operands = [(DNNL_ARG_SRC, try eltwise.source()), (DNNL_ARG_DST, try eltwise.destination())]
        return try nanoseconds(eltwise, operands, evicting: false, limit: .max)
    }

    private func nanoseconds(
        _ primitive: OneDNNPrimitive, _ operands: [(Int32, OneDNNLayout)], evicting: Bool, limit: Int
    ) throws(CPULibraryError) -> Int {
        var buffers: [AlignedBuffer] = []
        var memories: [OneDNNMemory] = []
        var arguments: [dnnl_exec_arg_t] = []
        for (role, layout) in operands + [(DNNL_ARG_SCRATCHPAD, try primitive.scratchpad())] {
            let buffer = try AlignedBuffer(bytes: layout.bytes)
            let memory = try OneDNNMemory(layout, unit, buffer.address)
            arguments.append(dnnl_exec_arg_t(arg: role, memory: memory.pointer))
            buffers.append(buffer)
            memories.append(memory)
        }
        let shortest = try timer.shortest(evicting: evicting, limit: limit) { () throws(CPULibraryError) in
            try check(
                "timed primitive",
                dnnl_primitive_execute(primitive.pointer, stream.pointer, Int32(arguments.count), arguments))
            try stream.wait()
        }
        withExtendedLifetime((buffers, memories)) {}
        return shortest
    }
}
