// The steps that a network becomes, and where their operands lie. Immutable once made; shared by all contexts.

/// What oneDNN runs for a network, in order.
struct CPUPlan: Sendable {
    /// One primitive, or one operation that oneDNN has none for, with its operands.
    struct Step: Sendable {
        let node: Network.NodeID
        /// Nil for the reference's code for the node's operation, on plain operands.
        let primitive: OneDNNPrimitive?
        let arguments: [(role: Int32, operand: Operand)]
        let scratchpad: OneDNNLayout?
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

    /// An input that something reads: where a run writes it, as plain N×C×H×W.
    struct Input: Sendable {
        /// Position in `Network.inputs`.
        let position: Int
        let node: Network.NodeID
        let buffer: ArenaPlan.BufferID
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
    /// Whether a convolution runs otherwise than oneDNN itself would choose.
    var differsFromLibrary = false
}
