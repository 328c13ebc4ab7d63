// The messages of an ONNX file (onnx.proto3) that describe its graph. Value types, read once and then only looked at.

/// Counts what is read, so that a file of millions of tiny messages can't fill the memory.
struct ONNXBudget {
    private var messages = 0
    private var depth = 0

    mutating func spendMessage() throws(ImportFailure) { try spend(1) }

    mutating func spend(_ count: Int) throws(ImportFailure) {
        messages += count
        guard messages <= ImportLimits.messages else {
            throw .unsupported("more than \(ImportLimits.messages) nodes, names, attributes and tensors")
        }
    }

    /// Graphs may stand in attributes of nodes of graphs.
    mutating func readNested(_ read: (inout ONNXBudget) throws(ImportFailure) -> Void) throws(ImportFailure) {
        guard depth < ImportLimits.graphDepth else {
            throw .unsupported("graphs within graphs, more than \(ImportLimits.graphDepth) deep")
        }
        depth += 1
        try read(&self)
        depth -= 1
    }
}

/// ModelProto.
struct ONNXModel {
    private(set) var opset: Int?
    private(set) var graph: ONNXGraph?
    private(set) var metadata = ONNXMetadata()

    /// With functions in the place of their calls.
    init(_ bytes: ByteSlice) throws(ImportFailure) {
        var budget = ONNXBudget()
        var functions: [ONNXFunction] = []
        var reader = ProtobufReader(bytes)
        while let (field, value) = try reader.next() {
            switch field {
            case 7:
                // A message that stands there twice continues.
                var graph = self.graph ?? ONNXGraph()
                try graph.read(try value.message("graph"), &budget)
                self.graph = graph
            case 8:
                let (domain, version) = try Self.opset(try value.message("opset_import"))
                if domain.isEmpty { opset = version }
            case 14:
                try budget.spendMessage()
                try metadata.read(try value.message("metadata"))
            case 25: functions.append(try ONNXFunction(try value.message("function"), &budget))
            default: break
            }
        }
        var inliner = try ONNXInliner(functions, opset: opset, budget)
        graph = try graph.map { graph throws(ImportFailure) in try inliner.inlined(graph) }
    }

    /// OperatorSetIdProto: a domain, "" for ONNX's own, and a version.
    static func opset(_ bytes: ByteSlice) throws(ImportFailure) -> (domain: String, version: Int) {
        var reader = ProtobufReader(bytes)
        var (domain, version) = ("", 0)
        while let (field, value) = try reader.next() {
            switch field {
            case 1: domain = try value.text("opset domain")
            case 2: version = try value.integer("opset version")
            default: break
            }
        }
        return (domain == "ai.onnx" ? "" : domain, version)
    }
}

/// GraphProto.
struct ONNXGraph {
    private(set) var nodes: [ONNXNode] = []
    private(set) var initializers: [ONNXTensor] = []
    private(set) var inputs: [ONNXValueInfo] = []
    private(set) var outputs: [ONNXValueInfo] = []

    /// The same graph with other nodes.
    func with(_ nodes: [ONNXNode], outputs: [ONNXValueInfo]? = nil) -> ONNXGraph {
        var graph = self
        (graph.nodes, graph.outputs) = (nodes, outputs ?? self.outputs)
        return graph
    }

    mutating func read(_ bytes: ByteSlice, _ budget: inout ONNXBudget) throws(ImportFailure) {
        var reader = ProtobufReader(bytes)
        while let (field, value) = try reader.next() {
            switch field {
            case 1: nodes.append(try ONNXNode(try value.message("node"), &budget))
            case 5: initializers.append(try ONNXTensor(try value.message("initializer"), &budget))
            case 11: inputs.append(try ONNXValueInfo(try value.message("input"), &budget))
            case 12: outputs.append(try ONNXValueInfo(try value.message("output"), &budget))
            case 15: throw .unsupported("sparse initializers")
            default: break
            }
        }
    }
}

/// NodeProto.
struct ONNXNode {
    private(set) var inputs: [String] = []
    private(set) var outputs: [String] = []
    private(set) var name = ""
    /// With its domain in front, unless that is ONNX's own.
    private(set) var operatorName = ""
    private(set) var attributes: [ONNXAttribute] = []

    /// The same node among other names.
    func reading(_ inputs: [String], making outputs: [String]) -> ONNXNode {
        var node = self
        (node.inputs, node.outputs) = (inputs, outputs)
        return node
    }

    func called(_ name: String) -> ONNXNode {
        var node = self
        node.name = name
        return node
    }

    /// With other graphs in its attributes.
    func replacingGraphs<Failure>(_ replace: (ONNXGraph) throws(Failure) -> ONNXGraph) throws(Failure) -> ONNXNode {
        guard attributes.contains(where: { !$0.graphs.isEmpty }) else { return self }
        var node = self
        for index in node.attributes.indices {
            guard let graph = node.attributes[index].graphs.first else { continue }
            node.attributes[index] = node.attributes[index].holding(try replace(graph))
        }
        return node
    }

    /// With a call's attributes where it refers to them; those that the call lacks are left out.
    func filling(_ given: [String: ONNXAttribute]) -> ONNXNode {
        var node = self
        node.attributes = attributes.compactMap { attribute in
            guard let reference = attribute.reference else { return attribute }
            return given[reference]?.called(attribute.name)
        }
        return node.replacingGraphs { graph in graph.with(graph.nodes.map { $0.filling(given) }) }
    }

    init(_ operatorName: String, _ inputs: [String], _ outputs: [String]) {
        (self.operatorName, self.inputs, self.outputs) = (operatorName, inputs, outputs)
    }

