// A lane's own state: activations, scratchpad, stream, threads. Made and used on one thread.
import COneDNN
import EnginePlanning
import NetworkGraph

/// Runs a plan's steps. Everything is allocated when it is made; a run only fills in inputs and executes.
final class CPUContext: ExecutionContext {
    private struct Step {
        let node: Network.NodeID
        let work: Work
    }

    private enum Work {
        case primitive(OpaquePointer, firstArgument: Int, argumentCount: Int32)
        case xnnpack(XNNPACKOperator)
        case quantization(QuantizationGrid, CPUQuantization, UnsafeMutableRawPointer, UnsafeMutableRawPointer)
        case conversion(CPUConversion, UnsafeMutableRawPointer, UnsafeMutableRawPointer)
        case overflowChannels(OverflowChannels, UnsafeMutableRawPointer, UnsafeMutableRawPointer)
        case loop(any CPULoop, [UnsafeMutableRawPointer])
        case winograd(CPUWinograd, CPUWinograd.Constants, UnsafeMutableRawPointer, UnsafeMutableRawPointer)
        /// What the operation's definition computes.
        case reference(any OperationDefinition, [TensorBuffer], MutableTensorBuffer)
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
    private let resizers: [FrameResizer?]

    /// - Parameter threads: of the plan's steps, the caller's included.
    init(_ network: Network, _ unit: OneDNNUnit, _ plan: CPUPlan, threads: Int) throws(CPULibraryError) {
        (self.network, self.plan) = (network, plan)
        setOneDNNThreads(plan.oneDNNThreads)
        let pool = try XNNPACKPool(threads: plan.usesXNNPACK ? threads : 1)
        let arena = try AlignedBuffer(bytes: plan.arenaBytes)
        self.arena = arena
        func address(_ buffer: ArenaPlan.BufferID) -> UnsafeMutableRawPointer { arena.address + plan.offsets[buffer] }
        func floats(_ buffer: ArenaPlan.BufferID, _ count: Int) -> UnsafeBufferPointer<Float> {
            UnsafeBufferPointer(start: address(buffer).assumingMemoryBound(to: Float.self), count: count)
        }
        scratchpad = try AlignedBuffer(bytes: plan.scratchpadBytes)
        stream = try OneDNNStream(unit)
        var memories: [OneDNNMemory] = []
        var arguments: [dnnl_exec_arg_t] = []
        var steps: [Step] = []
        func add(_ role: Int32, _ layout: OneDNNLayout, _ address: UnsafeMutableRawPointer) throws(CPULibraryError) {
            let memory = try OneDNNMemory(layout, unit, address)
            memories.append(memory)
            arguments.append(dnnl_exec_arg_t(arg: role, memory: memory.pointer))
        }
        for (value, buffer) in plan.constants {
            value.values.withUnsafeBytes {
                address(buffer).copyMemory(from: $0.baseAddress!, byteCount: $0.count)
            }
        }
        for (position, step) in plan.steps.enumerated() {
            switch step.work {
            case .primitive(let primitive, let operands, let stepScratchpad):
                let first = arguments.count
                for (role, operand) in operands {
                    switch operand.place {
                    case .arena(let buffer): try add(role, operand.layout, address(buffer))
                    case .constant(let constant): try add(role, operand.layout, constant.address)
                    }
                }
                try add(DNNL_ARG_SCRATCHPAD, stepScratchpad, scratchpad.address)
                steps.append(
                    Step(
                        node: step.node,
                        work: .primitive(
                            primitive.pointer, firstArgument: first, argumentCount: Int32(arguments.count - first))))
            case .xnnpack(let layer, let buffers):
                do {
                    let made = try XNNPACKOperator(
                        layer, pool, sharing: plan.weights.map { ($0, position) }, buffers.map(address))
                    steps.append(Step(node: step.node, work: .xnnpack(made)))
                } catch {
                    throw error.at(network.nodes[step.node].name)
                }
            case .quantization(let grid, let operands):
                steps.append(
                    Step(
                        node: step.node,
                        work: .quantization(grid, operands, address(operands.source), address(operands.result))))
            case .conversion(let conversion, let source, let result):
                steps.append(
                    Step(node: step.node, work: .conversion(conversion, address(source), address(result))))
            case .overflowChannels(let channels, let source, let result):
                steps.append(
                    Step(node: step.node, work: .overflowChannels(channels, address(source), address(result))))
            case .loop(let loop, let buffers):
                steps.append(Step(node: step.node, work: .loop(loop, buffers.map(address))))
            case .winograd(let layer, let constants, let source, let result):
                steps.append(
                    Step(node: step.node, work: .winograd(layer, constants, address(source), address(result))))
            case .reference(let buffers):
                let node = network.nodes[step.node]
                let inputs = zip(node.inputs, buffers).map { input, buffer in
                    TensorBuffer(network.nodes[input].shape, floats(buffer, network.nodes[input].shape.count))
                }
                let values = UnsafeMutableBufferPointer(
                    mutating: floats(buffers[buffers.count - 1], node.shape.count))
                steps.append(
                    Step(
                        node: step.node,
                        work: .reference(node.operation.definition, inputs, MutableTensorBuffer(node.shape, values))))
            }
        }
        (self.memories, self.arguments, self.steps) = (memories, arguments, steps)
        resizers = plan.inputs.map { input in
            if case .image(let image) = network.nodes[input.node].operation {
                FrameResizer(image, on: input.grid)
            } else {
                nil
            }
        }
    }

