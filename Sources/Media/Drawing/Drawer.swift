// Pictures with something drawn on them: converted to R, G, B, whatever their format and however they lie. On one
// thread.

import CFFmpeg
import Kernels

/// A picture with what is drawn on it.
package struct DrawnPicture {
    let canvas: Canvas
}

/// Draws on pictures, one after the other, on a canvas that it keeps.
package final class Drawer {
    private let scaler = Scaler()
    private var canvas = Canvas(width: 0, height: 0)
    /// A picture as it is stored, where that isn't upright.
    private var stored = Canvas(width: 0, height: 0)

    package init() {}

    /// - Returns: the upright picture, until the next is drawn.
    /// - Throws: `DrawingError` where swscale can't convert it.
    package func draw(_ drawing: Drawing, on image: Image) throws(DrawingError) -> DrawnPicture {
        // Chroma that stands for two columns and rows begins at even ones.
        let (left, top) = (image.stored.x & 1, image.stored.y & 1)
        let part = ImageArea(
            x: image.stored.x - left, y: image.stored.y - top, width: image.stored.width + left,
            height: image.stored.height + top)
        Self.fit(&canvas, image.width, image.height)
        let isUpright = image.orientation == .upright && left == 0 && top == 0
        if !isUpright { Self.fit(&stored, part.width, part.height) }
        guard convert(image, part, into: isUpright ? canvas : stored) else {
            throw DrawingError(file: nil, reason: "a picture of \(image.format.rawValue) can't be converted")
        }
        if !isUpright { turn(image, left, top) }
        canvas.draw(drawing)
        return DrawnPicture(canvas: canvas)
    }

    private static func fit(_ canvas: inout Canvas, _ width: Int, _ height: Int) {
        if canvas.width != width || canvas.height != height { canvas = Canvas(width: width, height: height) }
    }

    /// What was stored, behind its first columns and rows, as it stands upright.
    private func turn(_ image: Image, _ left: Int, _ top: Int) {
        let steps = image.orientation.steps(width: canvas.width, height: canvas.height, rowLength: canvas.rowLength)
        let (rowLength, width, height) = (stored.rowLength, image.stored.width, image.stored.height)
        stored.withPixels { stored in
            canvas.withPixels { pixels in
                for y in 0..<height {
                    var source = ((y + top) * rowLength + left) * 3
                    var target = (steps.start + y * steps.down) * 3
                    for _ in 0..<width {
                        pixels[target] = stored[source]
                        pixels[target + 1] = stored[source + 1]
                        pixels[target + 2] = stored[source + 2]
                        source += 3
                        target += steps.along * 3
                    }
                }
            }
        }
    }

    private func convert(_ image: Image, _ part: ImageArea, into canvas: Canvas) -> Bool {
        let layout = image.format.layout
        let source = Scaler.Pixels(
            width: part.width, height: part.height, format: image.format.avFormat,
            isFullRange: image.colours.isFullRange)
        return image.withPlanes { planes in
            let all = [planes.0, planes.1, planes.2]
            var bases = [UnsafePointer<UInt8>?](repeating: nil, count: 4)
            var strides = [Int32](repeating: 0, count: 4)
            for plane in 0..<layout.planeCount {
                let column = layout.rowSamples(of: plane, width: part.x) * layout.bytesPerSample
                let row = layout.rows(of: plane, height: part.y)
                let start = all[plane].base + row * all[plane].stride + column
                bases[plane] = start.assumingMemoryBound(to: UInt8.self)
                strides[plane] = Int32(all[plane].stride)
            }
            return canvas.withPixels { pixels in
                scaler.convert(
                    source, bases, strides, to: canvas.layout, [pixels.baseAddress!, nil, nil, nil],
                    [Int32(canvas.rowLength * 3), 0, 0, 0], matrix: image.colours.matrix)
            }
        }
    }
}
