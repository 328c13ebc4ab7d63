// What a caller says about a model from a file, beyond what the file says. Value types.

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

/// How a model from a file takes frames.
public struct ModelOptions: Hashable, Sendable {
    /// Frames a run, where the file leaves the input's first extent open; for TFLite also where it says 1.
    public var batch: Int
    /// Of the pictures that the network takes, where the file leaves their height or width open.
    public var size: ImageSize?
    /// How pixels become numbers. Nil for what the file says or, if it says nothing, what most models of its format
    /// expect: RGB as for ImageNet in ONNX and from −1 to 1 in TFLite, luma from 0 to 1.
    public var normalization: ImageNormalization?

    /// - Precondition: a batch of one frame at least.
    public init(batch: Int = 1, size: ImageSize? = nil, normalization: ImageNormalization? = nil) {
        precondition(batch > 0, "a batch holds a frame")
        (self.batch, self.size, self.normalization) = (batch, size, normalization)
    }
}

/// What an importer makes of a model's inputs.
struct InputOptions {
    let batch: Int
    let size: ImageSize?
    /// Whether there must be one input, which takes frames instead of a tensor.
    let takesFrames: Bool
    /// What a caller asks for, whatever the file says.
    let normalization: ImageNormalization?
    /// Where neither says it: of RGB, and of luma.
    let fallbacks: (rgb: ImageNormalization, luma: ImageNormalization)

    init(_ options: ModelOptions, rgb: ImageNormalization) {
        (batch, size, takesFrames) = (options.batch, options.size, true)
        (normalization, fallbacks) = (options.normalization, (rgb, .unit))
    }

    /// - Parameter image: nil for inputs that take tensors.
    init(batch: Int, size: ImageSize?, image: ImageNormalization?) {
        precondition(batch > 0, "a batch holds a frame")
        (self.batch, self.size, takesFrames) = (batch, size, image != nil)
        (normalization, fallbacks) = (nil, (image ?? .unit, image ?? .unit))
    }
}
