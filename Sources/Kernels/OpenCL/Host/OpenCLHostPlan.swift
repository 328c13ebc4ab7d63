// What the host computes of a network, between the device's launches, and the values that it does so with. Made at
// compile time; immutable afterwards.
import NetworkGraph

struct OpenCLHostPlan {
    /// A value in the host's memory, N×C×H×W floats.
    struct Value {
        enum Source: Equatable {
            /// Launches export it.
            case device
            /// A tensor that a run is given, by network input.
            case input(Int)
            case constant
            /// Computed here.
            case host
        }

        let node: Network.NodeID
        let source: Source
        /// Whether launches write or read it.
        let isShared: Bool
    }

    struct Step {
        let node: Network.NodeID
        let definition: any OperationDefinition
        /// By index among the values.
        let inputs: [Int]
        let output: Int
        /// Those of the inputs that launches have written since the last step.
        let exported: [Int]
    }

    private(set) var values: [Value] = []
    private(set) var steps: [Step] = []
    private var indices: [Network.NodeID: Int] = [:]

    /// Where a node's value is in the host's memory; nil where it isn't yet.
    func index(of node: Network.NodeID) -> Int? { indices[node] }

    /// Where what the host computes for a node is; nil for a node that the device computes.
    func result(of node: Network.NodeID) -> Int? {
        indices[node].flatMap { values[$0].source == .host ? $0 : nil }
    }

    mutating func append(_ value: Value) -> Int {
        values.append(value)
        indices[value.node] = values.count - 1
        return values.count - 1
    }

    mutating func append(_ step: Step) { steps.append(step) }
}

extension OpenCLPlan {
    /// An operation without a kernel.
    mutating func appendOnHost(_ id: Network.NodeID) {
        let node = network.nodes[id]
        var exported: [Int] = []
        var inputs: [Int] = []
        for input in node.inputs {
            if let index = host.index(of: input) {
                inputs.append(index)
                continue
            }
            let source = hostSource(input)
            let index = append(OpenCLHostPlan.Value(node: input, source: source, isShared: source == .device))
            inputs.append(index)
            if source == .device {
                appendEdge(id, "export_tensor", .host(index), input)
                exported.append(index)
            }
        }
        let isShared = network.nodes.indices.contains { reader in
            network.nodes[reader].inputs.contains(id) && fusion.live.contains(reader) && !hostNodes.contains(reader)
        }
        let output = append(OpenCLHostPlan.Value(node: id, source: .host, isShared: isShared))
        append(
            OpenCLHostPlan.Step(
                node: id, definition: node.operation.definition, inputs: inputs, output: output, exported: exported))
        if isShared { appendEdge(id, "import_tensor", .host(output), id) }
    }

    private func hostSource(_ id: Network.NodeID) -> OpenCLHostPlan.Value.Source {
        switch network.nodes[id].operation {
        case .constant: .constant
        case .tensor: .input(network.inputs.firstIndex(of: id)!)
        default: .device
        }
    }
}
