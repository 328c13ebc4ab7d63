// From a network's coordinates back to the frame's. A value.

import NetworkGraph

/// Where a frame of one size lies in a network's input: all coordinates of heads are pixels of the input, from its top
/// left; those of results are pixels of the upright source picture.
package struct FrameGeometry: Equatable, Sendable {
    /// Of the source picture.
    package let width: Int
    package let height: Int
    package let input: InputSize
    /// Which part of the one is which part of the other.
    package let placement: ImagePlacement

    package struct InputSize: Equatable, Sendable {
        package let width: Int
        package let height: Int
    }

    /// - Parameters frameWidth, frameHeight: of the upright source picture.
    package init(frameWidth: Int, frameHeight: Int, in input: ImageInput) {
        (width, height) = (frameWidth, frameHeight)
        self.input = InputSize(width: input.width, height: input.height)
        placement = input.placement(frameWidth: frameWidth, frameHeight: frameHeight)
    }

    /// Pixels of the source for one of the input.
    private var scaleX: Float { Float(placement.source.width) / Float(placement.target.width) }
    private var scaleY: Float { Float(placement.source.height) / Float(placement.target.height) }

    /// - Returns: where a point of the input is in the source; it may be outside.
    package func point(x: Float, y: Float) -> (x: Float, y: Float) {
        (
            Float(placement.source.x) + (x - Float(placement.target.x)) * scaleX,
            Float(placement.source.y) + (y - Float(placement.target.y)) * scaleY
        )
    }

    /// - Returns: the part of a box that lies in the source picture; nil where none does, or where a side is no number.
    package func area(_ corners: Corners) -> PixelArea? {
        guard corners.isFinite else { return nil }
        let (low, high) = (point(x: corners.left, y: corners.top), point(x: corners.right, y: corners.bottom))
        let (left, top) = (max(low.x, 0), max(low.y, 0))
        let (right, bottom) = (min(high.x, Float(width)), min(high.y, Float(height)))
        guard right > left, bottom > top else { return nil }
        return PixelArea(x: left, y: top, width: right - left, height: bottom - top)
    }
}

/// A box by its corners, in pixels of a network's input.
package struct Corners: Equatable, Sendable {
    package var left: Float
    package var top: Float
    package var right: Float
    package var bottom: Float

    package init(left: Float, top: Float, right: Float, bottom: Float) {
        (self.left, self.top, self.right, self.bottom) = (left, top, right, bottom)
    }

    init(centreX: Float, centreY: Float, width: Float, height: Float) {
        (left, right) = (centreX - width / 2, centreX + width / 2)
        (top, bottom) = (centreY - height / 2, centreY + height / 2)
    }

    var isFinite: Bool { left.isFinite && top.isFinite && right.isFinite && bottom.isFinite }
    var area: Float { max(right - left, 0) * max(bottom - top, 0) }

    /// The share of two boxes' area that both have (intersection over union).
    package func overlap(_ other: Corners) -> Float {
        let width = max(min(right, other.right) - max(left, other.left), 0)
        let height = max(min(bottom, other.bottom) - max(top, other.top), 0)
        let common = width * height
        let whole = area + other.area - common
        return whole > 0 ? common / whole : 0
    }
}

/// A part of the upright source picture, in pixels from its top left, all of it inside.
package struct PixelArea: Equatable, Sendable {
    package let x: Float
    package let y: Float
    package let width: Float
    package let height: Float
}
