// What can be wrong with a TFLite file.

/// A model that can't be imported: where, and why.
public struct TFLiteError: Error, CustomStringConvertible {
    public let kind: ModelFault
    /// Path or name of the model.
    public let model: String
    /// The operator's name and its index, as "CONV_2D (#3)"; nil for errors of the model as a whole.
    public let operation: String?
    /// Name of the tensor that the operator makes, or that the error is about.
    public let tensor: String?
    public let reason: String

    public var description: String {
        let place = [operation.map { "operator \($0)" }, tensor.map { "tensor '\($0)'" }].compactMap(\.self)
        return "\(model): " + (place.isEmpty ? "" : place.joined(separator: ", ") + ": ") + reason
    }
}
