// A network with what it wants of pictures and what its classes are called. Made by the application, used by any number
// of sessions.

import Kernels
import Results

/// A trained network from a file, or a built-in one.
public final class Model: Sendable {
    let opened: OpenedNetwork
    let labels: Labels?
    /// What to call where the labels are from.
    let labelsSource: String
    /// What a model's file says that it is for.
    let statedTask: String?

    /// Its file's name, or the built-in network's.
    public var name: String { opened.network.name }

    /// - Parameters:
    ///   - file: path of a TFLite or ONNX file with an input that takes pictures.
    ///   - labels: path of a text file with a class's name a line; nil: those packed with the model, or usual for it.
    ///   - pictures: what its pictures are made of, where that is otherwise than the file says or its format's default.
    /// - Throws: `TFLiteError`, `ONNXError`, `PictureTextError`, `LabelsError`, each naming the file.
    public convenience init(file: String, labels: String? = nil, pictures: PictureTexts = PictureTexts()) throws {
        try self.init(.file(file), labels: labels, pictures)
    }

    /// One with random weights, for measuring: its speed is that of the trained network, its classes mean nothing.
    /// - Parameter builtIn: see `NetworkCatalog`: "squeezenet", "resnet50".
    /// - Throws: `UnknownNetworkError`; `LabelsError`.
    public convenience init(builtIn: String, labels: String? = nil) throws {
        try self.init(.builtIn(builtIn), labels: labels, PictureTexts())
    }

    private init(_ source: NetworkSource, labels path: String?, _ pictures: PictureTexts) throws {
        opened = try source.open(ModelOptions(pictures))
        labels = try path.map { try Labels(contentsOfFile: $0) } ?? source.packedLabels().map { Labels($0) }
        labelsSource = path ?? "labels in \(opened.network.name)"
        statedTask = try source.statedTask()
    }

    /// Of the pictures that the network sees, in pixels.
    public var size: ImageSize { ImageSize(width: opened.image.width, height: opened.image.height) }

    /// What pictures become for the network, and by whose word.
    public var pictures: String { opened.image.text(opened.origins) }
}
