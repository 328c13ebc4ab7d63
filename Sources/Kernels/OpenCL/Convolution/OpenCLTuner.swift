// Finds each layer's fastest kernel configuration by timing it on the device. Made for one compilation, used on its
// thread.
import EnginePlanning
import NetworkGraph

struct OpenCLTuner {
    private let traits: OpenCLTraits
    private let context: OpenCLContextHandle
    private let programs: OpenCLPrograms
    private let tuning: Tuning

    init(_ traits: OpenCLTraits, _ context: OpenCLContextHandle, _ programs: OpenCLPrograms, _ tuning: Tuning) {
        (self.traits, self.context, self.programs, self.tuning) = (traits, context, programs, tuning)
    }

    /// Finds the fastest configuration of each layer with weights that has none yet. Layers of one shape are timed
    /// once.
    /// - Returns: false if interrupted.
    func measure(_ network: Network, into configurations: inout [String: KernelConfiguration]) throws -> Bool {
        var known: [String: KernelConfiguration] = [:]
        let quantized = OpenCLFusion(network, usesQuantizedKernels: traits.usesQuantizedKernels).quantized
        func layer(_ id: Network.NodeID) -> OpenCLLayer? {
            OpenCLLayer(network.nodes[id], multipliesBytes: quantized.groups[id] != nil)
        }
        let weighted = network.nodes.indices.filter { layer($0) != nil }
        for (position, id) in weighted.enumerated() {
            let (node, group, layer) = (network.nodes[id], quantized.groups[id], layer(id)!)
            guard !tuning.isInterrupted() else { return false }
            tuning.turns?.note(measuredLayers: position, of: weighted.count)
            let alone = try network.alone(node, isBytes: (group != nil, group?.grid != nil))
            let digest = alone.structureDigest
            if known[digest] == nil {
                tuning.progress("timing '\(node.name)' on \(context.device.name)")
                known[digest] = try configurations[node.name] ?? fastest(alone, traits.configurations(layer))
                // It may have been cut short.
                guard tuning.turns?.isOver != true else { return false }
            }
            configurations[node.name] = known[digest]
        }
        tuning.turns?.note(measuredLayers: weighted.count, of: weighted.count)
        return true
    }

    /// - Parameter network: of one layer.
    /// - Returns: nil where there is nothing to choose from, or measuring is over.
    /// - Throws: why the last couldn't run, where none could: it isn't for the layer, but the device that fails.
    private func fastest(_ network: Network, _ configurations: [KernelConfiguration]) throws -> KernelConfiguration? {
        var fastest: (configuration: KernelConfiguration, nanoseconds: Int)?
        var failure: OpenCLError?
        for configuration in configurations where tuning.turns?.isOver != true {
            let plan = OpenCLPlan(network, traits, configurations: [Network.layerAlone: configuration])
            let nanoseconds: Int
            do {
                nanoseconds = try time(plan, limit: fastest?.nanoseconds ?? .max)
            } catch let error as OpenCLError {
                // Some shapes need more registers or a larger group than the device has.
                guard case .call = error else { throw error }
                failure = error
                continue
            }
            if nanoseconds < fastest?.nanoseconds ?? .max { fastest = (configuration, nanoseconds) }
        }
        if let failure, fastest == nil { throw failure }
        return fastest?.configuration
    }

    /// Nanoseconds of the layer's kernels in the shortest of a few runs.
    /// - Parameter limit: what takes much longer isn't run again.
    private func time(_ plan: OpenCLPlan, limit: Int) throws -> Int {
        let compiled = try OpenCLNetwork(plan, context, programs)
        // Programs that are only tried out aren't worth keeping.
        let context = try OpenCLExecutionContext(compiled)
        let layer = plan.network.nodes.firstIndex { $0.name == Network.layerAlone }!
        let inputs = plan.network.inputs.map { NetworkInput.tensor(Tensor(zeros: plan.network.nodes[$0].shape)) }
        return try Trials.shortest(limit: limit, in: tuning.turns) {
            try context.profile(inputs).first { $0.node == layer }!.nanoseconds
        }
    }
}

extension Network {
    /// The name of the one layer in a network of its own: layers of one shape make the same network.
    fileprivate static let layerAlone = "layer"

    /// A network of one layer, over tensors.
    /// - Parameter isBytes: whether its input and its output lie on grids. Which ones is all the same to its speed.
    fileprivate func alone(_ node: Node, isBytes: (input: Bool, output: Bool)) throws(NetworkError) -> Network {
        let rounding = Operation.unary(.quantize(QuantizationGrid(scale: 1, zeroPoint: 0, isSigned: true)))
        var network = Network(name: node.name)
        var last = try network.append(.tensor(nodes[node.inputs[0]].shape))
        if isBytes.input { last = try network.append(rounding, last) }
        last = try network.append(node.operation, last, name: Self.layerAlone)
        if isBytes.output { last = try network.append(rounding, last) }
        network.setOutputs(last)
        return network
    }
}
