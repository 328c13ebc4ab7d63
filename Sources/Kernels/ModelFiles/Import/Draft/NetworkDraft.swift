// A network while it is imported: nodes can still be changed, merged and left out. A value type.
import NetworkGraph

struct NetworkDraft {
    struct Node {
        let name: String
        var operation: Operation
        var inputs: [Int]
        let shape: Shape
    }

    var nodes: [Node] = []
    var outputs: [Int] = []
    private var names: Set<String> = []
    private var elements = 0
    private var (readElements, copiedElements) = (0, 0)

    /// Appends a node.
    /// - Parameter name: made unique if another node has it.
    mutating func append(_ operation: Operation, _ inputs: [Int], name: String) throws(ImportFailure) -> Int {
        let shape = try operation.checkedShape(inputs.map { nodes[$0].shape })
        guard shape.rank <= ImportLimits.rank else { throw .unsupported("a tensor of \(shape.rank) axes") }
        let (sum, overflow) = elements.addingReportingOverflow(shape.count)
        guard !overflow, sum <= ImportLimits.draftElements else { throw Self.tooManyElements(shape) }
        elements = sum
        let unique = names.contains(name) ? "\(name)/\(operation.name)_\(nodes.count)" : name
        guard names.insert(unique).inserted else { throw .invalid("two values are called '\(unique)'") }
        nodes.append(Node(name: unique, operation: operation, inputs: inputs, shape: shape))
        return nodes.count - 1
    }

    private static func tooManyElements(_ shape: Shape) -> ImportFailure {
        .unsupported("with a value of \(shape), the network holds more than \(ImportLimits.elements) elements")
    }

    /// Counts weights before they are read: a file of weights can be read for many layers.
    mutating func readWeights(_ count: Int) throws(ImportFailure) {
        readElements += count
        guard readElements <= ImportLimits.elements else {
            throw .unsupported("the model has more than \(ImportLimits.elements) weights")
        }
    }

    /// Counts weights before they are copied; false if that are too many, because many layers share them.
    mutating func copyWeights(_ count: Int) -> Bool {
        guard copiedElements + count <= 4 * readElements + ImportLimits.copiedElements else { return false }
        copiedElements += count
        return true
    }

    /// By node: whether an output needs it.
    var isLive: [Bool] {
        var isLive = [Bool](repeating: false, count: nodes.count)
        for output in outputs { isLive[output] = true }
        for (id, node) in nodes.enumerated().reversed() where isLive[id] {
            for input in node.inputs { isLive[input] = true }
        }
        return isLive
    }

    /// The network of what outputs need.
    /// - Throws: where inputs are not as options say: one for frames, and beside it those asked for.
    func network(name: String, _ options: InputOptions) throws(ImportFailure) -> Network {
        let isLive = isLive
        let inputs = nodes.indices.filter { isLive[$0] && nodes[$0].operation.isInput }
        if options.takesFrames { try checkInputs(inputs, options.asked) }
        var network = Network(name: name)
        var held = 0
        var ids = [Int](repeating: 0, count: nodes.count)
        for (id, node) in nodes.enumerated() where isLive[id] {
            held += node.shape.count
            guard held <= ImportLimits.elements else { throw Self.tooManyElements(node.shape) }
            do {
                ids[id] = try network.append(node.operation.flushed, node.inputs.map { ids[$0] }, name: node.name)
            } catch {
                throw .invalid(error.description)
            }
        }
        network.setOutputs(outputs.map { ids[$0] })
        return network
    }

    /// - Throws: naming all inputs that are neither pictures nor asked for.
    private func checkInputs(_ inputs: [Int], _ options: ModelOptions) throws(ImportFailure) {
        let pictures = inputs.filter { nodes[$0].operation.isImage }
        let others = inputs.filter { id in
            !nodes[id].operation.isImage && !options.tensorInputs.contains(nodes[id].name)
        }
        func list(_ ids: [Int]) -> String {
            ids.prefix(16).map { "'\(nodes[$0].name)' is \(nodes[$0].shape)" }.joined(separator: ", ")
        }
        guard !pictures.isEmpty else { throw .unsupported("the model takes no frames: its input \(list(inputs))") }
        let more = others + pictures.dropFirst()
        guard more.isEmpty else {
            throw .unsupported(
                """
                the model takes more than pictures, and nothing says what: its input \(list(more)) \
                (ModelOptions.constantInputs or .tensorInputs)
                """)
        }
    }
}

extension Operation {
    var isImage: Bool { if case .image = self { true } else { false } }

    func checkedShape(_ inputs: [Shape]) throws(ImportFailure) -> Shape {
        do {
            return try outputShape(inputs)
        } catch {
            throw .invalid(error.reason)
        }
    }
}
