// How frames of another shape than a network's input go into it. Values.

/// Which part of a frame a network sees, and where.
public enum ImageFit: Hashable, Sendable {
    /// All of the frame in all of the input; its aspect ratio isn't kept.
    case stretch
    /// The largest part in the frame's middle that has the input's aspect ratio.
    case crop
    /// All of the frame as large as it fits into the middle of the input, its aspect ratio kept; the border around it
    /// is grey, R = G = B of this byte.
    case letterbox(grey: UInt8)
}

extension ImageFit {
    /// The border that Ultralytics' and Megvii's detectors were trained with.
    public static let usualGrey: UInt8 = 114

    /// As options and files write it: `stretch`, `crop`, `letterbox`, `letterbox:0`; nil for anything else.
    public init?(parsing text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        switch (parts.first, parts.count) {
        case ("stretch", 1): self = .stretch
        case ("crop", 1): self = .crop
        case ("letterbox", 1): self = .letterbox(grey: Self.usualGrey)
        case ("letterbox", 2):
            guard let grey = UInt8(parts[1]) else { return nil }
            self = .letterbox(grey: grey)
        default: return nil
        }
    }

    /// The same, to be parsed again.
    public var text: String {
        switch self {
        case .stretch: "stretch"
        case .crop: "crop"
        case .letterbox(let grey): "letterbox:\(grey)"
        }
    }
}

/// A rectangle of pixels, from the top left.
public struct ImageArea: Hashable, Sendable {
    public let x: Int
    public let y: Int
    public let width: Int
    public let height: Int

    public init(x: Int = 0, y: Int = 0, width: Int, height: Int) {
        (self.x, self.y, self.width, self.height) = (x, y, width, height)
    }
}

/// Which part of a frame becomes which part of a network's input: what leads from a result's coordinates back to the
/// frame's.
public struct ImagePlacement: Hashable, Sendable {
    /// Of the frame.
    public let source: ImageArea
    /// Of the input.
    public let target: ImageArea
}

extension ImageInput {
    /// Where a frame of a size goes: whole pixels, sides rounded to the nearest, at least one. What remains to one
    /// side of the middle where it can't be halved is right or below.
    public func placement(frameWidth: Int, frameHeight: Int) -> ImagePlacement {
        let frame = ImageArea(width: frameWidth, height: frameHeight)
        let input = ImageArea(width: width, height: height)
        switch fit {
        case .stretch: return ImagePlacement(source: frame, target: input)
        case .crop: return ImagePlacement(source: frame.middle(like: input), target: input)
        case .letterbox: return ImagePlacement(source: frame, target: input.middle(like: frame))
        }
    }
}

extension ImageArea {
    /// The largest part in the middle with another's aspect ratio.
    fileprivate func middle(like other: ImageArea) -> ImageArea {
        func rounded(_ dividend: Int, _ divisor: Int) -> Int { max((2 * dividend + divisor) / (2 * divisor), 1) }
        if width * other.height > other.width * height {
            let part = min(rounded(height * other.width, other.height), width)
            return ImageArea(x: (width - part) / 2, width: part, height: height)
        }
        let part = min(rounded(width * other.height, other.width), height)
        return ImageArea(y: (height - part) / 2, width: width, height: part)
    }
}
