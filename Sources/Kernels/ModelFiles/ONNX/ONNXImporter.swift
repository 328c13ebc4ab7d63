// Turns a model's graph into a draft of a network, node by node. Lives while a model is imported, on its thread.
import NetworkGraph

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

struct ONNXImporter {
    let model: String
    let opset: Int
    private let graph: ONNXGraph
    private let externalData: ONNXExternalData
    private(set) var options: InputOptions
    private let metadata: ONNXMetadata
    var draft = NetworkDraft()
    /// nil until there are any.
    private(set) var pictures: AssumedPictures?
    /// The batch that the file fixes, where pictures come in another.
    private(set) var changedBatch: Int?
    /// Where pictures come in another size than the file fixes.
    private var sizeChange: SizeChange?
    /// What keeps the model from being imported so far, and the values that are missing therefore.
    private var failures = ONNXFailures()
    /// Elements computed and multiplications spent while importing.
    private var work = 0
    private var order: ONNXOrder
    /// What the branches that are being translated give.
    private var resultsOfBranches: [[String]] = []
    private var inputs: [String: Int] = [:]
    private var values: [String: ONNXValue] = [:]
    /// Scales and zero points that each run would choose, and the operators that may read them.
    var chosenByRuns: [String: Set<String>] = [:]
    /// Nodes of the draft whose values are whole numbers or truth values by their types.
    var wholeNodes: Set<Int> = []
    /// What nodes of the draft are called while a node is translated.
    private(set) var currentName = ""

    /// - Throws: where the graph's names don't fit together, and for opsets that aren't read.
    init(
        model: String, _ content: ONNXModel, _ externalData: ONNXExternalData, _ options: InputOptions
    ) throws(ONNXError) {
        (self.model, self.externalData, self.options) = (model, externalData, options)
        (opset, graph, metadata) = (content.opset ?? 0, content.graph ?? ONNXGraph(), content.metadata)
        do throws(ImportFailure) {
            guard !graph.outputs.isEmpty else { throw .invalid("no graph with outputs: not an ONNX model") }
            guard (6...24).contains(opset) else { throw .unsupported("opset \(opset), supported are 6 to 24") }
            order = try ONNXOrder(graph)
        } catch {
            throw ONNXError(kind: error.kind, model: model, node: nil, reason: error.reason)
        }
        for (index, input) in graph.inputs.enumerated() { inputs[input.name] = index }
    }

    /// - Throws: `ONNXError` naming the first node that can't be imported.
    mutating func network(name: String) throws(ONNXError) -> Network {
        let beginning = self
        do {
            try makeDraft()
        } catch {
            guard let sizeChange, let original = try? beginning.draft(at: sizeChange.file) else { throw error }
            let reason = sizeChange.reason(error.reason, draft, original)
            throw ONNXError(kind: .unsupported, model: model, node: error.node, reason: reason)
        }
        let original = try sizeChange.map { change throws(ONNXError) in try beginning.draft(at: change.file) }
        do throws(ImportFailure) {
            if let original { try sizeChange?.check(draft, original) }
            draft.simplify()
            return try draft.network(name: name, options)
        } catch {
            throw ONNXError(kind: error.kind, model: model, node: nil, reason: error.reason)
        }
    }

    /// What comes of the same model for pictures of another size, before anything is simplified.
    private func draft(at size: ImageSize) throws(ONNXError) -> NetworkDraft {
        var importer = self
        importer.options = options.resized(to: size)
        try importer.makeDraft()
        return importer.draft
    }

    private mutating func makeDraft() throws(ONNXError) {
        // In the model's order, not in that of who reads them first. One that can't be taken is an error where it is
        // read: perhaps only a branch that isn't taken reads it.
        for input in graph.inputs where order.isRead(input.name) && order.initializers[input.name] == nil {
            _ = try? value(input.name)
        }
        do {
            for output in graph.outputs {
                order.begin(output.name)
                while let node = try order.next() { try visit(node) }
            }
        } catch {
            throw ONNXError(kind: error.kind, model: model, node: order.label, reason: error.reason)
        }
        if let error = failures.error(model) { throw error }
        do {
            for output in graph.outputs {
                currentName = output.name
                try checkReader(of: output.name, nil)
                let id = try self.node(for: try wholeNumbers(of: try value(output.name)))
                try checkBatch(of: output, draft.nodes[id].shape)
                draft.outputs.append(id)
            }
        } catch {
            throw ONNXError(kind: error.kind, model: model, node: nil, reason: error.reason)
        }
    }

    // MARK: Nodes

    /// Goes on past what isn't supported, so that all of it is named at once.
    private mutating func visit(_ node: ONNXNode) throws(ImportFailure) {
        let isBranched = node.operatorName == "If" && order.isBranched
        if !isBranched, try !hasInputs(of: node) {
            failures.skip(node.outputs)
        } else if node.operatorName != "If" {
            do {
                try translate(node)
            } catch {
                try failures.note(error, at: node.label, making: node.outputs)
            }
        } else if !isBranched {
            guard node.inputs.count == 1 else { throw .invalid("\(node.inputs.count) conditions") }
            do {
                resultsOfBranches.append(try order.take(try branch(of: node, try value(node.inputs[0]))))
                return
            } catch {
                try failures.note(error, at: node.label, making: node.outputs)
            }
        } else {
            let results = resultsOfBranches.removeLast()
            if failures.lack(any: results) { failures.skip(node.outputs) }
            for (name, result) in zip(node.outputs, results) where !name.isEmpty && !failures.lack(any: [name]) {
                values[name] = try value(result)
                release(result)
            }
        }
        for name in order.namesRead { release(name) }
        order.finish()
    }

