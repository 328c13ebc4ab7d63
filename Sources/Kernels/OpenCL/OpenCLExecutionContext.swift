// A lane's own queue, activations and kernels. One thread at a time. A run allocates nothing, except for a frame
// larger than any before, and waits once: for its outputs.
import COpenCL
import NetworkGraph

final class OpenCLExecutionContext: ExecutionContext {
    private let compiled: OpenCLNetwork
    private let queue: OpenCLQueue
    private let arena: OpenCLBuffer
    private let scratch: OpenCLBuffer
    private let host: OpenCLHostMemory
    private let kernels: [OpenCLKernel]
    /// By network input: of tensors, and frames, one a batch element.
    private let inputBuffers: [OpenCLBuffer?]
    private let frames: [[OpenCLFrame]]
    /// By network output.
    private let outputBuffers: [OpenCLBuffer]
    private lazy var profilingQueue = Result { () throws(OpenCLError) in
        try OpenCLQueue(compiled.context, profiling: true)
    }

    /// After a failed run the queue may be left with half a frame, and the driver's context with nothing at all.
    private(set) var isLost = false

    /// Mali starts work only when flushed; others don't mind.
    private static let stepsBetweenFlushes = 16

    init(_ compiled: OpenCLNetwork) throws(OpenCLError) {
        self.compiled = compiled
        let context = compiled.context
        queue = try OpenCLQueue(context)
        arena = try OpenCLBuffer(context, byteCount: compiled.layout.length * compiled.precision.byteCount)
        scratch = try OpenCLBuffer(context, byteCount: max(compiled.scratchCount, 1) * MemoryLayout<Float>.stride)
        try queue.fillWithZeros(arena)
        try queue.fillWithZeros(scratch)

        host = try OpenCLHostMemory(compiled)

        let network = compiled.network
        var inputBuffers: [OpenCLBuffer?] = []
        var frames: [[OpenCLFrame]] = []
        for id in network.inputs {
            var own: [OpenCLFrame] = []
            var buffer: OpenCLBuffer?
            if case .image(let image) = network.nodes[id].operation {
                for _ in 0..<image.batch { own.append(try OpenCLFrame(context, image)) }
            } else {
                let byteCount = network.nodes[id].shape.count * MemoryLayout<Float>.stride
                buffer = try OpenCLBuffer.staging(context, byteCount: byteCount)
            }
            inputBuffers.append(buffer)
            frames.append(own)
        }
        (self.inputBuffers, self.frames) = (inputBuffers, frames)
        var outputBuffers: [OpenCLBuffer] = []
        for id in network.outputs {
            let byteCount = network.nodes[id].shape.count * MemoryLayout<Float>.stride
            outputBuffers.append(try OpenCLBuffer.staging(context, byteCount: byteCount))
        }
        self.outputBuffers = outputBuffers

        for (step, program) in compiled.preparation {
            let kernel = try program.makeKernel(step.kernel)
            for (index, argument) in step.arguments.enumerated() {
                try kernel.set(index, argument, arena, scratch, compiled.constants)
            }
            let name = network.nodes[step.node].name
            try queue.enqueue(kernel, name, global: step.global, local: step.local, event: nil)
        }

        var kernels: [OpenCLKernel] = []
        for (number, step) in compiled.steps.enumerated() {
            let kernel = try compiled.programs[number].makeKernel(step.kernel)
            var index = 0
            for argument in step.arguments {
                switch argument {
                case .integer, .float, .arena, .scratch, .constant:
                    try kernel.set(index, argument, arena, scratch, compiled.constants)
                case .inputTensor(let input): try kernel.set(index, inputBuffers[input]!)
                case .outputTensor(let output): try kernel.set(index, outputBuffers[output])
                case .host(let value): try kernel.set(index, host.buffers[value]!)
                case .frame(let input, let batch):
                    index += try frames[input][batch].use(as: kernel, index) - 1
                }
                index += 1
            }
            kernels.append(kernel)
        }
        self.kernels = kernels

        // Some drivers compile at a kernel's first launch: not in the first frame.
        try launch(on: queue)
        try queue.finish()
    }

