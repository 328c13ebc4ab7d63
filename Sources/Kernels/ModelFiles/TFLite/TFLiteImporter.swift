// Turns a TFLite model into a draft of a network, operator by operator. Lives while a model is imported, on its thread.
import NetworkGraph

/// Operators stand in the file in an order in which they can run. Feature maps become N×C×H×W where an operator needs
/// them so, and stay that way for as long as they can.
struct TFLiteImporter {
    let model: TFLiteModel
    let modelName: String
    private var options: InputOptions
    var draft = NetworkDraft()
    /// nil until there are any.
    private(set) var pictures: AssumedPictures?
    private var values: [TFLiteValue?] = []
    /// Maps that were turned around already, by node and by whether to planes.
    var planes: [Int: Int] = [:]
    var pixels: [Int: Int] = [:]
    /// Maps whose pixels were dealt out to batches, and convolutions of them, by node.
    var dealt: [Int: DealtMap] = [:]
    var dealtConvolutions: [Int: DealtConvolution] = [:]
    /// Steps spent on positions and weights of resizing.
    private var work = 0
    /// The batch that the file fixes, where inputs hold another.
    private(set) var changedBatch: Int?
    /// Where pictures come in another size than the file fixes.
    private var sizeChange: SizeChange?
    /// What nodes of the draft are called while an operator is translated.
    var currentName = ""

    init(_ model: TFLiteModel, name: String, _ options: InputOptions) {
        (self.model, modelName, self.options) = (model, name, options)
        values = Array(repeating: nil, count: model.tensors.count)
    }

    /// - Throws: `TFLiteError` naming the first operator that can't be imported, or all that aren't supported.
    mutating func network(name: String) throws(TFLiteError) -> Network {
        let beginning = self
        do {
            try makeDraft()
        } catch {
            guard let sizeChange, let original = try? beginning.draft(at: sizeChange.file) else { throw error }
            let reason = sizeChange.reason(error.reason, draft, original)
            throw TFLiteError(
                kind: .unsupported, model: modelName, operation: error.operation, tensor: error.tensor, reason: reason)
        }
        let original = try sizeChange.map { change throws(TFLiteError) in try beginning.draft(at: change.file) }
        return try wrap { importer throws(ImportFailure) in
            if let original { try importer.sizeChange?.check(importer.draft, original) }
            importer.draft.simplify()
            return try importer.draft.network(name: name, importer.options)
        }
    }

    /// What comes of the same model for pictures of another size, before anything is simplified.
    private func draft(at size: ImageSize) throws(TFLiteError) -> NetworkDraft {
        var importer = self
        importer.options = options.resized(to: size)
        try importer.makeDraft()
        return importer.draft
    }

    private mutating func makeDraft() throws(TFLiteError) {
        try wrap { importer throws(ImportFailure) in
            // A weight takes a byte at least, so copies are bounded by what the file holds.
            try importer.draft.readWeights(importer.model.byteCount)
            guard !importer.model.outputs.isEmpty else { throw .invalid("the model has no outputs") }
            // All that is lacking at once.
            var lacks = try importer.missingOperators().map { [$0] } ?? []
            for input in importer.model.inputs {
                do throws(ImportFailure) {
                    try importer.addInput(input)
                } catch {
                    guard error.kind == .unsupported else { throw error }
                    if lacks.count < 16 { lacks.append(error.reason) }
                }
            }
            guard lacks.isEmpty else { throw .unsupported(lacks.joined(separator: "; ")) }
        }
        for (index, operation) in model.operators.enumerated() {
            do {
                try translate(operation)
            } catch {
                let name = (try? model.code(operation).name) ?? "code \(operation.code)"
                let tensor = operation.outputs.first.flatMap { try? model.tensor($0).name }
                throw TFLiteError(
                    kind: error.kind, model: modelName, operation: "\(name) (#\(index))", tensor: tensor,
                    reason: error.reason)
            }
        }
        try wrap { importer throws(ImportFailure) in
            for output in importer.model.outputs {
                importer.currentName = try importer.model.tensor(output).name
                importer.draft.outputs.append(try importer.stated(try importer.node(try importer.value(output))).id)
            }
        }
    }

    /// Errors of the model as a whole.
    private mutating func wrap<Result>(
        _ body: (inout TFLiteImporter) throws(ImportFailure) -> Result
    ) throws(TFLiteError) -> Result {
        do {
            return try body(&self)
        } catch {
            throw TFLiteError(
                kind: error.kind, model: modelName, operation: nil, tensor: nil, reason: error.reason)
        }
    }

