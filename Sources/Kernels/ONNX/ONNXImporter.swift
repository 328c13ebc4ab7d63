// Turns a model's graph into a draft of a network, node by node. Lives while a model is imported, on its thread.

/// What a name in a model stands for.
enum ONNXValue {
    /// Computed in each run, by this node of the draft.
    case node(Int)
    /// Whole numbers of 8 bits, computed in each run: those of this grid at the real numbers that the node gives.
    case quantized(Int, QuantizationGrid)
    /// Whole numbers of 8 bits whose grid each run would choose: the node's real numbers in their place.
    case unrounded(Int)
    /// Known already.
    case constant(ONNXConstant)
    /// An optional input that is left out.
    case absent
    /// An output that this importer doesn't compute, and why.
    case unavailable(String)
}

/// Only what outputs need is looked at, in an order in which it can be computed.
struct ONNXImporter {
    let model: String
    let opset: Int
    private let graph: ONNXGraph
    private let externalData: ONNXExternalData
    private let batch: Int
    private let image: ImageNormalization?
    var draft = NetworkDraft()
    /// Elements computed and multiplications spent while importing.
    private var work = 0
    private var values: [String: ONNXValue] = [:]
    private var initializers: [String: Int] = [:]
    private var inputs: [String: Int] = [:]
    /// By output name: the node that makes it.
    private var producers: [String: Int] = [:]
    /// Who still reads a name; outputs read as well.
    private var readers: [String: Int] = [:]
    /// Scales and zero points that each run would choose, and the operators that may read them.
    var chosenByRuns: [String: Set<String>] = [:]
    /// What nodes of the draft are called while a node is translated.
    private var currentName = ""

    init(
        model: String, _ content: ONNXModel, _ externalData: ONNXExternalData, batch: Int, _ image: ImageNormalization?
    ) {
        (self.model, self.externalData, self.batch, self.image) = (model, externalData, batch, image)
        (opset, graph) = (content.opset ?? 0, content.graph ?? ONNXGraph())
    }

    /// - Throws: `ONNXError` naming the first node that can't be imported.
    mutating func network(name: String) throws(ONNXError) -> Network {
        do {
            try checkOpset()
            try indexNames()
        } catch {
            throw ONNXError(kind: error.kind, model: model, node: nil, reason: error.reason)
        }
        let order = try orderedNodes()
        do {
            // In the model's order, not in that of who reads them first.
            for input in graph.inputs where readers[input.name] != nil && initializers[input.name] == nil {
                _ = try value(input.name)
            }
        } catch {
            throw ONNXError(kind: error.kind, model: model, node: nil, reason: error.reason)
        }
        for index in order {
            let node = graph.nodes[index]
            do {
                try translate(node)
            } catch {
                throw ONNXError(kind: error.kind, model: model, node: node.label, reason: error.reason)
            }
        }
        do {
            for output in graph.outputs {
                currentName = output.name
                try checkReader(of: output.name, nil)
                draft.outputs.append(try self.node(for: try wholeNumbers(of: try value(output.name))))
            }
            draft.simplify()
            return try draft.network(name: name, takesFrames: image != nil)
        } catch {
            throw ONNXError(kind: error.kind, model: model, node: nil, reason: error.reason)
        }
    }

    // MARK: Names and order

    private func checkOpset() throws(ImportFailure) {
        guard !graph.outputs.isEmpty else { throw .invalid("no graph with outputs: not an ONNX model") }
        guard (6...24).contains(opset) else { throw .unsupported("opset \(opset), supported are 6 to 24") }
    }

    private mutating func indexNames() throws(ImportFailure) {
        for (index, tensor) in graph.initializers.enumerated() {
            guard initializers.updateValue(index, forKey: tensor.name) == nil else {
                throw .invalid("two initializers are called '\(tensor.name)'")
            }
        }
        for (index, input) in graph.inputs.enumerated() {
            guard inputs.updateValue(index, forKey: input.name) == nil else {
                throw .invalid("two inputs are called '\(input.name)'")
            }
        }
        for (index, node) in graph.nodes.enumerated() {
            for output in node.outputs where !output.isEmpty {
                guard producers.updateValue(index, forKey: output) == nil, initializers[output] == nil,
                    inputs[output] == nil
                else { throw .invalid("two values are called '\(output)'; node \(node.label) makes one of them") }
            }
        }
        for output in graph.outputs { readers[output.name, default: 0] += 1 }
    }