    func run(_ inputs: [NetworkInput], into outputs: inout [Tensor]) throws {
        try compiled.network.check(inputs)
        try compiled.network.check(outputs: outputs)
        // Until the last byte is here.
        isLost = true
        try upload(inputs, on: queue)
        try launch(on: queue)
        for index in outputs.indices { try read(index, into: &outputs[index]) }
        isLost = false
    }

    func profile(_ inputs: [NetworkInput]) throws -> [NodeTiming] {
        try compiled.network.check(inputs)
        let queue = try profilingQueue.get()
        try upload(inputs, on: queue)
        let events = compiled.steps.map { _ in OpenCLEvent() }
        var hostNanoseconds: [Int] = []
        try launch(on: queue, events) { (step) throws(OpenCLError) in
            // What was launched before isn't its time.
            try queue.finish()
            let start = ContinuousClock.now
            try host.run(step, on: queue)
            hostNanoseconds.append((ContinuousClock.now - start).nanoseconds)
        }
        try queue.finish()
        var order: [Network.NodeID] = []
        var nanoseconds: [Network.NodeID: Int] = [:]
        for work in compiled.order {
            let (node, time) =
                switch work {
                case .launch(let index):
                    (compiled.steps[index].node, try events[index].nanoseconds(device: compiled.context.device.name))
                case .host(let index): (compiled.host.steps[index].node, hostNanoseconds[index])
                }
            if nanoseconds[node] == nil { order.append(node) }
            nanoseconds[node, default: 0] += time
        }
        return order.map { NodeTiming(node: $0, nanoseconds: nanoseconds[$0]!) }
    }

    private func upload(_ inputs: [NetworkInput], on queue: OpenCLQueue) throws(OpenCLError) {
        host.take(inputs)
        for (index, input) in inputs.enumerated() {
            switch input {
            case .tensor(let tensor):
                try withBytes(tensor.values) { (bytes) throws(OpenCLError) in
                    try queue.upload(bytes, to: inputBuffers[index]!)
                }
            case .images(let images):
                for (frame, image) in zip(frames[index], images) { try frame.upload(image, on: queue) }
            }
        }
    }

    private func launch(on queue: OpenCLQueue) throws(OpenCLError) {
        try launch(on: queue, nil) { (step) throws(OpenCLError) in try host.run(step, on: queue) }
    }

    private func launch(
        on queue: OpenCLQueue, _ events: [OpenCLEvent]?, computing: (Int) throws(OpenCLError) -> Void
    ) throws(OpenCLError) {
        for work in compiled.order {
            switch work {
            case .host(let index): try computing(index)
            case .launch(let index):
                let step = compiled.steps[index]
                try queue.enqueue(
                    kernels[index], compiled.network.nodes[step.node].name, global: step.global, local: step.local,
                    event: events?[index])
                if index % Self.stepsBetweenFlushes == Self.stepsBetweenFlushes - 1 { try queue.flush() }
            }
        }
        try queue.flush()
    }

    private func read(_ index: Int, into output: inout Tensor) throws {
        let result = compiled.host.result(of: compiled.network.outputs[index])
        try output.values.withUnsafeMutableBytes { bytes in
            if let result { return host.copy(result, to: bytes) }
            try queue.download(outputBuffers[index], to: bytes)
        }
    }
}

extension OpenCLKernel {
    /// Sets an argument that is the same in every run.
    fileprivate func set(
        _ index: Int, _ argument: OpenCLStep.Argument, _ arena: OpenCLBuffer, _ scratch: OpenCLBuffer,
        _ constants: [OpenCLBuffer]
    ) throws(OpenCLError) {
        switch argument {
        case .integer(let value): try set(index, Int32(value))
        case .float(let value): try set(index, value)
        case .arena: try set(index, arena)
        case .scratch: try set(index, scratch)
        case .constant(let constant): try set(index, constants[constant])
        case .inputTensor, .outputTensor, .host, .frame: preconditionFailure("no argument of every run")
        }
    }
}

/// `withUnsafeBytes` with a typed error.
private func withBytes<T>(_ values: [T], _ body: (UnsafeRawBufferPointer) throws(OpenCLError) -> Void)
    throws(OpenCLError)
{
    let result: Result<Void, OpenCLError> = values.withUnsafeBytes { bytes in
        Result { () throws(OpenCLError) in try body(bytes) }
    }
    try result.get()
}
