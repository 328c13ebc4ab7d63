// The public way in: a network from a TFLite file.
import FoundationEssentials
import Glibc
import NetworkGraph

extension Network {
    /// Reads a TensorFlow Lite file (https://ai.google.dev/edge/litert), schema version 3, with the operators that CNNs
    /// use: floats, 8-bit numbers (one scale, or one a channel for weights), and weights of 16-bit floats.
    ///
    /// Feature maps are N×C×H×W in the network, whatever the file's order; inputs and outputs are as the file has them,
    /// N×H×W×C. Quantised tensors are fed and given as the real numbers that they stand for; a value of a quantised
    /// tensor is rounded to its grid by a `quantize` node, unless it lies there already. The network is called what the
    /// file is.
    ///
    /// A hostile file can't do more than fail: weights are read from the file's own bytes, each shared by few layers,
    /// and the network's values hold at most 2³⁰ elements.
    /// - Parameters:
    ///   - batch: the inputs' first extent, where the file says 1 or leaves it open.
    ///   - size: height and width of inputs with three channels or one, whatever the model says, where its network is
    ///     the same at both sizes; nil: the model's.
    ///   - image: if given, the model's one input, N×H×W×C or N×C×H×W with C being 3 (RGB) or 1 (luma), takes frames
    ///     instead of a tensor. Floats are normalised as the model's metadata says, or else like this; a quantised
    ///     input takes the bytes as they are: q, or q + 128.
    /// - Throws: `TFLiteError`.
    public init(
        tfliteFile path: String, batch: Int = 1, size: ImageSize? = nil, image: ImageNormalization? = nil
    ) throws(TFLiteError) {
        self = try Self.imported(tfliteFile: path, InputOptions(batch: batch, size: size, image: image)).0
    }

    static func imported(
        tfliteFile path: String, _ options: InputOptions
    ) throws(TFLiteError) -> (Network, AssumedPictures?) {
        let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
        return try imported(name, model: path, options) { () throws(ImportFailure) in
            try ByteStorage(mapping: path)
        }
    }

    /// Reads a TFLite model from memory.
    /// - Parameter name: what the network and errors are called.
    /// - Throws: `TFLiteError`.
    public init(
        tflite content: [UInt8], name: String = "model", batch: Int = 1, size: ImageSize? = nil,
        image: ImageNormalization? = nil
    ) throws(TFLiteError) {
        let options = InputOptions(batch: batch, size: size, image: image)
        self = try Self.imported(name, model: name, options) { ByteStorage(content) }.0
    }

    /// The names of a model's classes, from index 0, that its metadata or Ultralytics' exporter packed with it; nil if
    /// there are none, or if it is no TFLite file.
    /// - Throws: `TFLiteError`.
    public static func labels(tfliteFile path: String) throws(TFLiteError) -> [String]? {
        guard TFLiteModel.isBeginning(of: path) else { return nil }
        do throws(ImportFailure) {
            let bytes = ByteSlice(try ByteStorage(mapping: path))
            let metadata = try TFLiteModel(bytes).metadata
            guard let name = metadata.labelsFile, let content = try PackedFiles(bytes).content(of: name) else {
                return metadata.ultralytics?.labels
            }
            guard let text = content.text else { throw .invalid("the labels in '\(name)' are not UTF-8 text") }
            // A line ends in LF, CR or both.
            return text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
        } catch {
            throw TFLiteError(kind: error.kind, model: path, operation: nil, tensor: nil, reason: error.reason)
        }
    }

    /// What a model says that it is for; nil too where what is packed with it can't be read.
    static func statedTask(tfliteFile path: String) -> String? {
        let metadata = try? TFLiteModel(ByteSlice(try ByteStorage(mapping: path))).metadata
        return metadata?.ultralytics?.task
    }

    private static func imported(
        _ name: String, model: String, _ options: InputOptions, bytes: () throws(ImportFailure) -> ByteStorage
    ) throws(TFLiteError) -> (Network, AssumedPictures?) {
        let content: TFLiteModel
        do {
            content = try TFLiteModel(ByteSlice(try bytes()))
        } catch {
            throw TFLiteError(kind: error.kind, model: model, operation: nil, tensor: nil, reason: error.reason)
        }
        var importer = TFLiteImporter(content, name: model, options)
        return (try importer.network(name: name), importer.pictures)
    }
}

extension TFLiteModel {
    /// Whether a file has the identifier of TFLite's; false for one that can't be read.
    static func isBeginning(of path: String) -> Bool {
        // Nobody waits for what writes to a pipe: it is no model.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return false }
        defer { close(file) }
        var head = [UInt8](repeating: 0, count: 8)
        return read(file, &head, head.count) == head.count && head.suffix(4).elementsEqual(identifier.utf8)
    }
}
