// What can go wrong in the libraries that compute on the CPU. A value.

/// A call to oneDNN or XNNPACK that failed.
public struct CPULibraryError: Error, CustomStringConvertible {
    /// "oneDNN" or "XNNPACK".
    public let library: String
    /// The node it was for, nil outside of any.
    public let node: String?
    /// What was asked of the library.
    public let call: String
    /// The C library's `dnnl_status_t` or `xnn_status`.
    public let status: Int32
    /// The status' name in C.
    public let reason: String
    /// Whether another layout, algorithm or library could do it.
    let isUnimplemented: Bool

    public var description: String { (node.map { "node '\($0)': " } ?? "") + "\(library): \(call): \(reason)" }

    /// The same error, with the node that it was met at.
    func at(_ node: String) -> CPULibraryError {
        CPULibraryError(
            library: library, node: self.node ?? node, call: call, status: status, reason: reason,
            isUnimplemented: isUnimplemented)
    }
}