    /// A graph that an attribute holds.
    func graph(_ name: String) -> ONNXGraph? { attributes.first { $0.name == name }?.graphs.first }

    init(_ bytes: ByteSlice, _ budget: inout ONNXBudget) throws(ImportFailure) {
        try budget.spendMessage()
        var reader = ProtobufReader(bytes)
        var domain = ""
        while let (field, value) = try reader.next() {
            switch field {
            case 1:
                try budget.spendMessage()
                inputs.append(try value.text("a node's input"))
            case 2:
                try budget.spendMessage()
                outputs.append(try value.text("a node's output"))
            case 3: name = try value.text("a node's name")
            case 4: operatorName = try value.text("a node's operator")
            case 5: attributes.append(try ONNXAttribute(try value.message("attribute"), &budget))
            case 7: domain = try value.text("a node's domain")
            default: break
            }
        }
        if !domain.isEmpty && domain != "ai.onnx" { operatorName = "\(domain).\(operatorName)" }
    }

    /// What errors call it: its name, or its first output's.
    var label: String { "'\(name.isEmpty ? outputs.first ?? "" : name)' (\(operatorName))" }
}

/// AttributeProto.
struct ONNXAttribute {
    private(set) var name = ""
    // proto3 writers leave out what is zero or empty; then only the type says that it is there. Old ones write no type.
    private var type = 0
    private var writtenFloat: Float?
    private var writtenInteger: Int?
    private var writtenText: String?
    var float: Float? { writtenFloat ?? (type == 1 ? 0 : nil) }
    var integer: Int? { writtenInteger ?? (type == 2 ? 0 : nil) }
    var text: String? { writtenText ?? (type == 3 ? "" : nil) }
    var floats: [Float]? { type == 6 || (type == 0 && hasNoScalar) ? writtenFloats : nil }
    var integers: [Int]? { type == 7 || (type == 0 && hasNoScalar) ? writtenIntegers : nil }
    private(set) var tensor: ONNXTensor?
    /// One at most; an array because graphs hold nodes, and these attributes.
    private(set) var graphs: [ONNXGraph] = []
    /// In a function: the attribute of its calls that stands for it.
    private(set) var reference: String?
    private var writtenFloats: [Float] = []
    private var writtenIntegers: [Int] = []
    private var hasNoScalar: Bool { writtenFloat == nil && writtenInteger == nil && writtenText == nil }

    init(_ bytes: ByteSlice, _ budget: inout ONNXBudget) throws(ImportFailure) {
        try budget.spendMessage()
        var reader = ProtobufReader(bytes)
        while let (field, value) = try reader.next() {
            switch field {
            case 1: name = try value.text("an attribute's name")
            case 2: writtenFloat = try value.float("an attribute")
            case 3: writtenInteger = try value.integer("an attribute")
            case 4: writtenText = try value.message("an attribute").text
            case 5: tensor = try ONNXTensor(try value.message("an attribute"), &budget)
            case 6:
                let bytes = try value.message("an attribute's graph")
                var graph = ONNXGraph()
                try budget.readNested { budget throws(ImportFailure) in try graph.read(bytes, &budget) }
                graphs = [graph]
            case 7: try value.append(to: &writtenFloats, "an attribute")
            case 8: try value.append(to: &writtenIntegers, "an attribute")
            case 20: type = try value.integer("an attribute's type")
            case 21: reference = try value.text("an attribute's reference")
            default: break
            }
        }
    }
}

extension ONNXAttribute {
    func called(_ name: String) -> ONNXAttribute {
        var attribute = self
        attribute.name = name
        return attribute
    }

    /// With another graph.
    func holding(_ graph: ONNXGraph) -> ONNXAttribute {
        var attribute = self
        attribute.graphs = [graph]
        return attribute
    }
}

/// ValueInfoProto: name and type of an input or output.
struct ONNXValueInfo {
    /// A number of elements; nil where the model leaves it open.
    typealias Extent = Int?

    private(set) var name = ""
    /// TensorProto.DataType; nil for what is no tensor.
    private(set) var elementType: Int?
    /// Nil if the model leaves it open.
    private(set) var extents: [Extent]?

    func called(_ name: String) -> ONNXValueInfo {
        var info = self
        info.name = name
        return info
    }

    init(_ bytes: ByteSlice, _ budget: inout ONNXBudget) throws(ImportFailure) {
        try budget.spendMessage()
        var reader = ProtobufReader(bytes)
        while let (field, value) = try reader.next() {
            switch field {
            case 1: name = try value.text("a value's name")
            case 2:
                var type = ProtobufReader(try value.message("a value's type"))
                while let (field, value) = try type.next() {
                    if field == 1 { try readTensorType(try value.message("a tensor type")) }
                }
            default: break
            }
        }
    }

    private mutating func readTensorType(_ bytes: ByteSlice) throws(ImportFailure) {
        var reader = ProtobufReader(bytes)
        while let (field, value) = try reader.next() {
            switch field {
            case 1: elementType = try value.integer("an element type")
            case 2: extents = try readShape(try value.message("a shape"))
            default: break
            }
        }
    }

    private func readShape(_ bytes: ByteSlice) throws(ImportFailure) -> [Extent] {
        var extents: [Extent] = []
        var reader = ProtobufReader(bytes)
        while let (field, value) = try reader.next() {
            guard field == 1 else { continue }
            guard extents.count < ImportLimits.rank else { throw .unsupported("'\(name)' has too many axes") }
            var extent: Extent = nil
            var dimension = ProtobufReader(try value.message("an extent"))
            while let (field, value) = try dimension.next() {
                if field == 1 { extent = try value.integer("an extent") }
            }
            extents.append(extent)
        }
        return extents
    }
}
