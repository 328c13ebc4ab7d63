// Trained networks in files, and what a user says of their pictures.

import ArgumentParser
import Kernels

/// Trained networks in files.
enum ModelFile {
    static let help: ArgumentHelp = """
        A trained network as a TFLite or ONNX file, with one input that takes pictures. What they are made of is as the \
        options say, else as the file says, else its format's default: R, G, B stretched to the network's size, from \
        -1 to 1 for TFLite, as for ImageNet for ONNX; grey and RGBA from 0 to 1. The output says which it was.
        """

    /// A network that takes frames, named after its file.
    /// - Throws: `TFLiteError` or `ONNXError`; `UsageError` where a result goes to one of its files.
    static func network(_ path: String, _ options: ModelFileOptions, batch: Int = 1) throws -> OpenedNetwork {
        try FilesInUse.ofThisRun.reads(path)
        let model = try TrainedModel(modelFile: path, options.modelOptions(batch: batch))
        for file in model.network.weightFiles { try FilesInUse.ofThisRun.reads(file) }
        return OpenedNetwork(network: model.network, pixels: PixelsRow(model.image, model.origins))
    }
}

/// A network with what is known of its pictures.
struct OpenedNetwork {
    let network: Network
    let pixels: PixelsRow

    /// A built-in one.
    init(_ network: Network) { self.init(network: network, pixels: PixelsRow(network.frames, nil)) }

    init(network: Network, pixels: PixelsRow) { (self.network, self.pixels) = (network, pixels) }

    func resampled(by resampling: ImageResampling) -> OpenedNetwork {
        OpenedNetwork(network: network.resampled(by: resampling), pixels: pixels)
    }
}

extension Network {
    /// What frames become.
    /// - Precondition: a network that takes some.
    var frames: ImageInput {
        guard case .image(let input) = nodes[inputs[0]].operation else {
            preconditionFailure("network '\(name)' takes no frames")
        }
        return input
    }
}

/// What a model's file leaves open, or what is to be otherwise than it says.
struct ModelFileOptions: ParsableArguments {
    @Option(help: "Width x height, as 320x240, at which a model runs whose file leaves its pictures' size open.")
    var size: PictureSize?

    @Option(help: "What a model's channels are: rgb, bgr or grey; with a fourth channel opacity follows.")
    var channels: ChannelOrder?

    @Option(help: "A model's pixels are (byte - mean) / scale, both of 0 to 255: A or, for each of its channels, A,B,C.")
    var mean: ChannelNumbers?

    @Option(help: "See --mean. Where only one of the two is given, the other does nothing.")
    var scale: ChannelNumbers?

    @Option(
        help: """
            Both by name: imagenet; zero-one and minus-one-one, these ranges; bytes, from 0 to 255; caffe, bytes less \
            ImageNet's mean colour, in channels B, G, R.
            """)
    var preset: ImagePreset?

    @Option(
        help: """
            How frames of another shape become a model's pictures: stretch; crop, the middle of them; letterbox[:GREY], \
            all of them within a border (114 if left out).
            """)
    var fit: ImageFit?

    func validate() throws {
        guard preset == nil || (mean == nil && scale == nil) else {
            throw ValidationError("Give --preset or --mean and --scale, not both.")
        }
        if let scale, scale.values.contains(0) { throw ValidationError("--scale divides: it can't be 0.") }
        if let mean, let scale, mean.values.count != scale.values.count, mean.values.count > 1, scale.values.count > 1 {
            throw ValidationError("--mean and --scale are of different numbers of channels.")
        }
    }

    func modelOptions(batch: Int) -> ModelOptions {
        var options = ModelOptions(
            batch: batch, size: size?.imageSize, channels: channels.flatMap { ImageChannels(rawValue: $0.rawValue) },
            fit: fit)
        if let preset { options.set(preset) }
        if mean != nil || scale != nil {
            let (means, scales) = (mean?.values ?? [0], scale?.values ?? [1])
            let count = max(means.count, scales.count)
            func each(_ values: [Float]) -> [Float] {
                values.count == count ? values : [Float](repeating: values[0], count: count)
            }
            options.normalization = ImageNormalization(mean: each(means), scale: each(scales).map { 1 / $0 })
        }
        return options
    }

    /// - Throws: if any is given where there is no model.
    func checkLeftOut() throws {
        let given: [(name: String, isGiven: Bool)] = [
            ("--size", size != nil), ("--channels", channels != nil), ("--mean", mean != nil),
            ("--scale", scale != nil), ("--preset", preset != nil), ("--fit", fit != nil),
        ]
        if let option = given.first(where: \.isGiven) {
            throw ValidationError("\(option.name) is for --model: built-in networks know their pictures.")
        }
    }
}

/// The order of a network's channels.
enum ChannelOrder: String, CaseIterable, ExpressibleByArgument { case rgb, bgr, grey }

/// A number for each channel, or one for all.
struct ChannelNumbers: ExpressibleByArgument {
    let values: [Float]

    /// As "127.5" or "123.675,116.28,103.53".
    init?(argument: String) {
        let values = argument.split(separator: ",", omittingEmptySubsequences: false).map { Float($0) }
        guard [1, 3, 4].contains(values.count), values.allSatisfy({ $0?.isFinite ?? false }) else { return nil }
        self.values = values.compactMap(\.self)
    }
}

extension ImagePreset: ExpressibleByArgument {}

extension ImageFit: ExpressibleByArgument {
    public init?(argument: String) { self.init(parsing: argument) }
}
