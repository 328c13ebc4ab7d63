// What can go wrong in oneDNN, and the check behind every call to it.
import COneDNN

/// A call to oneDNN that failed.
public struct OneDNNError: Error, CustomStringConvertible {
    /// The node it was for, nil outside of any.
    public let node: String?
    /// What was asked of oneDNN.
    public let call: String
    /// The C library's `dnnl_status_t`.
    public let status: Int32
    /// The status' name in C.
    public let reason: String

    public var description: String { (node.map { "node '\($0)': " } ?? "") + "oneDNN: \(call): \(reason)" }

    /// The same error, with the node that it was met at.
    func at(_ node: String) -> OneDNNError {
        OneDNNError(node: self.node ?? node, call: call, status: status, reason: reason)
    }

    /// Whether another layout or algorithm could do it.
    var isUnimplemented: Bool { status == Int32(bitPattern: dnnl_unimplemented.rawValue) }
}

/// Throws where a call did not succeed.
func check(_ call: StaticString, _ status: dnnl_status_t) throws(OneDNNError) {
    guard status != dnnl_success else { return }
    throw OneDNNError(
        node: nil, call: "\(call)", status: Int32(bitPattern: status.rawValue),
        reason: dnnl_status2str(status).map { String(cString: $0) } ?? "status \(status.rawValue)")
}
