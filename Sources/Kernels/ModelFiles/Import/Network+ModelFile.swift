// A trained network from a file, whatever its format.
import NetworkGraph

/// A network that takes frames, and who said how.
public struct TrainedModel: Sendable {
    public let network: Network
    /// What the model is fed. The network's own input may be another: scaling at a model's beginning is merged into it.
    public let image: ImageInput
    public let origins: ImageOrigins

    /// As `Network.init(modelFile:_:)`.
    public init(modelFile path: String, _ options: ModelOptions = ModelOptions()) throws {
        let isTFLite = TFLiteModel.isBeginning(of: path)
        let options = InputOptions(options, rgb: isTFLite ? .centered : .imageNet)
        let (network, pictures) =
            try isTFLite ? Network.imported(tfliteFile: path, options) : Network.imported(onnxFile: path, options)
        guard let pictures else { preconditionFailure("a network without frames was to take some") }
        (self.network, image, origins) = (network, pictures.image, pictures.origins)
    }

    /// The same in one line, as "RGB, stretched to 224×224, as for ImageNet (the format's default)".
    public var pictures: String { image.text(origins) }
}

extension Network {
    /// Reads a network that takes frames from a TFLite or ONNX file; the content says which it is, not the name.
    ///
    /// Its pictures have three channels (R, G, B), one (luma: 0.299 R + 0.587 G + 0.114 B) or four (R, G, B and opacity,
    /// which is 255), plane by plane or pixel by pixel. What they are made of is as `options` say; else as the file says
    /// (TFLite: its grid or its metadata; ONNX: metadata of WinML, Ultralytics, PaddleOCR or this library); else as most
    /// models of its format expect: stretched, R, G, B from −1 to 1 for TFLite and as for ImageNet for ONNX, other
    /// channels from 0 to 1. `TrainedModel` says which it was.
    ///
    /// Inputs beside the pictures need a word in `options`: what they always hold, or that each run is given them.
    /// - Throws: `TFLiteError` or `ONNXError`; where the file leaves the pictures' size open and `options` too, and
    ///   where its network holds another size than `options` say.
    public init(modelFile path: String, _ options: ModelOptions = ModelOptions()) throws {
        self = try TrainedModel(modelFile: path, options).network
    }

    /// The names of a model's classes, from index 0, as its file holds them; nil if it has none.
    /// - Throws: `TFLiteError` or `ONNXError`.
    public static func labels(modelFile path: String) throws -> [String]? {
        try TFLiteModel.isBeginning(of: path) ? labels(tfliteFile: path) : labels(onnxFile: path)
    }

    /// What a model's file says that it is for, in its exporter's words ("detect", "pose"); nil if it doesn't.
    /// - Throws: `TFLiteError` or `ONNXError`.
    package static func statedTask(modelFile path: String) throws -> String? {
        try TFLiteModel.isBeginning(of: path) ? statedTask(tfliteFile: path) : statedTask(onnxFile: path)
    }
}
