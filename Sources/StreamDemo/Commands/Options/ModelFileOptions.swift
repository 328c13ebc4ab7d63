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
    static func open(_ path: String, _ options: ModelOptions) throws -> OpenedNetwork {
        try FilesInUse.ofThisRun.reads(path)
        let opened = try NetworkSource.file(path).open(options)
        for file in opened.network.weightFiles { try FilesInUse.ofThisRun.reads(file) }
        return opened
    }
}

/// What a model's file leaves open, or what is to be otherwise than it says.
struct ModelFileOptions: ParsableArguments {
    @Option(
        help: """
            Width x height, as 320x240, of the pictures that a model takes: where its file leaves them open, or fixes \
            others and no node holds these.
            """)
    var size: ImageSize?

    @Option(help: "What a model's channels are: rgb, bgr or grey; with a fourth channel opacity follows.")
    var channels: ImageChannels?

    @Option(
        help: "A model's pixels are (byte - mean) / scale, both of 0 to 255: A or, for each of its channels, A,B,C.")
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
        do throws(PictureTextError) { _ = try options() } catch { throw ValidationError(error.ofOptions) }
    }

    /// - Parameter resampling: nil for area.
    func options(batch: Int = 1, _ resampling: ImageResampling? = nil) throws(PictureTextError) -> ModelOptions {
        try ModelOptions(
            batch: batch, size: size, channels: channels, mean: mean, scale: scale, preset: preset, fit: fit,
            resampling: resampling)
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

extension PictureTextError {
    /// The same of the options.
    fileprivate var ofOptions: String {
        switch self {
        case .presetAndNumbers: "Give --preset or --mean and --scale, not both."
        case .scaleOfZero: "--scale divides: it can't be 0."
        case .differentChannels: "--mean and --scale are of different numbers of channels."
        case .unreadable: "--\(self)"
        }
    }
}

extension ImageSize: ExpressibleByArgument {
    public init?(argument: String) { self.init(parsing: argument) }
}

extension ImageChannels: ExpressibleByArgument {
    public init?(argument: String) { self.init(plain: argument) }
    public static var allValueStrings: [String] { plain.map(\.rawValue) }
}

extension ChannelNumbers: ExpressibleByArgument {
    package init?(argument: String) { self.init(parsing: argument) }
}

extension ImagePreset: ExpressibleByArgument {}

extension ImageFit: ExpressibleByArgument {
    public init?(argument: String) { self.init(parsing: argument) }
}
