// What can be wrong with an ONNX file.

/// A model that can't be imported: where, and why.
public struct ONNXError: Error, CustomStringConvertible {
    public typealias Kind = ModelFault

    public let kind: Kind
    /// Path or name of the model.
    public let model: String
    /// Name of the node with its operator, as "'conv1' (Conv)"; nil for errors of the model as a whole.
    public let node: String?
    public let reason: String

    public var description: String { "\(model): " + (node.map { "node \($0): " } ?? "") + reason }
}
