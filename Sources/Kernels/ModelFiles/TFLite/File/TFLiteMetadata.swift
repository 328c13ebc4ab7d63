// What a model says about itself: in its metadata (metadata_schema.fbs of TFLite Support, identifier "M001") how pixels
// are normalised and which packed file holds the labels, or all of it in a file of Ultralytics'. A value type.

struct TFLiteMetadata {
    /// Of the first input that takes pictures.
    let normalization: ImageNormalization?
    /// Name of the file, packed behind the model, with one class a line; nil if there is none.
    let labelsFile: String?

    /// nil for models of other exporters.
    let ultralytics: UltralyticsMetadata?

    /// How frames become pictures.
    var image: StatedImage {
        var image = ultralytics?.image ?? StatedImage()
        if let normalization { image.normalization = normalization }
        return image
    }

    /// - Parameters:
    ///   - bytes: the buffer that the model keeps it in.
    ///   - files: what is packed behind the model. Where that is damaged, the model still runs.
    init(_ bytes: ByteSlice?, _ files: PackedFiles) throws(ImportFailure) {
        ultralytics = try? UltralyticsMetadata(files)
        guard let bytes, bytes.count > 0 else {
            (normalization, labelsFile) = (nil, nil)
            return
        }
        let buffer = FlatBuffer(bytes, budget: TFLiteLimits.budget)
        guard buffer.identifier == "M001" else { throw .invalid("the metadata has no identifier 'M001'") }
        let graph = try buffer.root().tables(3, "subgraph metadata").first
        var normalization: ImageNormalization?
        for input in try graph?.tables(2, "input metadata") ?? [] {
            for unit in try input.tables(4, "process unit") where normalization == nil {
                // NormalizationOptions.
                guard try unit.number(0, UInt8.self, "options_type") == 1, let options = try unit.table(1, "options")
                else { continue }
                normalization = ImageNormalization(
                    means: try options.floats(0, "mean"), deviations: try options.floats(1, "std"))
            }
        }
        self.normalization = normalization
        var labels: String?
        for output in try graph?.tables(3, "output metadata") ?? [] {
            for file in try output.tables(6, "associated file") where labels == nil {
                // TENSOR_AXIS_LABELS or TENSOR_VALUE_LABELS.
                if [2, 3].contains(try file.number(2, Int8.self, "type")) { labels = try file.text(0, "name") }
            }
        }
        labelsFile = labels
    }
}

extension ImageNormalization {
    /// One number for all channels, or one each; nil for what no pixels can have.
    fileprivate init?(means: [Float], deviations: [Float]) {
        guard [1, 3].contains(means.count), means.count == deviations.count, means.allSatisfy(\.isFinite),
            deviations.allSatisfy({ $0 > 0 && $0.isFinite })
        else { return nil }
        func three(_ values: [Float]) -> [Float] { values.count == 3 ? values : [values[0], values[0], values[0]] }
        self.init(mean: three(means), scale: three(deviations).map { 1 / $0 })
    }
}
