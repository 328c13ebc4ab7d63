// What a caller says about a model from a file, beyond what the file says. Value types.
import NetworkGraph

/// Width and height of pictures, in pixels.
public struct ImageSize: Hashable, Sendable, CustomStringConvertible {
    public let width: Int
    public let height: Int

    /// - Precondition: both above zero.
    public init(width: Int, height: Int) {
        precondition(width > 0 && height > 0, "a picture has pixels")
        (self.width, self.height) = (width, height)
    }

    public var description: String { "\(width)×\(height)" }
}

/// How a model from a file takes frames. What is nil follows the file or, where it says nothing, the default of its
/// format: see `Network.init(modelFile:_:)`.
public struct ModelOptions: Hashable, Sendable {
    /// Frames a run.
    public var batch: Int
    /// Of the pictures that the network takes, where the file leaves their height or width open.
    public var size: ImageSize?
    /// As many channels as the network has, or three where it has a fourth for opacity.
    public var channels: ImageChannels?
    /// How pixels become numbers: of each channel in the network's order, or of all.
    public var normalization: ImageNormalization?
    public var fit: ImageFit?
    /// `.area` if nil: no file says it.
    public var resampling: ImageResampling?

    /// - Precondition: a batch of one frame at least.
    public init(
        batch: Int = 1, size: ImageSize? = nil, channels: ImageChannels? = nil,
        normalization: ImageNormalization? = nil, fit: ImageFit? = nil, resampling: ImageResampling? = nil
    ) {
        precondition(batch > 0, "a batch holds a frame")
        (self.batch, self.size, self.channels, self.normalization) = (batch, size, channels, normalization)
        (self.fit, self.resampling) = (fit, resampling)
    }
}

/// What an importer makes of a model's inputs.
struct InputOptions {
    /// What a caller asks for, whatever the file says.
    let asked: ModelOptions
    /// Whether there must be one input, which takes frames instead of a tensor.
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
}
