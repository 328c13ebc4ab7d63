// What can be wrong with an ONNX file, and the limits that bound what reading one may cost.

/// A model that can't be imported: where, and why.
public struct ONNXError: Error, CustomStringConvertible {
    public enum Kind: Sendable {
        /// The file can't be read.
        case unreadable
        /// The file is damaged, or says what ONNX forbids.
        case invalid
        /// The model asks for what this importer lacks: an operator, an attribute, a type.
        case unsupported
    }

    public let kind: Kind
    /// Path or name of the model.
    public let model: String
    /// Name of the node with its operator, as "'conv1' (Conv)"; nil for errors of the model as a whole.
    public let node: String?
    public let reason: String

    public var description: String { "\(model): " + (node.map { "node \($0): " } ?? "") + reason }
}

/// An error inside of a model; whoever knows the model and the node adds their names.
struct ONNXFailure: Error {
    let kind: ONNXError.Kind
    let reason: String

    static func invalid(_ reason: String) -> ONNXFailure { ONNXFailure(kind: .invalid, reason: reason) }
    static func unsupported(_ reason: String) -> ONNXFailure { ONNXFailure(kind: .unsupported, reason: reason) }
}

/// Bounds on what a file, however hostile, can make the importer do. All far above what CNNs need.
enum ONNXLimits {
    /// Nodes, their inputs and outputs, attributes, tensors and value descriptions in a file.
    static let messages = 250_000
    /// Elements of a tensor, of all weights that are read, and of all values of a network, weights not counted: 4 GiB.
    static let elements = 1 << 30
    /// Elements of all values before a network is simplified: nothing holds them.
    static let draftElements = 1 << 33
    /// Elements of weights that are copied, beyond four times those that are read: layers may share weights, but not
    /// when each of them needs other ones.
    static let copiedElements = 1 << 26
    /// Elements that importing computes (1 GiB), and multiplications that it spends on them.
    static let foldedWork = 1 << 28
    /// Axes of a tensor.
    static let rank = 16
    /// Kernel, stride, dilation and padding of a window.
    static let window = 1 << 16
}
