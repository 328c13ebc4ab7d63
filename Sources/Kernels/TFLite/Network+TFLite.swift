// The public way in: a network from a TFLite file.
import Foundation

extension Network {
    /// Reads a TensorFlow Lite file (https://ai.google.dev/edge/litert), schema version 3, with the operators that CNNs
    /// use: floats, 8-bit numbers (one scale, or one a channel for weights), and weights of 16-bit floats.
    ///
    /// Feature maps are N×C×H×W in the network, whatever the file's order; inputs and outputs are as the file has them,
    /// N×H×W×C. Quantised tensors are fed and given as the real numbers that they stand for; a value of a quantised
    /// tensor is rounded to its grid by a `quantize` node, unless it lies there already. The network is called what the
    /// file is.
    ///
    /// A hostile file can't do more than fail: weights are read from the file's own bytes, each shared by few layers, and
    /// the network's values hold at most 2³⁰ elements.
    /// - Parameters:
    ///   - batch: the inputs' first extent, where the file says 1 or leaves it open.
    ///   - image: if given, the model's one input, N×H×W×3, takes frames instead of a tensor. Floats are normalised as the
    ///     model's metadata says, or else like this; a quantised input takes the bytes as they are: q, or q + 128.
    /// - Throws: `TFLiteError`.
    public init(
        tfliteFile path: String, batch: Int = 1, image: ImageNormalization? = nil
    ) throws(TFLiteError) {
        let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
        try self.init(name, model: path, batch, image) { () throws(ImportFailure) in try ByteStorage(mapping: path) }
    }

    /// Reads a TFLite model from memory.
    /// - Parameter name: what the network and errors are called.
    /// - Throws: `TFLiteError`.
    public init(
        tflite content: [UInt8], name: String = "model", batch: Int = 1, image: ImageNormalization? = nil
    ) throws(TFLiteError) {
        try self.init(name, model: name, batch, image) { ByteStorage(content) }
    }

    private init(
        _ name: String, model: String, _ batch: Int, _ image: ImageNormalization?,
        bytes: () throws(ImportFailure) -> ByteStorage
    ) throws(TFLiteError) {
        precondition(batch > 0, "a batch holds a frame")
        let content: TFLiteModel
        do {
            content = try TFLiteModel(ByteSlice(try bytes()))
        } catch {
            throw TFLiteError(kind: error.kind, model: model, operation: nil, tensor: nil, reason: error.reason)
        }
        var importer = TFLiteImporter(content, name: model, batch: batch, image)
        self = try importer.network(name: name)
    }
}