    /// The nodes that outputs need, each behind those it reads. Depth first, with a stack of its own: chains may be
    /// long.
    private mutating func orderedNodes() throws(ONNXError) -> [Int] {
        enum State { case open, done }
        var states: [Int: State] = [:]
        var order: [Int] = []
        for output in graph.outputs {
            guard let last = producers[output.name] else { continue }
            var stack = [last]
            while let index = stack.last {
                let node = graph.nodes[index]
                guard states[index] == nil else {
                    stack.removeLast()
                    if states[index] == .open {
                        states[index] = .done
                        order.append(index)
                        for input in node.inputs { readers[input, default: 0] += 1 }
                    }
                    continue
                }
                states[index] = .open
                for input in node.inputs {
                    guard let producer = producers[input] else { continue }
                    guard states[producer] != .open else {
                        throw ONNXError(
                            kind: .invalid, model: model, node: node.label,
                            reason: "reads '\(input)', which depends on this node: the graph has a cycle")
                    }
                    if states[producer] == nil { stack.append(producer) }
                }
            }
        }
        return order
    }

    private mutating func translate(_ node: ONNXNode) throws(ImportFailure) {
        currentName = node.name.isEmpty ? node.outputs.first ?? "" : node.name
        var inputs: [ONNXValue] = []
        for input in node.inputs {
            try checkReader(of: input, node.operatorName)
            inputs.append(try value(input))
        }
        let grid = try takeReal(&inputs, of: node.operatorName)
        let operands = try ONNXOperands(node, inputs) { readers[$0] != nil }
        let results = try translate(node.operatorName, operands).map { grid?.quantized($0) ?? $0 }
        if let unknown = operands.unreadAttribute { throw .unsupported("attribute '\(unknown)' is not supported") }
        for (index, name) in node.outputs.enumerated() where !name.isEmpty {
            values[name] =
                index < results.count
                ? results[index] : .unavailable("output \(index) of \(node.operatorName) is not supported")
        }
        // Weights that nobody reads any more needn't be held.
        for input in node.inputs {
            readers[input, default: 0] -= 1
            if readers[input] == 0 { values[input] = nil }
        }
    }

    /// What a name stands for.
    private mutating func value(_ name: String) throws(ImportFailure) -> ONNXValue {
        if name.isEmpty { return .absent }
        if let known = values[name] { return known }
        let value: ONNXValue
        if let index = initializers[name] {
            do {
                value = .constant(try constant(graph.initializers[index]))
            } catch {
                throw ImportFailure(kind: error.kind, reason: "initializer '\(name)': \(error.reason)")
            }
        } else if let index = inputs[name] {
            value = try addInput(graph.inputs[index])
        } else {
            throw .invalid("'\(name)' is read, but nothing makes it")
        }
        values[name] = value
        return value
    }

    private mutating func addInput(_ input: ONNXValueInfo) throws(ImportFailure) -> ONNXValue {
        guard let type = input.elementType, let extents = input.extents else {
            throw .unsupported("input '\(input.name)' is not a tensor of known rank")
        }
        // Floats of other widths are fed as FP32, whole numbers of 8 bits as floats.
        guard let type = ONNXElementType(rawValue: type), type.isFloat || type.unitGrid != nil else {
            throw .unsupported("input '\(input.name)' is not of type float, uint8 or int8; only constants may be")
        }
        var known: [Int] = []
        for (axis, extent) in extents.enumerated() {
            // 0 is how some exporters say "open".
            guard let extent = extent == nil || extent == 0 ? (axis == 0 ? batch : nil) : extent else {
                throw .unsupported("input '\(input.name)' leaves extent \(axis) open")
            }
            known.append(extent)
        }
        guard let shape = Shape(validating: known) else {
            throw .invalid("input '\(input.name)' has the extents \(known)")
        }
        let node = try addInput(input.name, shape, image.map { type.unitGrid?.imageNormalization ?? $0 })
        guard let grid = type.unitGrid else { return .node(node) }
        let rounded = try draft.append(.unary(.quantize(grid)), [node], name: "\(input.name)/whole")
        return .quantized(rounded, grid)
    }

