// The steps that a network becomes, and where their operands lie. Immutable once made; shared by all contexts.
import EnginePlanning
import NetworkGraph

/// What a context runs for a network, in order.
struct CPUPlan: Sendable {
    struct Step: Sendable {
        let node: Network.NodeID
        let work: Work
    }

    enum Work: Sendable {
        case primitive(OneDNNPrimitive, arguments: [(role: Int32, operand: Operand)], scratchpad: OneDNNLayout)
        /// One of XNNPACK's operators: its inputs, then the result.
        case xnnpack(XNNPACKLayer, [ArenaPlan.BufferID])
        /// Rounding to a grid, in any layout.
        case quantization(QuantizationGrid, CPUQuantization)
        /// From floats to bytes on a grid, back, or from one grid to another.
        case conversion(CPUConversion, source: ArenaPlan.BufferID, result: ArenaPlan.BufferID)
        /// Channels that the step before couldn't compute.
        case overflowChannels(OverflowChannels, source: ArenaPlan.BufferID, result: ArenaPlan.BufferID)
        /// A loop of our own: its inputs, then the result.
        case loop(any CPULoop, [ArenaPlan.BufferID])
        /// A convolution by Winograd's algorithm of our own.
        case winograd(
            CPUWinograd, CPUWinograd.Constants, source: ArenaPlan.BufferID, result: ArenaPlan.BufferID)
        /// What the definition of the node's operation computes, on plain operands: its inputs, then the result.
        case reference([ArenaPlan.BufferID])
    }

    struct Operand: Sendable {
        let layout: OneDNNLayout
        let place: Place
    }

    enum Place: Sendable {
        case arena(ArenaPlan.BufferID)
        /// Weights and biases, shared by all contexts.
        case constant(AlignedBuffer)
    }

    /// An input that something reads: where a run writes it.
    struct Input: Sendable {
        /// Position in `Network.inputs`.
        let position: Int
        let node: Network.NodeID
        let buffer: ArenaPlan.BufferID
        /// Of frames that are written as bytes, N×H×W×C; nil for plain N×C×H×W floats.
        let grid: QuantizationGrid?
    }

    var inputs: [Input] = []
    /// Values that a context writes to its arena once, and that stay there.
    var constants: [(value: Tensor, buffer: ArenaPlan.BufferID)] = []
    var steps: [Step] = []
    /// Where each output lies when all steps have run, in plain order.
    var outputs: [ArenaPlan.BufferID] = []
    /// Byte offset of each buffer in the arena.
    var offsets: [Int] = []
    var arenaBytes = 0
    var scratchpadBytes = 0
    /// How the layers with weights are computed.
    var algorithms = LayerAlgorithms(otherwise: .library)
    /// Depthwise convolutions that run inside the one in front of them, by the latter.
    var pairs: [Network.NodeID: Network.NodeID] = [:]
    /// Threads that its primitives are cut for.
    var oneDNNThreads = 1
    /// XNNPACK's packed weights.
    var weights: XNNPACKWeights?

    var usesXNNPACK: Bool {
        steps.contains { if case .xnnpack = $0.work { true } else { false } }
    }
}
