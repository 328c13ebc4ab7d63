// What a frame's outputs mean, in the source picture's pixels. Values.

import NetworkGraph

/// What a network is for.
package enum ResultTask: String, CaseIterable, Sendable {
    case classify, detect, segment, keypoints
}

/// A frame's result.
package enum FrameResult: Equatable, Sendable {
    /// The greatest values, greatest first.
    case classes([ClassValue], areProbabilities: Bool)
    /// The surest first.
    case boxes([Detection])
    case segments(Segmentation)
    case keypoints([Keypoint])
}

/// A class, and the network's word on it.
package struct ClassValue: Equatable, Sendable {
    package let index: Int
    /// May be infinite, or of infinite scores no number.
    package let value: Float
}

/// Something that was found.
package struct Detection: Equatable, Sendable {
    package let area: PixelArea
    /// Of its class.
    package let index: Int
    /// From 0 to 1.
    package let probability: Float
    /// None for most networks.
    package let keypoints: [Keypoint]
    /// The four corners of a box that is turned, one after the other; they may be outside. `area` is around them.
    package var corners: [Keypoint] = []
    /// nil but for networks that find the thing's own pixels.
    package var mask: InstanceMask?
}

/// A point of the source picture; it may be outside.
package struct Keypoint: Equatable, Sendable {
    package let x: Float
    package let y: Float
    /// From 0 to 1; nil where the network doesn't say.
    package let probability: Float?
}

/// Which class each pixel is of.
package struct Segmentation: Equatable, Sendable {
    package struct Share: Equatable, Sendable {
        package let index: Int
        /// Of the picture's area, from 0 to 1.
        package let share: Float
    }

    /// Those that are there, the largest first.
    package let shares: [Share]
    /// Of the part of the map that shows the picture; borders of a letterbox are left out.
    package let width: Int
    package let height: Int
    /// Row by row from the top left: classes, 255 for those beyond.
    package let classes: [UInt8]
    /// The part of the source picture that the map shows.
    package let area: ImageArea
}

/// What a user wants of results.
package struct ResultChoices: Equatable, Sendable {
    /// How many classes, of those with the greatest values.
    package var classCount: Int
    /// The least probability of what is told; nil for what the head's makers use.
    package var threshold: Float?

    package init(classCount: Int = 5, threshold: Float? = nil) {
        (self.classCount, self.threshold) = (classCount, threshold)
    }
}