    private mutating func addInput(
        _ name: String, _ shape: Shape, _ image: ImageNormalization?
    ) throws(ImportFailure) -> Int {
        let isPlanar = shape.rank == 4 && shape[1] == 3
        guard let image, isPlanar || (shape.rank == 4 && shape[3] == 3) else {
            return try draft.append(.tensor(shape), [], name: name)
        }
        let (height, width) = isPlanar ? (shape[2], shape[3]) : (shape[1], shape[2])
        let frames = ImageInput(
            batch: shape[0], height: height, width: width, mean: image.mean, scale: image.scale)
        let planes = try draft.append(.image(frames), [], name: name)
        // TensorFlow's order. Such models begin with the way back.
        return isPlanar ? planes : try draft.append(.transpose([0, 2, 3, 1]), [planes], name: "\(name)/pixels")
    }

    // MARK: What operators are made of

    /// Adds work that is done here and not in each run.
    mutating func spend(_ amount: Int) throws(ImportFailure) {
        let (sum, overflow) = work.addingReportingOverflow(amount)
        guard !overflow, sum <= ImportLimits.foldedWork else {
            throw .unsupported("computing the constants takes more than \(ImportLimits.foldedWork) steps")
        }
        work = sum
    }

    /// An operation's result: computed now if its inputs are known, a node otherwise.
    mutating func emit(_ operation: Operation, _ inputs: ONNXValue...) throws(ImportFailure) -> ONNXValue {
        try emit(operation, inputs)
    }

    mutating func emit(_ operation: Operation, _ inputs: [ONNXValue]) throws(ImportFailure) -> ONNXValue {
        let tensors = inputs.compactMap { value -> Tensor? in
            if case .constant(let constant) = value { constant.tensor } else { nil }
        }
        if tensors.count == inputs.count {
            let shape = try operation.checkedShape(tensors.map(\.shape))
            try spend(operation.work(tensors.map(\.shape), shape))
            return .constant(ONNXConstant(Reference.apply(operation, tensors, shape)))
        }
        var nodes: [Int] = []
        for input in inputs { nodes.append(try node(for: input)) }
        return .node(try draft.append(operation, nodes, name: currentName))
    }

    /// The draft's node for a value; constants get one. Whole numbers become floats.
    private mutating func node(for value: ONNXValue) throws(ImportFailure) -> Int {
        switch value {
        case .node(let id): return id
        case .quantized, .unrounded: throw Self.notDequantized
        case .absent: throw .invalid("a required input is left out")
        case .unavailable(let reason): throw .unsupported(reason)
        case .constant(let constant):
            if case .integers(let values) = constant.elements { try spend(values.count) }
            guard let tensor = constant.asFloats.tensor else { throw .unsupported("a tensor without elements") }
            return try draft.append(.constant(tensor), [], name: "\(currentName)/constant")
        }
    }

    /// An initializer, or a tensor in an attribute.
    mutating func constant(_ tensor: ONNXTensor) throws(ImportFailure) -> ONNXConstant {
        try draft.readWeights(try tensor.count)
        return try tensor.constant(externalData: externalData)
    }

    func extents(_ value: ONNXValue) throws(ImportFailure) -> [Int] {
        switch value {
        case .node(let id), .quantized(let id, _), .unrounded(let id): return draft.nodes[id].shape.extents
        case .constant(let constant): return constant.extents
        case .absent: throw .invalid("a required input is left out")
        case .unavailable(let reason): throw .unsupported(reason)
        }
    }
}
