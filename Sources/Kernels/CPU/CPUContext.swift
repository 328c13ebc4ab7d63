// A lane's own state: activations, scratchpad, stream. Made and used on one thread.
import COneDNN

/// Runs a plan's steps. Everything is allocated when it is made; a run only fills in inputs and executes.
final class CPUContext: ExecutionContext {
    private struct Step {
        let node: Network.NodeID
        let work: Work
    }

    private enum Work {
        case primitive(OpaquePointer, firstArgument: Int, argumentCount: Int32)
        /// The reference's code; where its operands lie, the result last.
        case reference([UnsafeMutableRawPointer])
    }

    private let network: Network
    /// Keeps primitives and weights alive.
    private let plan: CPUPlan
    private let arena: AlignedBuffer
    private let scratchpad: AlignedBuffer
    private let stream: OneDNNStream
    /// Keeps what `arguments` points at alive.
    private let memories: [OneDNNMemory]
    private let arguments: [dnnl_exec_arg_t]
    private let steps: [Step]
    /// One for each of the plan's inputs; nil for tensors.
    private let resizers: [BilinearResizer?]

    init(_ network: Network, _ unit: OneDNNUnit, _ plan: CPUPlan) throws(OneDNNError) {
        (self.network, self.plan) = (network, plan)
        arena = AlignedBuffer(bytes: plan.arenaBytes)
        scratchpad = AlignedBuffer(bytes: plan.scratchpadBytes)
        stream = try OneDNNStream(unit)
        var memories: [OneDNNMemory] = []
        var arguments: [dnnl_exec_arg_t] = []
        var steps: [Step] = []
        func add(_ role: Int32, _ layout: OneDNNLayout, _ address: UnsafeMutableRawPointer) throws(OneDNNError) {
            let memory = try OneDNNMemory(layout, unit, address)
            memories.append(memory)
            arguments.append(dnnl_exec_arg_t(arg: role, memory: memory.pointer))
        }
        for (value, buffer) in plan.constants {
            value.values.withUnsafeBytes {
                [address = arena.address + plan.offsets[buffer]] in
                address.copyMemory(from: $0.baseAddress!, byteCount: $0.count)
            }
        }
        for step in plan.steps {
            guard let primitive = step.primitive, let stepScratchpad = step.scratchpad else {
                let operands = step.arguments.map { [arena] in $0.operand.address(in: arena, plan.offsets) }
                steps.append(Step(node: step.node, work: .reference(operands)))
                continue
            }
            let first = arguments.count
            for (role, operand) in step.arguments {
                try add(role, operand.layout, operand.address(in: arena, plan.offsets))
            }
            try add(DNNL_ARG_SCRATCHPAD, stepScratchpad, scratchpad.address)
            steps.append(
                Step(
                    node: step.node,
                    work: .primitive(
                        primitive.pointer, firstArgument: first, argumentCount: Int32(arguments.count - first))))
        }
        (self.memories, self.arguments, self.steps) = (memories, arguments, steps)
        resizers = plan.inputs.map { input in
            if case .image(let image) = network.nodes[input.node].operation { BilinearResizer(image) } else { nil }
        }
    }

    func run(_ inputs: [NetworkInput], into outputs: inout [Tensor]) throws {
        try network.check(inputs)
        network.preconditionOutputs(outputs)
        for (input, resizer) in zip(plan.inputs, resizers) { write(inputs[input.position], input, resizer) }
        try runSteps()
        for (position, buffer) in plan.outputs.enumerated() {
            outputs[position].values.withUnsafeMutableBytes {
                $0.copyMemory(
                    from: UnsafeRawBufferPointer(start: arena.address + plan.offsets[buffer], count: $0.count))
            }
        }
    }

    /// Runs everything but the copying in and out.
    func runSteps() throws {
        try arguments.withUnsafeBufferPointer { arguments in
            for step in steps { try execute(step, arguments.baseAddress!) }
        }
        try stream.wait()
    }

    func profile(_ inputs: [NetworkInput]) throws -> [NodeTiming] {
        try network.check(inputs)
        // Reorders count in the node that they are for.
        var order: [Network.NodeID] = []
        var times: [Network.NodeID: Int] = [:]
        let clock = ContinuousClock()
        func time(_ node: Network.NodeID, _ work: () throws -> Void) rethrows {
            let start = clock.now
            try work()
            let nanoseconds = (clock.now - start).nanoseconds
            if times[node] == nil { order.append(node) }
            times[node, default: 0] += nanoseconds
        }
        for (input, resizer) in zip(plan.inputs, resizers) {
            time(input.node) { write(inputs[input.position], input, resizer) }
        }
        try arguments.withUnsafeBufferPointer { arguments in
            for step in steps {
                try time(step.node) {
                    try execute(step, arguments.baseAddress!)
                    try stream.wait()
                }
            }
        }
        return order.map { NodeTiming(node: $0, nanoseconds: times[$0] ?? 0) }
    }

    private func execute(_ step: Step, _ arguments: UnsafePointer<dnnl_exec_arg_t>) throws(OneDNNError) {
        guard case .primitive(let primitive, let firstArgument, let argumentCount) = step.work else {
            try runReference(step)
            return
        }
        let status = dnnl_primitive_execute(
            primitive, stream.pointer, argumentCount, arguments + firstArgument)
        guard status == dnnl_success else {
            do {
                try check("dnnl_primitive_execute", status)
            } catch {
                throw error.at(network.nodes[step.node].name)
            }
            return
        }
    }

    /// Operations that oneDNN lacks are rare and small: tensors are made for them in each run.
    private func runReference(_ step: Step) throws(OneDNNError) {
        guard case .reference(let operands) = step.work else { return }
        try stream.wait()
        let node = network.nodes[step.node]
        let inputs = zip(node.inputs, operands).map { input, address in
            let shape = network.nodes[input].shape
            let values = UnsafeBufferPointer(
                start: address.assumingMemoryBound(to: Float.self), count: shape.count)
            return Tensor(shape, Array(values))
        }
        let result = Reference.apply(node.operation, inputs, node.shape)
        result.values.withUnsafeBytes {
            operands[operands.count - 1].copyMemory(from: $0.baseAddress!, byteCount: $0.count)
        }
    }

    /// Puts an input where the first steps read it. `Network.check` has matched the two.
    private func write(_ value: NetworkInput, _ input: CPUPlan.Input, _ resizer: BilinearResizer?) {
        let address = arena.address + plan.offsets[input.buffer]
        switch value {
        case .tensor(let tensor):
            tensor.values.withUnsafeBytes { address.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        case .images(let frames):
            let count = network.nodes[input.node].shape.count
            let planes = address.bindMemory(to: Float.self, capacity: count)
            for (index, frame) in frames.enumerated() {
                resizer?.resize(frame, into: planes + index * (count / frames.count))
            }
        }
    }
}

extension CPUPlan.Operand {
    fileprivate func address(in arena: AlignedBuffer, _ offsets: [Int]) -> UnsafeMutableRawPointer {
        switch place {
        case .arena(let buffer): arena.address + offsets[buffer]
        case .constant(let constant): constant.address
        }
    }
}
