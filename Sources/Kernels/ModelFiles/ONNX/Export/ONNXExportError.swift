// What can go wrong while a network becomes an ONNX file.

/// A network that can't be written as an ONNX file, or a file that can't be written.
public enum ONNXExportError: Error, CustomStringConvertible {
    /// ONNX has no operator that computes what this node does.
    case unsupported(node: String, reason: String)
    /// The file would have so many bytes: more than the 2³¹ that Protocol Buffers allow.
    case tooLarge(network: String, byteCount: Int)
    /// With what the system says.
    case unwritable(path: String, reason: String)

    public var description: String {
        switch self {
        case .unsupported(let node, let reason): "node '\(node)' cannot be written as ONNX: \(reason)"
        case .tooLarge(let network, let count): "network '\(network)' has \(count) bytes as ONNX, more than 2 GiB"
        case .unwritable(let path, let reason): "cannot write '\(path)': \(reason)"
        }
    }
}