    func run(_ inputs: [NetworkInput], into outputs: inout [Tensor]) throws {
        // Steps know addresses only: without this, a caller's last run could outlive the memory that it works on.
        defer { withExtendedLifetime(self) {} }
        try network.check(inputs)
        try network.check(outputs: outputs)
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
        defer { withExtendedLifetime(self) {} }
        setOneDNNThreads(plan.oneDNNThreads)
        try arguments.withUnsafeBufferPointer { arguments in
            for step in steps { try execute(step, arguments.baseAddress!) }
        }
        try stream.wait()
    }

    func profile(_ inputs: [NetworkInput]) throws -> [NodeTiming] {
        defer { withExtendedLifetime(self) {} }
        try network.check(inputs)
        setOneDNNThreads(plan.oneDNNThreads)
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
        return order.map { NodeTiming(node: $0, partner: plan.pairs[$0], nanoseconds: times[$0] ?? 0) }
    }

    private func execute(_ step: Step, _ arguments: UnsafePointer<dnnl_exec_arg_t>) throws(CPULibraryError) {
        do {
            switch step.work {
            case .primitive(let primitive, let firstArgument, let argumentCount):
                let status = dnnl_primitive_execute(
                    primitive, stream.pointer, argumentCount, arguments + firstArgument)
                if status != dnnl_success { try check("dnnl_primitive_execute", status) }
            case .xnnpack(let made):
                try made.run()
            case .quantization(let grid, let operands, let source, let result):
                operands.run(grid, source, result)
            case .conversion(let conversion, let source, let result):
                conversion.run(source, result)
            case .overflowChannels(let channels, let source, let result):
                channels.run(source, result, scratch: scratchpad.address)
            case .loop(let loop, let operands):
                loop.run(operands)
            case .winograd(let layer, let constants, let source, let result):
                layer.run(source, constants, result, scratch: scratchpad.address)
            case .reference(let definition, let inputs, let output):
                definition.evaluate(inputs, into: output)
            }
        } catch {
            throw error.at(network.nodes[step.node].name)
        }
    }

    /// Puts an input where the first steps read it. `Network.check` has matched the two.
    private func write(_ value: NetworkInput, _ input: CPUPlan.Input, _ resizer: FrameResizer?) {
        let address = arena.address + plan.offsets[input.buffer]
        switch value {
        case .tensor(let tensor):
            tensor.values.withUnsafeBytes { address.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        case .images(let frames):
            guard let resizer else { preconditionFailure("frames for what takes a tensor") }
            for (index, frame) in frames.enumerated() {
                resizer.resize(frame, into: address + index * resizer.resultBytes)
            }
        }
    }
}
