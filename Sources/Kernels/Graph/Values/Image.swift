// A raw video frame: what a source gives and what a network's image input takes.

/// An 8-bit RGB picture, three bytes a pixel, rows contiguous from the top.
public struct Image: Sendable, Equatable {
    public let width: Int
    public let height: Int
    /// `width × height × 3` bytes, R, G, B. Write elements, not the count.
    public var pixels: [UInt8] {
        didSet { precondition(pixels.count == width * height * 3, "an image's size is fixed") }
    }

    /// - Precondition: `pixels.count == width × height × 3`, and neither side is zero.
    public init(width: Int, height: Int, pixels: [UInt8]) {
        precondition(width > 0 && height > 0 && pixels.count == width * height * 3)
        self.width = width
        self.height = height
        self.pixels = pixels
    }
}
