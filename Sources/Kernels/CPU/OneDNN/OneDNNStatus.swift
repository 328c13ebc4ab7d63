// The check behind every call to oneDNN.
import COneDNN

/// Throws where a call did not succeed.
func check(_ call: StaticString, _ status: dnnl_status_t) throws(CPULibraryError) {
    guard status != dnnl_success else { return }
    throw CPULibraryError(
        library: "oneDNN", node: nil, call: "\(call)", status: Int32(bitPattern: status.rawValue),
        reason: dnnl_status2str(status).map { String(cString: $0) } ?? "status \(status.rawValue)",
        isUnimplemented: status == dnnl_unimplemented)
}
