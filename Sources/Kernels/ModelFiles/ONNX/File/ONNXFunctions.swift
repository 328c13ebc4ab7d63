// Functions that a model defines for itself, put in the place of the nodes that call them. Value types.

/// FunctionProto.
struct ONNXFunction {
    private(set) var name = ""
    private(set) var domain = ""
    private(set) var inputs: [String] = []
    private(set) var outputs: [String] = []
    private(set) var nodes: [ONNXNode] = []
    /// What its attributes are where a call says nothing; nil for those that have no such value.
    private(set) var attributes: [String: ONNXAttribute?] = [:]
    /// Of ONNX's own operators.
    private(set) var opset: Int?

    init(_ bytes: ByteSlice, _ budget: inout ONNXBudget) throws(ImportFailure) {
        try budget.spendMessage()
        var reader = ProtobufReader(bytes)
        while let (field, value) = try reader.next() {
            switch field {
            case 1: name = try value.text("a function's name")
            case 4:
                try budget.spendMessage()
                inputs.append(try value.text("a function's input"))
            case 5:
                try budget.spendMessage()
                outputs.append(try value.text("a function's output"))
            case 6:
                try budget.spendMessage()
                attributes.updateValue(nil, forKey: try value.text("a function's attribute"))
            case 7: nodes.append(try ONNXNode(try value.message("node"), &budget))
            case 9:
                let (domain, version) = try ONNXModel.opset(try value.message("opset_import"))
                if domain.isEmpty { opset = version }
            case 10: domain = try value.text("a function's domain")
            case 11:
                let attribute = try ONNXAttribute(try value.message("attribute"), &budget)
                attributes.updateValue(attribute, forKey: attribute.name)
            default: break
            }
        }
    }

    /// What nodes that call it are called by.
    var operatorName: String { domain.isEmpty || domain == "ai.onnx" ? name : "\(domain).\(name)" }
}

/// Replaces calls by what functions hold, functions that they call as well. Lives while a file is read.
struct ONNXInliner {
    private var functions: [String: ONNXFunction] = [:]
    private let opset: Int?
    private var budget: ONNXBudget
    private var calls = 0

    init(_ functions: [ONNXFunction], opset: Int?, _ budget: ONNXBudget) throws(ImportFailure) {
        (self.opset, self.budget) = (opset, budget)
        for function in functions {
            guard self.functions.updateValue(function, forKey: function.operatorName) == nil else {
                throw .invalid("two functions are called '\(function.operatorName)'")
            }
        }
    }

    mutating func inlined(_ graph: ONNXGraph) throws(ImportFailure) -> ONNXGraph {
        functions.isEmpty ? graph : try inlined(graph, depth: 0)
    }

    private mutating func inlined(_ graph: ONNXGraph, depth: Int) throws(ImportFailure) -> ONNXGraph {
        var nodes: [ONNXNode] = []
        for node in graph.nodes { try append(node, to: &nodes, depth: depth) }
        return graph.with(nodes)
    }

    private mutating func append(_ node: ONNXNode, to nodes: inout [ONNXNode], depth: Int) throws(ImportFailure) {
        let node = try node.replacingGraphs { graph throws(ImportFailure) in try inlined(graph, depth: depth) }
        guard let function = functions[node.operatorName] else { return nodes.append(node) }
        guard depth < ImportLimits.functionDepth else {
            throw .unsupported("functions that call functions, more than \(ImportLimits.functionDepth) deep")
        }
        guard function.opset ?? opset == opset else {
            throw .unsupported("function '\(function.operatorName)' is of another opset than the model")
        }
        guard node.inputs.count <= function.inputs.count, node.outputs.count <= function.outputs.count else {
            throw .invalid("node \(node.label) does not fit the function that it calls")
        }
        calls += 1
        try budget.spend(function.inputs.count + function.outputs.count + function.attributes.count)
        var attributes: [String: ONNXAttribute] = [:]
        for (name, attribute) in function.attributes { if let attribute { attributes[name] = attribute } }
        for attribute in node.attributes where function.attributes.keys.contains(attribute.name) {
            attributes[attribute.name] = attribute
        }
        // Inner names are the call's own; those of its inputs are what it is given.
        var names: [String: String] = ["": ""]
        for (index, name) in function.inputs.enumerated() {
            names[name] = index < node.inputs.count ? node.inputs[index] : ""
        }
        let call = "call \(calls)"
        for (index, name) in function.outputs.enumerated() where index < node.outputs.count {
            guard let given = names[name] else {
                names[name] = node.outputs[index].isEmpty ? name.within(call, names.count) : node.outputs[index]
                continue
            }
            // An input handed on, or one value for two results.
            if !node.outputs[index].isEmpty { nodes.append(.identity(given, node.outputs[index])) }
        }
        for inner in function.nodes {
            try spend(on: inner)
            let made = inner.renamed(&names, [], in: call).filling(attributes)
            try append(made, to: &nodes, depth: depth + 1)
        }
    }

    /// Each copy counts as if the file held it.
    private mutating func spend(on node: ONNXNode) throws(ImportFailure) {
        try budget.spend(1 + node.inputs.count + node.outputs.count + node.attributes.count)
        for attribute in node.attributes {
            for graph in attribute.graphs {
                try budget.spend(graph.initializers.count + graph.inputs.count + graph.outputs.count)
                for inner in graph.nodes { try spend(on: inner) }
            }
        }
    }
}

extension ONNXNode {
    fileprivate static func identity(_ input: String, _ output: String) -> ONNXNode {
        ONNXNode("Identity", [input], [output])
    }

    /// With a call's own names.
    /// - Parameters:
    ///   - names: by those of the function; new ones are added.
    ///   - own: those that the branches around the node make, which stay.
    fileprivate func renamed(_ names: inout [String: String], _ own: [Set<String>], in call: String) -> ONNXNode {
        let inputs = inputs.map { $0.resolved(&names, own, in: call) }
        let outputs = outputs.map { $0.resolved(&names, own, in: call) }
        let node = reading(inputs, making: outputs)
            .replacingGraphs { $0.renamed(&names, own, in: call) }
        return node.called((name.isEmpty ? operatorName : name).within(call, names.count))
    }
}

extension ONNXGraph {
    fileprivate func renamed(_ names: inout [String: String], _ outer: [Set<String>], in call: String) -> ONNXGraph {
        var made = Set(initializers.map(\.name) + inputs.map(\.name))
        for node in nodes { made.formUnion(node.outputs) }
        let own = outer + [made]
        var renamed: [ONNXNode] = []
        for node in nodes { renamed.append(node.renamed(&names, own, in: call)) }
        return with(renamed, outputs: outputs.map { $0.called($0.name.resolved(&names, own, in: call)) })
    }
}

extension String {
    /// A name of a function as a call's own. Long ones aren't copied for each call.
    /// - Parameter number: what tells it from the call's other long ones.
    fileprivate func within(_ call: String, _ number: Int) -> String {
        utf8.count <= 200 ? "\(self) in \(call)" : "value \(number) in \(call)"
    }

    /// What a call calls a name of its function.
    fileprivate func resolved(_ names: inout [String: String], _ own: [Set<String>], in call: String) -> String {
        if own.contains(where: { $0.contains(self) }) { return self }
        if let known = names[self] { return known }
        let name = within(call, names.count)
        names[self] = name
        return name
    }
}