    /// All operators that aren't supported; nil if there are none.
    private func missingOperators() throws(ImportFailure) -> String? {
        var places: [(name: String, indices: [Int])] = []
        for (index, operation) in model.operators.enumerated() {
            let code = try model.code(operation)
            guard TFLiteOperator(code) == nil else { continue }
            if let known = places.firstIndex(where: { $0.name == code.name }) {
                if places[known].indices.count < 8 { places[known].indices.append(index) }
            } else if places.count < 16 {
                places.append((code.name, [index]))
            }
        }
        guard !places.isEmpty else { return nil }
        let list = places.map { place in
            "\(place.name) (\(place.indices.map { "#\($0)" }.joined(separator: ", ")))"
        }
        return "not supported: \(list.joined(separator: "; "))"
    }

    // MARK: Values

    private mutating func addInput(_ index: Int) throws(ImportFailure) {
        let tensor = try model.tensor(index)
        do throws(ImportFailure) {
            guard values[index] == nil else { throw .invalid("it stands among the inputs twice") }
            values[index] = .node(try input(tensor))
        } catch {
            throw ImportFailure(kind: error.kind, reason: "input '\(tensor.name)': \(error.reason)")
        }
    }

    private mutating func input(_ tensor: TFLiteTensor) throws(ImportFailure) -> TFLiteNode {
        let type = try tensor.type
        guard type.isQuantized || type == .float32 else { throw .unsupported("type \(type)") }
        var stated: [Int?] = tensor.extents
        for (axis, extent) in tensor.signature.enumerated() where extent == -1 && stated.indices.contains(axis) {
            stated[axis] = nil
        }
        let constant = try options.constant(tensor.name, stated)
        let layout = PictureLayout(stated, planesFirst: false)
        let isPicture = options.takesFrames(tensor.name) && layout != nil
        // A batch of one can be any other, and that of pictures any whatever it is.
        if tensor.extents.first == 1 || isPicture && !stated.isEmpty { stated[0] = nil }
        var image = isPicture ? model.metadata.image : StatedImage()
        var extents = constant?.shape.extents ?? []
        if constant == nil {
            extents = try options.closed(stated, layout, image.size)
            sizeChange = sizeChange ?? SizeChange(stated, layout, options)
        }
        if let first = tensor.extents.first, first != extents[0] { changedBatch = first }
        guard extents.count <= ImportLimits.rank, let shape = Shape(validating: extents) else {
            throw .invalid("the extents are \(extents)")
        }
        currentName = tensor.name
        let grid = try tensor.grid()
        if let constant { return try settled(TFLiteNode(try emit(.constant(constant)), extents), grid) }
        guard isPicture, let layout else {
            return try settled(TFLiteNode(try emit(.tensor(shape)), extents), grid)
        }
        if let grid { image.normalization = grid.imageNormalization }
        let pixels = try ImagePixels(options, layout, image)
        let (frames, pictures) = try draft.appendFrames(extents, layout, pixels, name: currentName)
        self.pictures = pictures
        // Where pictures are resized, their values lie between the grid's.
        return try settled(TFLiteNode(frames, extents, layout.isPlanar ? .stated : .planar), grid)
    }

    /// What a tensor stands for; −1 is one that is left out.
    private mutating func value(_ index: Int) throws(ImportFailure) -> TFLiteValue {
        if index == -1 { return .absent }
        let tensor = try model.tensor(index)
        if let known = values[index] { return known }
        guard model.buffers.indices.contains(tensor.buffer) else {
            throw .invalid("tensor '\(tensor.name)' has buffer \(tensor.buffer), which is none")
        }
        guard let data = model.buffers[tensor.buffer], data.count > 0 else {
            throw .invalid("tensor '\(tensor.name)' is read before anything makes it")
        }
        do {
            let value = TFLiteValue.constant(try TFLiteConstant(tensor, try dense(tensor, data)))
            values[index] = value
            return value
        } catch {
            throw ImportFailure(kind: error.kind, reason: "tensor '\(tensor.name)': \(error.reason)")
        }
    }

