// A trained network from a file, whatever its format.
import NetworkGraph

extension Network {
    /// Reads a network that takes frames from a TFLite or ONNX file; the content says which it is, not the name.
    ///
    /// Its input is RGB (three channels) or luma (one: 0.299 R + 0.587 G + 0.114 B), plane by plane or pixel by pixel.
    /// Pixels are normalised as `options` say, or as the file says (TFLite: its grid or its metadata), or else as most
    /// models of its format expect: RGB from −1 to 1 for TFLite and as for ImageNet for ONNX, luma from 0 to 1.
    /// - Throws: `TFLiteError` or `ONNXError`; where the file leaves the pictures' size open and `options` too, and
    ///   where the two say different ones.
    public init(modelFile path: String, _ options: ModelOptions = ModelOptions()) throws {
        if TFLiteModel.isBeginning(of: path) {
            try self.init(tfliteFile: path, InputOptions(options, rgb: .centered))
        } else {
            try self.init(onnxFile: path, InputOptions(options, rgb: .imageNet))
        }
    }
}