    /// Whether all that a node reads is there. An input of the model that can't be taken is noted where it is read.
    private mutating func hasInputs(of node: ONNXNode) throws(ImportFailure) -> Bool {
        for name in node.inputs where inputs[name] != nil && values[name] == nil && !failures.lack(any: [name]) {
            do {
                _ = try value(name)
            } catch {
                try failures.note(error, at: nil, making: [name])
            }
        }
        return !failures.lack(any: node.inputs)
    }

    /// Weights that nobody reads any more needn't be held.
    private mutating func release(_ name: String) {
        if order.release(name) { values[name] = nil }
    }

    private mutating func translate(_ node: ONNXNode) throws(ImportFailure) {
        currentName = node.name.isEmpty ? node.outputs.first ?? "" : node.name
        var inputs: [ONNXValue] = []
        for input in node.inputs {
            try checkReader(of: input, node.operatorName)
            inputs.append(try value(input))
        }
        let given = inputs
        let grid = try takeReal(&inputs, of: node.operatorName)
        try takeWhole(&inputs, of: node.operatorName)
        let operands = try ONNXOperands(node, inputs) { order.isRead($0) }
        var results = try translate(node.operatorName, operands)
        if let grid {
            // Where the largest elements are is no number of 8 bits.
            let count = node.operatorName == "MaxPool" ? 1 : results.count
            results = results.prefix(count).map { grid.quantized($0) } + results.dropFirst(count)
        }
        results = try markWhole(results, of: node.operatorName, given)
        if let unknown = operands.unreadAttribute { throw .unsupported("attribute '\(unknown)' is not supported") }
        for (index, name) in node.outputs.enumerated() where !name.isEmpty {
            values[name] =
                index < results.count
                ? results[index] : .unavailable("output \(index) of \(node.operatorName) is not supported")
        }
    }

    /// What a name stands for.
    private mutating func value(_ name: String) throws(ImportFailure) -> ONNXValue {
        if name.isEmpty { return .absent }
        if let known = values[name] { return known }
        let value: ONNXValue
        if let tensor = order.initializers[name] {
            do {
                value = .constant(try constant(tensor))
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
        // 0 and −1 are how some exporters say "open".
        var stated = extents.map { $0 == 0 || $0 == -1 ? nil : $0 }
        let layout = PictureLayout(stated, planesFirst: true)
        let isPicture = options.takesFrames(input.name) && layout != nil
        var image = StatedImage()
        let known: [Int]
        do {
            if let constant = try options.constant(input.name, stated) {
                return .constant(ONNXConstant(constant))
            }
            if isPicture, let batch = stated[0], batch > 0, batch != options.asked.batch {
                (changedBatch, stated[0]) = (batch, nil)
            }
            if isPicture { image = try metadata.image() }
            known = try options.closed(stated, layout, image.size)
            sizeChange = sizeChange ?? SizeChange(stated, layout, options)
        } catch {
            throw ImportFailure(kind: error.kind, reason: "input '\(input.name)': \(error.reason)")
        }
        guard let shape = Shape(validating: known) else {
            throw .invalid("input '\(input.name)' has the extents \(known)")
        }
        if let grid = type.unitGrid { image.normalization = grid.imageNormalization }
        let node = try addInput(input.name, shape, layout, image)
        guard let grid = type.unitGrid else { return .node(node) }
        let rounded = try draft.append(.unary(.quantize(grid)), [node], name: "\(input.name)/whole")
        return .quantized(rounded, grid)
    }

    private mutating func addInput(
        _ name: String, _ shape: Shape, _ layout: PictureLayout?, _ stated: StatedImage
    ) throws(ImportFailure) -> Int {
        guard options.takesFrames(name), let layout else { return try draft.append(.tensor(shape), [], name: name) }
        let pixels = try ImagePixels(options, layout, stated)
        let (planes, pictures) = try draft.appendFrames(shape.extents, layout, pixels, name: name)
        self.pictures = pictures
        if layout.isPlanar { return planes }
        // TensorFlow's order. Such models begin with the way back.
        return try draft.append(
            layout.channels == 1 ? .reshape(shape) : .transpose([0, 2, 3, 1]), [planes], name: "\(name)/pixels")
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

    /// Adds elements that are computed here, in floats' worth: others take more room.
    mutating func spend<Element>(_ count: Int, of type: Element.Type) throws(ImportFailure) {
        let words = max(MemoryLayout<Element>.stride / MemoryLayout<Float>.stride, 1)
        let (amount, overflow) = count.multipliedReportingOverflow(by: words)
        try spend(overflow ? .max : amount)
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
            guard shape.rank <= ImportLimits.rank else { throw .unsupported("a tensor of \(shape.rank) axes") }
            try spend(operation.definition.work(tensors.map(\.shape), shape))
            return .constant(ONNXConstant(Reference.apply(operation, tensors, shape)))
        }
        var nodes: [Int] = []
        for input in inputs { nodes.append(try node(for: input)) }
        return .node(try draft.append(operation, nodes, name: currentName))
    }

    /// The draft's node for a value; constants get one. Whole numbers become floats.
    mutating func node(for value: ONNXValue) throws(ImportFailure) -> Int {
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
