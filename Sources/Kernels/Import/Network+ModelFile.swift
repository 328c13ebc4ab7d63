// A trained network from a file, whatever its format.

extension Network {
    /// Reads a network that takes frames from a TFLite or ONNX file; the content says which it is, not the name.
    ///
    /// Pixels are normalised as the file says (TFLite: its grid or its metadata), or else as most models of its format
    /// expect: from −1 to 1 for TFLite, as for ImageNet for ONNX.
    /// - Parameter batch: the input's first extent, where the model leaves it open.
    /// - Throws: `TFLiteError` or `ONNXError`.
    public init(modelFile path: String, batch: Int = 1) throws {
        if TFLiteModel.isBeginning(of: path) {
            try self.init(tfliteFile: path, batch: batch, image: .centered)
        } else {
            try self.init(onnxFile: path, batch: batch, image: .imageNet)
        }
    }
}
