// The public way in: a network from an ONNX file.
import FoundationEssentials
import NetworkGraph

extension Network {
    /// Reads an ONNX file (https://onnx.ai), opset 6 to 24, with the operators that vision networks use.
    ///
    /// Batch normalisation and scaling become part of the convolutions in front of them, constants and what follows
    /// from shapes are computed, a condition (If) that is known by that is replaced by its branch, functions of the model
    /// stand in their calls' place, and what no output needs is left out, inputs too; the others keep their order. The
    /// network is called what the file is. All floats are FP32 here, whatever the model says: weights of other widths are
    /// converted, inputs are fed as FP32. Whole numbers and truth values that a run computes, outputs of them too
    /// (ArgMax, Greater), are floats, exact below 2²⁴; positions outside of what they point into are taken as the nearest
    /// ones. NonMaxSuppression gives as many rows as there may be, those beyond what it found being −1. Weights
    /// in external files are read from the model's folder only; links are followed where they stay in the folder that the
    /// model's file really lies in.
    ///
    /// Networks in 8 bits become networks of real numbers that are rounded to grids: QuantizeLinear with its
    /// DequantizeLinear is one `.unary(.quantize(grid))`, left out where the value lies on that grid already; weights
    /// that are dequantised keep their grid (`weightGrid`); QLinearConv and the like, those of ONNX Runtime included,
    /// are the operators on real numbers, their results rounded. Inputs and outputs in uint8 or int8 are fed and given
    /// as these whole numbers, in floats; frames are taken as their bytes, less 128 for int8. Scales and zero points
    /// must be constant.
    ///
    /// A hostile file can't do more than fail: its weights and the network's values hold at most 2³⁰ elements each,
    /// importing computes at most 2²⁸ (1 GiB), and a file holds at most 250,000 nodes, names, attributes and tensors.
    /// - Parameters:
    ///   - batch: what an input's first extent is, where the model leaves it open; of frames also where it fixes another.
    ///   - size: height and width of inputs with three channels or one, whatever the model says, where its network is
    ///     the same at both sizes; nil: the model's.
    ///   - image: if given, the model's one input, N×C×H×W or N×H×W×C with C being 3 (RGB) or 1 (luma), takes frames
    ///     instead of a tensor, normalised like this.
    /// - Throws: `ONNXError`.
    public init(
        onnxFile path: String, batch: Int = 1, size: ImageSize? = nil, image: ImageNormalization? = nil
    ) throws(ONNXError) {
        self = try Self.imported(onnxFile: path, InputOptions(batch: batch, size: size, image: image)).0
    }

    static func imported(
        onnxFile path: String, _ options: InputOptions
    ) throws(ONNXError) -> (Network, AssumedPictures?) {
        let file = URL(fileURLWithPath: path)
        let name = file.deletingPathExtension().lastPathComponent
        return try imported(name, model: path, ONNXExternalData(model: path), options) {
            () throws(ImportFailure) in
            try ByteStorage(mapping: path)
        }
    }

    /// Reads an ONNX model from memory; external weights are refused.
    /// - Parameter name: what the network and errors are called.
    /// - Throws: `ONNXError`.
    public init(
        onnx content: [UInt8], name: String = "model", batch: Int = 1, size: ImageSize? = nil,
        image: ImageNormalization? = nil
    ) throws(ONNXError) {
        let options = InputOptions(batch: batch, size: size, image: image)
        self = try Self.imported(name, model: name, ONNXExternalData(model: nil), options) { ByteStorage(content) }.0
    }

    /// The names of a model's classes, from index 0, as its metadata lists them; nil if there are none.
    static func labels(onnxFile path: String) throws(ONNXError) -> [String]? {
        try content(of: path) { () throws(ImportFailure) in try ByteStorage(mapping: path) }.metadata.labels
    }

    /// What a model says that it is for.
    static func statedTask(onnxFile path: String) throws(ONNXError) -> String? {
        try content(of: path) { () throws(ImportFailure) in try ByteStorage(mapping: path) }.metadata.task
    }

    private static func imported(
        _ name: String, model: String, _ externalData: ONNXExternalData, _ options: InputOptions,
        bytes: () throws(ImportFailure) -> ByteStorage
    ) throws(ONNXError) -> (Network, AssumedPictures?) {
        var importer = try ONNXImporter(model: model, content(of: model, bytes: bytes), externalData, options)
        var network = try importer.network(name: name)
        network.weightFiles = externalData.files.sorted()
        return (network, importer.pictures)
    }

    private static func content(
        of model: String, bytes: () throws(ImportFailure) -> ByteStorage
    ) throws(ONNXError) -> ONNXModel {
        do throws(ImportFailure) {
            let bytes = ByteSlice(try bytes())
            // What no model is shall not be called a damaged one.
            do throws(ImportFailure) {
                let model = try ONNXModel(bytes)
                if model.graph != nil { return model }
                throw .invalid("no graph: not an ONNX model")
            } catch {
                throw ForeignFile(bytes)?.failure ?? error
            }
        } catch {
            throw ONNXError(kind: error.kind, model: model, node: nil, reason: error.reason)
        }
    }
}
