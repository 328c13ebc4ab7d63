// Whether XNNPACK works here, and the check behind every call to it.
import CXNNPACK

enum XNNPACK {
    /// Nil where it works; XNNPACK knows no CPU without vector instructions.
    static let initialization: CPULibraryError? = {
        do throws(CPULibraryError) {
            try check("xnn_initialize", xnn_initialize(XNNPACKMemory.allocator))
            return nil
        } catch {
            return error
        }
    }()

    /// Most extents of elementwise functions of two values.
    static let largestRank = Int(XNN_MAX_TENSOR_DIMS)

    /// How far vectors may reach beyond the end of what is read.
    static let extraBytes = Int(XNN_EXTRA_BYTES)

    /// It doesn't know its own version; what Debian carries can be told apart.
    static var name: String { CXNNPACK_is_of_2024() != 0 ? "XNNPACK of 2024" : "XNNPACK of 2022" }
}

/// Throws where a call did not succeed.
func check(_ call: String, _ status: xnn_status) throws(CPULibraryError) {
    let reason: String
    switch status {
    case xnn_status_success: return
    case xnn_status_uninitialized: reason = "uninitialized"
    case xnn_status_invalid_parameter: reason = "invalid_parameter"
    case xnn_status_invalid_state: reason = "invalid_state"
    case xnn_status_unsupported_parameter: reason = "unsupported_parameter"
    case xnn_status_unsupported_hardware: reason = "unsupported_hardware"
    case xnn_status_out_of_memory: reason = "out_of_memory"
    default: reason = "status \(status.rawValue)"
    }
    throw CPULibraryError(
        library: "XNNPACK", node: nil, call: call, status: Int32(bitPattern: status.rawValue), reason: reason,
        isUnimplemented: status == xnn_status_unsupported_parameter)
}
