// Turns a network into an ONNX model: names, initializers and nodes. Lives while a model is made, on its thread.
import NetworkGraph

/// Only what outputs need is written, in the network's order.
struct ONNXExporter {
    enum Attribute {
        case integer(Int)
        case float(Float)
        case integers([Int])
        case text(String)
    }

    let network: Network
    /// The grids that values lie on, as far as the network says.
    let grids: [QuantizationGrid?]
    private let live: Set<Network.NodeID>
    private var nodes: [ProtobufWriter] = []
    private var initializers: [ProtobufWriter] = []
    /// By node of the network: what its value is called.
    private var values: [String]
    private var names: Set<String>
    /// What parts of long names begin with instead.
    private var stems: [String: String] = [:]
    /// Initializers of a grid's scale and zero point.
    private var gridNames: [QuantizationGrid: [String]] = [:]

    static let opset = 18
    /// The first one with this opset.
    private static let version = 8

    init(_ network: Network) {
        self.network = network
        live = LayerFusion(network).live
        values = network.nodes.map(\.name)
        names = Set(values)
        var grids = [QuantizationGrid?](repeating: nil, count: network.nodes.count)
        for (id, node) in network.nodes.enumerated() {
            grids[id] = node.operation.definition.grid(node.inputs.map { grids[$0] })
        }
        self.grids = grids
    }

    /// The model.
    mutating func model() throws(ONNXExportError) -> ProtobufWriter {
        for (id, node) in network.nodes.enumerated() where live.contains(id) { try translate(id, node) }
        let outputs = outputs()
        var graph = ProtobufWriter()
        for node in nodes { graph.message(1, node) }
        graph.text(2, network.name.isEmpty ? "network" : network.name)
        for initializer in initializers { graph.message(5, initializer) }
        for id in network.inputs {
            let node = network.nodes[id]
            graph.message(11, Self.valueInfo(node.name, node.shape, Self.note(node.operation)))
        }
        for (id, name) in outputs { graph.message(12, Self.valueInfo(name, network.nodes[id].shape, nil)) }
        var model = ProtobufWriter()
        model.integer(1, Self.version)
        model.text(2, "CoExec")
        model.message(7, graph)
        model.message(8) { $0.integer(2, Self.opset) }
        for case .image(let image) in network.inputs.map({ network.nodes[$0].operation }) {
            for entry in ONNXMetadata.entries(of: image) {
                model.message(14) { message in
                    message.text(1, entry.key)
                    message.text(2, entry.value)
                }
            }
        }
        return model
    }

    /// How pictures are fed, whose channels metadata names: as `Network(modelFile:)` reads files that don't say it.
    static func pixels(_ image: ImageInput) -> ImageNormalization {
        let assumed: ImageNormalization = image.channels.count == 3 ? .imageNet : .unit
        guard let pixels = assumed.expanded(to: image.channels) else { preconditionFailure("one or three means") }
        return pixels
    }

    /// For people.
    private static func note(_ operation: Operation) -> String? {
        guard case .image(let image) = operation else { return nil }
        guard image.channels.count == 3 else { return "\(image.channels.rawValue) pixels from 0 to 1" }
        let order = image.channels.rawValue.uppercased()
        return "\(order) pixels from 0 to 1, less (0.485, 0.456, 0.406) of R, G, B, over (0.229, 0.224, 0.225)"
    }

    /// The outputs' names: of inputs, constants and what is an output already, there are copies.
    private mutating func outputs() -> [(id: Network.NodeID, name: String)] {
        var taken: Set<Network.NodeID> = []
        var outputs: [(id: Network.NodeID, name: String)] = []
        for id in network.outputs {
            let isMade =
                switch network.nodes[id].operation {
                case .image: values[id] != network.nodes[id].name
                case let operation: operation.definition.inputCount.upperBound > 0
                }
            let isFirst = taken.insert(id).inserted
            outputs.append((id, isMade && isFirst ? values[id] : copy(values[id])))
        }
        return outputs
    }

    private mutating func copy(_ value: String) -> String {
        let name = unique(value, "output")
        add("Identity", [value], to: name)
        return name
    }

    /// - Parameter note: what the value is, for people.
    private static func valueInfo(_ name: String, _ shape: Shape, _ note: String?) -> ProtobufWriter {
        var info = ProtobufWriter()
        info.text(1, name)
        info.message(2) { type in
            type.message(1) { tensor in
                tensor.integer(1, ONNXElementType.float.rawValue)
                tensor.message(2) { message in
                    for extent in shape.extents { message.message(1) { $0.integer(1, extent) } }
                }
            }
        }
        if let note { info.text(3, note) }
        return info
    }

