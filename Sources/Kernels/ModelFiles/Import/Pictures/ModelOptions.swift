// What a caller says about a model from a file, beyond what the file says. Value types.
import NetworkGraph

/// Width and height of pictures, in pixels.
public struct ImageSize: Hashable, Sendable, CustomStringConvertible {
    public let width: Int
    public let height: Int

    /// What no picture can have is refused when a model is opened.
    public init(width: Int, height: Int) { (self.width, self.height) = (width, height) }

    public var description: String { "\(width)×\(height)" }
}

/// How a model from a file takes frames. What is nil follows the file or, where it says nothing, the default of its
/// format: see `Network.init(modelFile:_:)`.
public struct ModelOptions: Equatable, Sendable {
    /// Frames a run. Where the file fixes another number, its shapes are worked out anew.
    public var batch: Int
    /// Of the pictures that the network takes. Where the file fixes another, its shapes are worked out anew; a file
    /// whose network isn't the same at both is refused, and the error names the node that holds the size.
    public var size: ImageSize?
    /// As many channels as the network has, or three where it has a fourth for opacity.
    public var channels: ImageChannels?
    /// How pixels become numbers: of each channel in the network's order, or of all.
    public var normalization: ImageNormalization?
    public var fit: ImageFit?
    /// `.area` if nil: no file says it.
    public var resampling: ImageResampling?
    /// What inputs beside the pictures hold, by name: the same in every run.
    public var constantInputs: [String: Tensor]
    /// Inputs beside the pictures that each run is given, by name and as the file calls them. The network then has more
    /// inputs than one, in the file's order, and is run by `ExecutionContext.run` alone: a recurrent state goes back in as
    /// the `.tensor` of the output that the run before gave.
    public var tensorInputs: Set<String>

    /// What can't be is refused when a model is opened.
    public init(
        batch: Int = 1, size: ImageSize? = nil, channels: ImageChannels? = nil,
        normalization: ImageNormalization? = nil, fit: ImageFit? = nil, resampling: ImageResampling? = nil,
        constantInputs: [String: Tensor] = [:], tensorInputs: Set<String> = []
    ) {
        (self.batch, self.size, self.channels, self.normalization) = (batch, size, channels, normalization)
        (self.fit, self.resampling) = (fit, resampling)
        (self.constantInputs, self.tensorInputs) = (constantInputs, tensorInputs)
    }
}

/// What an importer makes of a model's inputs.
struct InputOptions {
    /// What a caller asks for, whatever the file says.
    private(set) var asked: ModelOptions
    /// Whether there must be one input that takes frames instead of a tensor, and none beside it that nobody asked for.
    let takesFrames: Bool
    /// Where neither says it: of RGB, and of all else.
    let fallbacks: (rgb: ImageNormalization, other: ImageNormalization)

    init(_ options: ModelOptions, rgb: ImageNormalization) {
        (asked, takesFrames, fallbacks) = (options, true, (rgb, .unit))
    }

    /// - Parameter image: nil for inputs that take tensors.
    init(batch: Int, size: ImageSize?, image: ImageNormalization?) {
        (asked, takesFrames) = (ModelOptions(batch: batch, size: size), image != nil)
        fallbacks = (image ?? .unit, image ?? .unit)
    }

    /// The same for pictures of another size.
    func resized(to size: ImageSize) -> InputOptions {
        var options = self
        options.asked.size = size
        return options
    }

    /// Whether an input may become frames.
    func takesFrames(_ name: String) -> Bool {
        takesFrames && !asked.tensorInputs.contains(name) && asked.constantInputs[name] == nil
    }

    /// What a caller says that an input holds.
    /// - Throws: where it has other extents than the file says.
    func constant(_ name: String, _ extents: [Int?]) throws(ImportFailure) -> Tensor? {
        guard let tensor = asked.constantInputs[name] else { return nil }
        let given = tensor.shape.extents
        guard given.count == extents.count, zip(given, extents).allSatisfy({ $1 == nil || $0 == $1 }) else {
            throw .unsupported("it is \(InputOptions.text(extents)), and a value of \(tensor.shape) is given for it")
        }
        return tensor
    }

    /// "N×3×?×?".
    static func text(_ extents: [Int?]) -> String {
        extents.enumerated().map { $1.map(String.init) ?? ($0 == 0 ? "N" : "?") }.joined(separator: "×")
    }
}
