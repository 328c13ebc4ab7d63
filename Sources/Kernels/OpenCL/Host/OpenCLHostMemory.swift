// A context's part that runs on its own thread: values in plain memory, and what is computed with them.
import COpenCL
import NetworkGraph

final class OpenCLHostMemory {
    private let plan: OpenCLHostPlan
    /// By value; initialised.
    private let values: [UnsafeMutableBufferPointer<Float>]
    /// By value: where launches write or read it.
    let buffers: [OpenCLBuffer?]
    /// By step.
    private let operands: [[TensorBuffer]]
    private let results: [MutableTensorBuffer]

    init(_ compiled: OpenCLNetwork) throws(OpenCLError) {
        let (plan, nodes) = (compiled.host, compiled.network.nodes)
        var buffers: [OpenCLBuffer?] = []
        for value in plan.values {
            let bytes = nodes[value.node].shape.count * MemoryLayout<Float>.stride
            buffers.append(value.isShared ? try .staging(compiled.context, byteCount: bytes) : nil)
        }
        let values = plan.values.map { value in
            let memory = UnsafeMutableBufferPointer<Float>.allocate(capacity: nodes[value.node].shape.count)
            if case .constant(let tensor) = nodes[value.node].operation {
                _ = memory.initialize(from: tensor.values)
            } else {
                memory.initialize(repeating: 0)
            }
            return memory
        }
        (self.plan, self.buffers, self.values) = (plan, buffers, values)
        operands = plan.steps.map { step in
            step.inputs.map { TensorBuffer(nodes[plan.values[$0].node].shape, UnsafeBufferPointer(values[$0])) }
        }
        results = plan.steps.map { MutableTensorBuffer(nodes[$0.node].shape, values[$0.output]) }
    }

    deinit { for value in values { value.deallocate() } }

    /// Keeps what a run is given, as far as the host needs it.
    func take(_ inputs: [NetworkInput]) {
        for (index, value) in plan.values.enumerated() {
            guard case .input(let input) = value.source, case .tensor(let tensor) = inputs[input] else { continue }
            _ = values[index].update(from: tensor.values)
        }
    }

    /// Waits for what launches write for a step, computes it, and has its result uploaded for those that follow.
    func run(_ step: Int, on queue: OpenCLQueue) throws(OpenCLError) {
        let (result, step) = (results[step], (plan.steps[step], operands[step]))
        for index in step.0.exported {
            try queue.download(buffers[index]!, to: UnsafeMutableRawBufferPointer(values[index]))
        }
        step.0.definition.evaluate(step.1, into: result)
        if let buffer = buffers[step.0.output] { try queue.upload(UnsafeRawBufferPointer(result.values), to: buffer) }
    }

    /// A result that is an output of the network.
    func copy(_ value: Int, to output: UnsafeMutableRawBufferPointer) {
        output.copyMemory(from: UnsafeRawBufferPointer(values[value]))
    }
}