    private mutating func translate(_ operation: TFLiteModel.Operator) throws(ImportFailure) {
        guard let known = TFLiteOperator(try model.code(operation)) else {
            preconditionFailure("operators are checked before")
        }
        guard let first = operation.outputs.first else { throw .invalid("it makes nothing") }
        currentName = try model.tensor(first).name
        var inputs: [TFLiteValue] = []
        for index in operation.inputs { inputs.append(try value(index)) }
        let operands = try TFLiteOperands(known, operation, model, inputs)
        let start = draft.nodes.count
        let results = try translate(known, operands)
        guard results.count == operation.outputs.count else {
            throw .invalid("it makes \(operation.outputs.count) tensors, not \(results.count)")
        }
        for (result, index) in zip(results, operation.outputs) {
            let tensor = try model.tensor(index)
            currentName = tensor.name
            guard values[index] == nil, model.buffers.indices.contains(tensor.buffer),
                model.buffers[tensor.buffer]?.count ?? 0 == 0
            else { throw .invalid("'\(tensor.name)' is made here, but has a value already") }
            if case .node(let node) = result {
                values[index] = .node(try settled(node, try tensor.grid()))
            } else {
                values[index] = result
            }
        }
        if !inputs.contains(where: \.isComputed) { try fold(operation.outputs, from: start) }
    }

    /// Results that depend on no input are computed here.
    /// - Parameter start: the first node of the operator that made them.
    private mutating func fold(_ results: [Int], from start: Int) throws(ImportFailure) {
        var nodes: [(index: Int, id: Int)] = []
        for index in results {
            guard case .node(let node) = values[index] else { continue }
            nodes.append((index, try stated(node).id))
        }
        guard !nodes.isEmpty else { return }
        var tensors: [Tensor] = []
        for node in draft.nodes[start...] {
            let inputs = node.inputs.map { tensors[$0 - start] }
            try spend(node.operation.definition.work(inputs.map(\.shape), node.shape))
            try spend(node.shape.count)
            tensors.append(Reference.apply(node.operation, inputs, node.shape))
        }
        for (index, id) in nodes {
            values[index] = .constant(
                try TFLiteConstant(try model.tensor(index), computed: tensors[id - start]))
        }
    }

    /// A constant's elements, those that a sparse one leaves out too.
    private mutating func dense(_ tensor: TFLiteTensor, _ data: ByteSlice) throws(ImportFailure) -> ByteSlice {
        guard let sparsity = tensor.sparsity else { return data }
        try spend(try tensor.count)
        let bytes = try sparsity.dense(data, tensor.extents, byteCount: try tensor.type.byteCount)
        return ByteSlice(ByteStorage(bytes))
    }

    /// A result on the grid that its tensor has, if any.
    private mutating func settled(_ node: TFLiteNode, _ grid: QuantizationGrid?) throws(ImportFailure) -> TFLiteNode {
        guard let grid else { return node }
        var node = node
        if !grid.hasNumbers(of: node.grid) { node.id = try emit(.unary(.quantize(grid)), node.id) }
        node.grid = grid
        return node
    }

    // MARK: What operators are made of

    /// Adds work that is done here and not in each run.
    mutating func spend(_ amount: Int) throws(ImportFailure) {
        let (sum, overflow) = work.addingReportingOverflow(amount)
        guard !overflow, sum <= ImportLimits.foldedWork else {
            throw .unsupported("computing positions takes more than \(ImportLimits.foldedWork) steps")
        }
        work = sum
    }

    /// Counts weights before they are copied out of the file.
    mutating func copyWeights(_ count: Int) throws(ImportFailure) {
        guard draft.copyWeights(count) else { throw .unsupported("too many layers share their weights") }
    }

    mutating func emit(_ operation: Operation, _ inputs: Int...) throws(ImportFailure) -> Int {
        try draft.append(operation, inputs, name: currentName)
    }

    /// A node of one number.
    mutating func number(_ value: Float) throws(ImportFailure) -> Int {
        try draft.append(.constant(Tensor([], [value])), [], name: "\(currentName)/number")
    }

    /// A value as a node of the draft; constants get one.
    mutating func node(_ value: TFLiteValue) throws(ImportFailure) -> TFLiteNode {
        switch value {
        case .node(let node): return node
        case .absent: throw .invalid("a required input is left out")
        case .constant(let constant):
            let grid = try constant.tensor.grid()
            let tensor = try tensor(constant, constant.extents)
            return TFLiteNode(
                try draft.append(.constant(tensor), [], name: "\(currentName)/constant"), constant.extents, grid: grid)
        }
    }

    /// A constant's numbers, with ones put in front of its extents or not.
    mutating func tensor(_ constant: TFLiteConstant, _ extents: [Int]) throws(ImportFailure) -> Tensor {
        guard let shape = Shape(validating: extents) else { throw .unsupported("a tensor without elements") }
        try copyWeights(constant.count)
        let grid = try constant.tensor.grid()
        let grids = grid.map { WeightGrid(scales: [$0.scale], zeroPoints: [$0.zeroPoint], isSigned: $0.isSigned) }
        return Tensor(shape, try constant.reals(grids))
    }
}