    // MARK: What nodes are made of

    /// What a node's value is called.
    func value(_ id: Network.NodeID) -> String { values[id] }

    mutating func setValue(_ name: String, of id: Network.NodeID) { values[id] = name }

    /// A name that nothing has yet, for a part of what has a name.
    mutating func unique(_ whole: String, _ part: String) -> String {
        // TensorFlow's names may be hundreds of bytes long; they needn't stand before each of their parts.
        if whole.utf8.count > 40, stems[whole] == nil { stems[whole] = "node_\(stems.count)" }
        let wanted = "\(stems[whole] ?? whole)/\(part)"
        var name = wanted
        var number = 2
        while !names.insert(name).inserted {
            name = "\(wanted)_\(number)"
            number += 1
        }
        return name
    }

    /// Adds a node.
    /// - Parameter name: that of its result if nil.
    mutating func add(
        _ operation: String, _ inputs: [String], to output: String, name: String? = nil,
        _ attributes: KeyValuePairs<String, Attribute> = [:]
    ) {
        add(operation, inputs, to: [output], name: name ?? output, attributes)
    }

    /// Adds a node with several results.
    mutating func add(
        _ operation: String, _ inputs: [String], to outputs: [String], name: String,
        _ attributes: KeyValuePairs<String, Attribute> = [:]
    ) {
        var node = ProtobufWriter()
        for input in inputs { node.text(1, input) }
        for output in outputs { node.text(2, output) }
        node.text(3, name)
        node.text(4, operation)
        for (name, attribute) in attributes {
            node.message(5) { message in
                message.text(1, name)
                switch attribute {
                case .float(let value):
                    message.float(2, value)
                    message.integer(20, 1)
                case .integer(let value):
                    message.integer(3, value)
                    message.integer(20, 2)
                case .integers(let values):
                    for value in values { message.integer(8, value) }
                    message.integer(20, 7)
                case .text(let text):
                    message.text(4, text)
                    message.integer(20, 3)
                }
            }
        }
        nodes.append(node)
    }

    /// Adds a conversion: truth values and positions are floats in a network, and none in ONNX.
    /// The node in front of it has the result's name.
    mutating func addCast(_ input: String, _ type: ONNXElementType, to output: String) {
        add("Cast", [input], to: output, name: unique(output, "cast"), ["to": .integer(type.rawValue)])
    }

    /// A value as another type.
    /// - Parameter name: that of the node, its result's if nil.
    mutating func cast(_ input: String, _ type: ONNXElementType, _ part: String, name: String? = nil) -> String {
        let output = unique(input, part)
        add("Cast", [input], to: output, name: name, ["to": .integer(type.rawValue)])
        return output
    }

    /// Adds an initializer.
    /// - Parameter name: nothing else's.
    /// - Returns: the name.
    mutating func constant(_ name: String, _ extents: [Int], _ values: [Float]) -> String {
        initializer(name, extents, .float) { $0.floats(9, values) }
    }

    /// Adds an initializer of whole numbers.
    /// - Parameter type: of the values, little-endian as they lie in files and in memory here.
    mutating func constant<Number: FixedWidthInteger>(
        _ name: String, _ extents: [Int], _ type: ONNXElementType, _ values: [Number]
    ) -> String {
        initializer(name, extents, type) { message in
            message.bytes(9, values.withUnsafeBytes { [UInt8]($0) })
        }
    }

    private mutating func initializer(
        _ name: String, _ extents: [Int], _ type: ONNXElementType, data: (inout ProtobufWriter) -> Void
    ) -> String {
        var tensor = ProtobufWriter()
        for extent in extents { tensor.integer(1, extent) }
        tensor.integer(2, type.rawValue)
        tensor.text(8, name)
        data(&tensor)
        initializers.append(tensor)
        return name
    }

    /// The scale and the zero point of a grid; grids that are the same share them.
    mutating func parameters(of grid: QuantizationGrid, named name: String) -> [String] {
        if let known = gridNames[grid] { return known }
        let scale = constant(unique(name, "scale"), [], [grid.scale])
        let number = UInt8(truncatingIfNeeded: grid.zeroPoint)
        let zeroPoint = bytes(unique(name, "zero_point"), [], [number], isSigned: grid.isSigned)
        gridNames[grid] = [scale, zeroPoint]
        return [scale, zeroPoint]
    }

    /// Adds an initializer of numbers of 8 bits, signed ones given as their bit patterns.
    mutating func bytes(_ name: String, _ extents: [Int], _ values: [UInt8], isSigned: Bool) -> String {
        constant(name, extents, isSigned ? .int8 : .uint8, values)
    }
}
