// Calls that are refused: a status, and a sentence that says why, kept for the calling thread.

import CCoExec
import CoExec
import Kernels
import Sessions
import System

/// Why a call does nothing.
struct Refusal: Error, CustomStringConvertible {
    let description: String
    let status: coexec_status

    init(_ description: String, _ status: Int = Int(COEXEC_INVALID)) {
        (self.description, self.status) = (description, coexec_status(status))
    }

    static let noStream = Refusal("no stream is given")
    static func noRoom(_ what: String) -> Refusal { Refusal("no \(what) is given, or its struct_size isn't set") }
}

/// What a call returns that threw. Its sentence is the thread's afterwards, and the caller's where there is a buffer.
func refuse(_ error: any Error, _ message: UnsafeMutablePointer<CChar>? = nil, _ size: Int = 0) -> coexec_status {
    let text = line(error)
    write(text, to: refusal_of_thread(), size: Int(COEXEC_REFUSAL_SIZE))
    write(text, to: message, size: size)
    return status(of: error)
}

private func status(of error: any Error) -> coexec_status {
    switch error {
    case let error as Refusal: error.status
    case is ThreadError, is MemoryError: coexec_status(COEXEC_UNAVAILABLE)
    case let error as DeviceError: status(of: error.underlying)
    case is StreamConfigurationError, is ImageError: coexec_status(COEXEC_INVALID)
    default: coexec_status(COEXEC_ERROR)
    }
}

/// Does what a call does.
/// - Returns: its status, or that of what the closure throws.
func answer(_ body: () throws -> coexec_status) -> coexec_status {
    do { return try body() } catch { return refuse(error) }
}

#if compiler(>=6.3)
@c @implementation
#else
@_cdecl("coexec_refusal")
#endif
public func coexec_refusal() -> UnsafePointer<CChar> { UnsafePointer(refusal_of_thread()) }
