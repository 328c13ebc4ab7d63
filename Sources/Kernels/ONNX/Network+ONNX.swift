// The public way in: a network from an ONNX file.
import Foundation

extension Network {
    /// Reads an ONNX file (https://onnx.ai), opset 6 to 24, with the operators that CNNs use.
    ///
    /// Batch normalisation and scaling become part of the convolutions in front of them, constants are computed, and
    /// what no output needs is left out, inputs too; the others keep their order. The network is called what the file
    /// is. All floats are FP32 here, whatever the model says: weights of other widths are converted, inputs are fed as
    /// FP32. Outputs of whole numbers (ArgMax, Shape) come as floats. Weights in external files are read from the
    /// model's folder only; links are followed where they stay in the folder that the model's file really lies in.
    ///
    /// Networks in 8 bits become networks of real numbers that are rounded to grids: QuantizeLinear with its
    /// DequantizeLinear is one `.unary(.quantize(grid))`, left out where the value lies on that grid already; weights
    /// that are dequantised keep their grid (`weightGrid`); QLinearConv and the like, those of ONNX Runtime included,
    /// are the operators on real numbers, their results rounded. Inputs and outputs in uint8 or int8 are fed and given
    /// as these whole numbers, in floats; frames are taken as their bytes, less 128 for int8. Scales and zero points must be constant.
    ///
    /// A hostile file can't do more than fail: its weights and the network's values hold at most 2³⁰ elements each,
    /// importing computes at most 2²⁸ (1 GiB), and a file holds at most 250,000 nodes, names, attributes and tensors.
    /// - Parameters:
    ///   - batch: what an input's first extent is, where the model leaves it open.
    ///   - image: if given, the model's one input, N×3×H×W or N×H×W×3, takes frames instead of a tensor, normalised
    ///     like this.
    /// - Throws: `ONNXError`.
    public init(
        onnxFile path: String, batch: Int = 1, image: ImageNormalization? = nil
    ) throws(ONNXError) {
        let file = URL(fileURLWithPath: path)
        let name = file.deletingPathExtension().lastPathComponent
        try self.init(name, model: path, ONNXExternalData(model: path), batch, image) {
            () throws(ImportFailure) in
            try ByteStorage(mapping: path)
        }
    }

    /// Reads an ONNX model from memory; external weights are refused.
    /// - Parameter name: what the network and errors are called.
    /// - Throws: `ONNXError`.
    public init(
        onnx content: [UInt8], name: String = "model", batch: Int = 1, image: ImageNormalization? = nil
    ) throws(ONNXError) {
        try self.init(name, model: name, ONNXExternalData(model: nil), batch, image) { ByteStorage(content) }
    }

    private init(
        _ name: String, model: String, _ externalData: ONNXExternalData, _ batch: Int, _ image: ImageNormalization?,
        bytes: () throws(ImportFailure) -> ByteStorage
    ) throws(ONNXError) {
        precondition(batch > 0, "a batch holds a frame")
        let content: ONNXModel
        do {
            content = try ONNXModel(ByteSlice(try bytes()))
        } catch {
            throw ONNXError(kind: error.kind, model: model, node: nil, reason: error.reason)
        }
        var importer = ONNXImporter(model: model, content, externalData, batch: batch, image)
        self = try importer.network(name: name)
        weightFiles = externalData.files.sorted()
    }
}
