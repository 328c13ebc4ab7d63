// How a frame of some geometry becomes a network's input: what engines prepare once and use for each frame. Values.

/// Where each component's samples go, along the axes of the picture as it is stored.
package struct ImageSampling: Sendable {
    package struct Component: Sendable {
        package let samples: PixelComponent
        package let across: ImageAxis
        package let down: ImageAxis
    }

    package let placement: ImagePlacement
    /// R, G, B, or Y, Cb, Cr.
    package let components: [Component]
    /// Of the result, turned as the frame is stored.
    package let rowLength: Int
    package let rowCount: Int
    /// R, G, B are Σ matrix[colour][k] × sum of component k + matrix[colour][3], clipped to 0 … 255 if they are.
    package let matrix: [[Float]]
    package let clips: Bool

    package init(_ frame: Image, _ input: ImageInput) {
        let orientation = frame.orientation
        placement = input.placement(frameWidth: frame.width, frameHeight: frame.height)
        let source = orientation.stored(placement.source, width: frame.width, height: frame.height)
        let target = placement.target
        let (rowLength, rowCount) =
            orientation.isTransposed ? (target.height, target.width) : (target.width, target.height)
        (self.rowLength, self.rowCount) = (rowLength, rowCount)
        components = frame.format.layout.components.map { component in
            Component(
                samples: component,
                across: ImageAxis(
                    frame.stored.x + source.x, source.width, pixels: component.width, to: rowLength, input.resampling),
                down: ImageAxis(
                    frame.stored.y + source.y, source.height, pixels: component.height, to: rowCount,
                    input.resampling))
        }
        let scales = components.map { $0.across.factor * $0.down.factor }
        let conversion = SampleConversion(frame.format, frame.colours)
        matrix = (0..<3).map { colour in
            (0..<3).map { Float(conversion.factors[colour][$0] * scales[$0]) } + [Float(conversion.offsets[colour])]
        }
        clips = conversion.clips
    }
}
