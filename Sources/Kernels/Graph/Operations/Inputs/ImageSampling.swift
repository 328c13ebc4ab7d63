// How a frame of some geometry becomes a network's input: what engines prepare once and use for each frame. Values.

/// Where each component's samples go, along the axes of the picture as it is stored.
package struct ImageSampling: Sendable {
    package struct Component: Sendable {
        package let samples: PixelComponent
        package let across: ImageAxis
        package let down: ImageAxis
    }

    /// The part of a plane that is looked at, by whichever components lie in it.
    package struct Plane: Sendable {
        /// In samples from the beginning of a row.
        package let columns: Range<Int>
        package let down: ImageAxis
    }

    package let placement: ImagePlacement
    package let planes: [Plane]
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
        planes = (0..<frame.format.layout.planeCount).map { [components] index in
            let own = components.filter { $0.samples.plane == index }
            let first = own.map { $0.across.first * $0.samples.step }.min()!
            let last = own.map { $0.across.last * $0.samples.step + $0.samples.offset }.max()!
            return Plane(columns: first..<last + 1, down: own[0].down)
        }
        let scales = components.map { $0.across.factor * $0.down.factor }
        let conversion = SampleConversion(frame.format, frame.colours)
        matrix = (0..<3).map { colour in
            (0..<3).map { Float(conversion.factors[colour][$0] * scales[$0]) } + [Float(conversion.offsets[colour])]
        }
        clips = conversion.clips
    }
}
