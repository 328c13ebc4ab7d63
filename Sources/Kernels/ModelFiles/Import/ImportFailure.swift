// What keeps a model from being imported, before it is known where. Value types.
import Glibc

/// Why a model can't be imported.
public enum ModelFault: Sendable {
    /// The file can't be read.
    case unreadable
    /// The file is damaged, or says what its format forbids.
    case invalid
    /// The model asks for what the importer lacks: an operator, an option, a type.
    case unsupported
}

/// An error inside of a model; whoever knows the model and the node adds their names.
struct ImportFailure: Error {
    let kind: ModelFault
    let reason: String

    static func invalid(_ reason: String) -> ImportFailure { ImportFailure(kind: .invalid, reason: reason) }
    static func unsupported(_ reason: String) -> ImportFailure { ImportFailure(kind: .unsupported, reason: reason) }

    /// With what `errno` says.
    static func system(_ what: String) -> ImportFailure {
        ImportFailure(kind: .unreadable, reason: "\(what): \(String(cString: strerror(errno)))")
    }
}
