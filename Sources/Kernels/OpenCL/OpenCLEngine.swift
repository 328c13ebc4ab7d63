// The OpenCL engine: own kernels, tuned by the kind of device. Any thread; contexts belong to their threads.

/// Runs networks on an OpenCL device: a GPU, or CPU cores through PoCL.
///
/// Programs are built when a network first needs them. Compile on a thread of the device's own: CPU runtimes compile
/// and start work there; which cores their workers use is fixed by `OpenCL.devices(cpuDeviceCores:)`.
public struct OpenCLEngine: Engine {
    public let device: OpenCLDevice
    private let context: OpenCLContextHandle
    private let programs: OpenCLPrograms
    private let tuning: OpenCLTuning

    public init(device: OpenCLDevice) throws(OpenCLError) {
        try self.init(device: device, tuning: OpenCLTuning(for: device))
    }

    init(device: OpenCLDevice, tuning: OpenCLTuning) throws(OpenCLError) {
        self.device = device
        self.tuning = tuning
        context = try OpenCLContextHandle(device)
        programs = OpenCLPrograms(context, cache: nil)
    }

    public var name: String { "OpenCL (\(device.platform), driver \(device.driverVersion))" }

    /// - Throws: `NetworkError` for a node that no kernel can run, `OpenCLError`.
    public func compile(_ network: Network) throws -> any CompiledNetwork {
        try OpenCLNetwork(OpenCLPlan(network, tuning), context, programs)
    }
}

/// A network's launches with its weights on the device.
final class OpenCLNetwork: CompiledNetwork, Sendable {
    let network: Network
    let context: OpenCLContextHandle
    let layout: OpenCLLayout
    let steps: [OpenCLStep]
    let weights: [OpenCLBuffer]
    /// One a step.
    let programs: [OpenCLProgram]
    private let library: OpenCLPrograms

    init(_ plan: OpenCLPlan, _ context: OpenCLContextHandle, _ programs: OpenCLPrograms) throws(OpenCLError) {
        network = plan.network
        (self.context, library) = (context, programs)
        (layout, steps) = (plan.layout, plan.steps)
        // Kernels index with 32 bits.
        let largest = max(plan.layout.length, plan.weights.map(\.count).max() ?? 0)
        guard largest <= Int(Int32.max) else { throw .tooLarge(network: plan.network.name, floats: largest) }
        var built: [OpenCLProgram] = []
        for step in plan.steps { built.append(try programs.program(step.build)) }
        self.programs = built
        var weights: [OpenCLBuffer] = []
        for content in plan.weights { weights.append(try OpenCLBuffer(context, content: content)) }
        self.weights = weights
    }

    func makeContext() throws -> any ExecutionContext {
        let context = try OpenCLExecutionContext(self)
        // Every kernel has run once.
        library.keepBinaries(of: steps.lazy.map(\.build))
        return context
    }
}
