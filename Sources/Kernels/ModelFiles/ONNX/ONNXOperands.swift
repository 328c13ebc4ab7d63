// What one node of a model gives its operator: values and attributes. Lives while that node is translated.
import NetworkGraph

/// Remembers which attributes were asked for: one that nobody knows would change the result unnoticed.
final class ONNXOperands {
    /// An operator on integers puts the real numbers here that they stand for.
    var inputs: [ONNXValue]
    let outputs: [String]
    /// Outputs that a node or the model's outputs read.
    private let wantedOutputs: Set<Int>
    private let attributes: [String: ONNXAttribute]
    private var read: Set<String> = []

    /// - Parameter isRead: whether anyone reads what has this name.
    init(_ node: ONNXNode, _ inputs: [ONNXValue], isRead: (String) -> Bool) throws(ImportFailure) {
        (self.inputs, outputs) = (inputs, node.outputs)
        wantedOutputs = Set(node.outputs.indices.filter { isRead(node.outputs[$0]) })
        var attributes: [String: ONNXAttribute] = [:]
        for attribute in node.attributes {
            guard attributes.updateValue(attribute, forKey: attribute.name) == nil else {
                throw .invalid("attribute '\(attribute.name)' stands there twice")
            }
        }
        self.attributes = attributes
    }

    /// The first attribute, by name, that no one has asked for.
    var unreadAttribute: String? { attributes.keys.filter { !read.contains($0) }.min() }

    func wants(output: Int) -> Bool { wantedOutputs.contains(output) }

    // MARK: Inputs

    subscript(index: Int) -> ONNXValue { index < inputs.count ? inputs[index] : .absent }

    /// A constant input; nil if it is left out.
    func constant(_ index: Int, _ what: String) throws(ImportFailure) -> ONNXConstant? {
        switch self[index] {
        case .constant(let constant): return constant
        case .absent: return nil
        case .node, .quantized, .unrounded: throw .unsupported("\(what) must be constant")
        case .unavailable(let reason): throw .unsupported(reason)
        }
    }

    func integers(_ index: Int, _ what: String) throws(ImportFailure) -> [Int]? {
        guard let constant = try constant(index, what) else { return nil }
        guard case .integers(let values) = constant.elements else { throw .invalid("\(what) must be whole numbers") }
        return values
    }

    func floats(_ index: Int, _ what: String) throws(ImportFailure) -> [Float]? {
        guard let constant = try constant(index, what) else { return nil }
        guard case .floats(let values) = constant.elements else { throw .invalid("\(what) must be floats") }
        return values
    }

    /// A constant of one float; nil if it is left out.
    func scalar(_ index: Int, _ what: String) throws(ImportFailure) -> Float? {
        guard let values = try floats(index, what) else { return nil }
        guard values.count == 1 else { throw .invalid("\(what) must be one number") }
        return values[0]
    }

    /// A constant that is needed, as a tensor of floats.
    func tensor(_ index: Int, _ what: String) throws(ImportFailure) -> Tensor {
        guard let constant = try constant(index, what) else { throw .invalid("\(what) are left out") }
        guard let tensor = constant.tensor else { throw .invalid("\(what) must be floats, one at least") }
        return tensor
    }

    // MARK: Attributes

    /// Declares attributes that don't matter here.
    func ignore(_ names: String...) { read.formUnion(names) }

    private func attribute<Content>(
        _ name: String, _ content: (ONNXAttribute) -> Content?
    ) throws(ImportFailure) -> Content? {
        read.insert(name)
        guard let attribute = attributes[name] else { return nil }
        guard let value = content(attribute) else { throw .invalid("attribute '\(name)' has a wrong type") }
        return value
    }

    func integer(_ name: String) throws(ImportFailure) -> Int? { try attribute(name, \.integer) }
    func flag(_ name: String, default value: Bool = false) throws(ImportFailure) -> Bool {
        try integer(name).map { $0 != 0 } ?? value
    }
    func float(_ name: String) throws(ImportFailure) -> Float? { try attribute(name, \.float) }
    func text(_ name: String) throws(ImportFailure) -> String? { try attribute(name, \.text) }
    func integers(_ name: String) throws(ImportFailure) -> [Int]? { try attribute(name, \.integers) }
    func floats(_ name: String) throws(ImportFailure) -> [Float]? { try attribute(name, \.floats) }
    func tensor(_ name: String) throws(ImportFailure) -> ONNXTensor? { try attribute(name, \.tensor) }

    // Many operators take in an input, in later opsets, what was an attribute before. Nil if both are left out.
    func integers(_ name: String, orInput index: Int, _ what: String) throws(ImportFailure) -> [Int]? {
        if let values = try integers(name) { return values }
        return try integers(index, what)
    }
    func floats(_ name: String, orInput index: Int, _ what: String) throws(ImportFailure) -> [Float]? {
        if let values = try floats(name) { return values }
        return try floats(index, what)
    }
    func float(_ name: String, orInput index: Int, _ what: String) throws(ImportFailure) -> Float? {
        if let value = try float(name) { return value }
        return try scalar(index, what)
    }

    /// An attribute that must have one value if it is there.
    func require(_ name: String, _ value: Int) throws(ImportFailure) {
        guard try integer(name) ?? value == value else { throw .unsupported("attribute '\(name)' other than \(value)") }
    }
}

extension ONNXConstant {
    /// Whole numbers as floats.
    var asFloats: ONNXConstant {
        if case .integers(let values) = elements {
            ONNXConstant(extents, .floats(values.map { Float($0) }))
        } else {
            self
        }
    }
}
