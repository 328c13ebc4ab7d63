// The OpenCL engine: own kernels, shaped by the kind of device and by measuring. Any thread; contexts belong to their
// threads.
import EnginePlanning
import NetworkGraph

/// Runs networks on an OpenCL device: a GPU, or CPU cores through PoCL.
///
/// On devices with dot products of bytes, what lies between the grids of a quantised network is computed with integers,
/// which lie in memory as bytes, in any precision. Elsewhere its numbers are floats that are rounded, which is faster
/// there.
///
/// Programs are built when a network first needs them. Compile on a thread of the device's own: CPU runtimes compile
/// and start work there; which cores their workers use is fixed by `OpenCL.devices(cpuDeviceCores:)`.
public struct OpenCLEngine: Engine {
    public let device: OpenCLDevice
    private let session: OpenCLSession
    private let traits: OpenCLTraits
    private var tuning: Tuning

    /// - Parameters:
    ///   - precision: FP16 keeps weights and activations in half precision. Devices with cl_khr_fp16 also sum products
    ///     in it; GPUs without (NVIDIA's) compute in single precision; CPUs without refuse it. Positions
    ///     (`Operation.argMax`) above 2048 are rounded in it, but where they leave the network.
    ///   - tuning: whether configurations of kernels are timed, and remembered. Timing takes seconds a network. Its
    ///     cache also keeps built programs.
    /// - Throws: `OpenCLError.precision`; `call` if the driver fails.
    public init(device: OpenCLDevice, precision: Precision = .fp32, tuning: Tuning = .off) throws(OpenCLError) {
        guard Self.supports(precision, on: device) else { throw .precision(precision, device: device.name) }
        var traits = OpenCLTraits(for: device)
        (traits.precision, traits.sumsHalves) = (precision, precision == .fp16 && device.supportsHalf)
        try self.init(device: device, traits: traits, tuning: tuning)
    }

    init(device: OpenCLDevice, traits: OpenCLTraits, tuning: Tuning = .off) throws(OpenCLError) {
        (self.device, self.traits, self.tuning) = (device, traits, tuning)
        let cache = device.driverKeepsPrograms ? nil : tuning.cache
        session = try OpenCLSession(device, cache: cache.map { OpenCLProgramCache(folder: $0.folder) })
    }

    /// Whether a device computes in a precision.
    public static func supports(_ precision: Precision, on device: OpenCLDevice) -> Bool {
        switch precision {
        case .fp32: true
        // GPUs convert halves as they load and store them, whatever they compute with.
        case .fp16: device.supportsHalf || device.kind == .gpu
        case .bf16: false
        }
    }

    public var name: String { "OpenCL (\(device.platform), driver \(device.driverVersion))" }

    /// - Throws: `OpenCLError`.
    public func compile(_ network: Network) throws -> any CompiledNetwork {
        let (context, programs) = try session.current()
        let configurations = try remembered(network, context, programs)
        let isToBeTuned = configurations == nil && tuning.mode == .whileRunning
        let first = isToBeTuned ? traits.firstConfigurations(layers(of: network)) : [:]
        return try OpenCLNetwork(
            OpenCLPlan(network, traits, configurations: configurations ?? first), context, programs,
            isToBeTuned: isToBeTuned)
    }

    /// Those with weights, by name.
    private func layers(of network: Network) -> [String: OpenCLLayer] {
        let quantized = OpenCLFusion(network, usesQuantizedKernels: traits.usesQuantizedKernels).quantized
        var layers: [String: OpenCLLayer] = [:]
        for (id, node) in network.nodes.enumerated() {
            layers[node.name] = OpenCLLayer(node, multipliesBytes: quantized.groups[id] != nil)
        }
        return layers
    }

    /// The configurations that are remembered or measured now; nil where it isn't the time to measure, or where that
    /// was interrupted.
    private func remembered(
        _ network: Network, _ context: OpenCLContextHandle, _ programs: OpenCLPrograms
    ) throws -> [String: KernelConfiguration]? {
        let key = TuningKey(
            "kernels",
            [
                "device": "\(device)", "driver": device.driverVersion, "engine": "1",
                "integers": "\(traits.usesQuantizedKernels)", "network": network.structureDigest,
                "precision": traits.precision.rawValue,
                "units": "\(device.computeUnits)",
            ])
        return try tuning.choice(for: key) {
            var found = tuning.begun(for: key, as: [String: KernelConfiguration].self) ?? [:]
            if try OpenCLTuner(traits, context, programs, tuning).measure(network, into: &found) { return found }
            if tuning.turns != nil, !found.isEmpty { tuning.keep(begun: found, for: key) }
            return nil
        }
    }
}

extension OpenCLEngine: MeasuringEngine {
    package func compile(
        _ network: Network, insteadOf running: any CompiledNetwork, measuringIn turns: any MeasuringTurns
    ) throws -> (any CompiledNetwork)? {
        var engine = self
        engine.tuning = tuning.measuring(in: turns)
        // In the context of what runs, even where that is about to be lost.
        guard let running = running as? OpenCLNetwork,
            let configurations = try engine.remembered(network, running.context, running.library)
        else { return nil }
        return try OpenCLNetwork(
            OpenCLPlan(network, traits, configurations: configurations), running.context, running.library)
    }
}

/// A network's launches with its constants on the device.
final class OpenCLNetwork: CompiledNetwork, Sendable {
    let network: Network
    let context: OpenCLContextHandle
    let layout: OpenCLMemoryPlan
    let precision: Precision
    let steps: [OpenCLStep]
    let host: OpenCLHostPlan
    let order: [OpenCLPlan.Work]
    /// What each context runs once.
    let preparation: [(step: OpenCLStep, program: OpenCLProgram)]
    let scratchCount: Int
    let constants: [OpenCLBuffer]
    /// One a step.
    let programs: [OpenCLProgram]
    let library: OpenCLPrograms
    let isToBeTuned: Bool

    init(
        _ plan: OpenCLPlan, _ context: OpenCLContextHandle, _ programs: OpenCLPrograms, isToBeTuned: Bool = false
    ) throws(OpenCLError) {
        (network, self.isToBeTuned) = (plan.network, isToBeTuned)
        (self.context, library) = (context, programs)
        (layout, precision) = (plan.layout, plan.traits.precision)
        (steps, scratchCount, host, order) = (plan.steps, plan.scratchCount, plan.host, plan.order)
        // Kernels index with 32 bits.
        let length = plan.layout.length * (plan.fusion.grids.isEmpty ? 1 : plan.traits.precision.byteCount)
        let largest = max(length, plan.scratchCount, plan.constants.map(\.count).max() ?? 0)
        guard largest <= Int(Int32.max) else { throw .tooLarge(network: plan.network.name, values: largest) }
        var built: [OpenCLProgram] = []
        for step in plan.steps { built.append(try programs.program(step.build)) }
        self.programs = built
        var preparation: [(OpenCLStep, OpenCLProgram)] = []
        for step in plan.preparation { preparation.append((step, try programs.program(step.build))) }
        self.preparation = preparation
        var constants: [OpenCLBuffer] = []
        for content in plan.constants {
            constants.append(try OpenCLBuffer(context, content: content, precision: precision))
        }
        self.constants = constants
    }

    func makeContext() throws -> any ExecutionContext {
        let context = try OpenCLExecutionContext(self)
        // Every kernel has run once.
        library.keepBinaries(of: steps.lazy.map(\.build))
        return context
    }
}
