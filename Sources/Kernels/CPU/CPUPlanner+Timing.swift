// How long a primitive takes on the CPU that compiles, and whether there is one worth timing.
import COneDNN

extension CPUPlanner {
    /// Weights above this size are gone from the caches when the next frame comes.
    private static let largeWeights = 1 << 20
    /// More than a core's share of any common last-level cache.
    private static let evictingBytes = 64 << 20

    /// A primitive, unless oneDNN has none or only its plain, slow one.
    func available(_ make: () throws(OneDNNError) -> OneDNNPrimitive) throws(OneDNNError) -> OneDNNPrimitive? {
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
    func nanoseconds(_ primitive: OneDNNPrimitive) throws(OneDNNError) -> Int {
        let weights = try primitive.weights()
        return try nanoseconds(
            primitive,
            [
                (DNNL_ARG_SRC, try primitive.source()), (DNNL_ARG_WEIGHTS, weights),
                (DNNL_ARG_BIAS, try primitive.bias()), (DNNL_ARG_DST, try primitive.destination()),
            ], evicting: weights.bytes > Self.largeWeights)
    }

    func nanosecondsOfReorder(_ from: OneDNNLayout, _ target: OneDNNLayout) throws(OneDNNError) -> Int {
        try nanoseconds(
            reorder(from, target), [(DNNL_ARG_FROM, from), (DNNL_ARG_TO, target)], evicting: false)
    }

    private func nanoseconds(
        _ primitive: OneDNNPrimitive, _ operands: [(Int32, OneDNNLayout)], evicting: Bool
    ) throws(OneDNNError) -> Int {
        var buffers: [AlignedBuffer] = []
        var memories: [OneDNNMemory] = []
        var arguments: [dnnl_exec_arg_t] = []
        for (role, layout) in operands + [(DNNL_ARG_SCRATCHPAD, try primitive.scratchpad())] {
            let buffer = AlignedBuffer(bytes: layout.bytes)
            let memory = try OneDNNMemory(layout, unit, buffer.address)
            arguments.append(dnnl_exec_arg_t(arg: role, memory: memory.pointer))
            buffers.append(buffer)
            memories.append(memory)
        }
        let others = evicting ? AlignedBuffer(bytes: Self.evictingBytes) : nil
        var shortest = Int.max
        let clock = ContinuousClock()
        for _ in 0..<4 {
            others?.address.initializeMemory(as: UInt8.self, repeating: 1, count: Self.evictingBytes)
            let start = clock.now
            try check(
                "timed primitive",
                dnnl_primitive_execute(primitive.pointer, stream.pointer, Int32(arguments.count), arguments))
            try stream.wait()
            shortest = min(shortest, (clock.now - start).nanoseconds)
        }
        withExtendedLifetime((buffers, memories)) {}
        return shortest
    }
}
