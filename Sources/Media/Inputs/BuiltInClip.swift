// The clip that plays when no input is given: the same frames on every machine. Belongs to the thread that pulls.

import Kernels

/// A view that pans over a large textured scene, with a bright disc bouncing over it.
///
/// Integer arithmetic only, so that every machine draws the same pixels. A frame costs a copy of its rows.
package final class BuiltInClip: FrameSource {
    private let width: Int
    private let height: Int
    private let frameCount: Int
    private let framesPerSecond: Int
    /// R, G, B, twice as wide and as high.
    private let scene: [UInt8]
    private var position = 0

    package var expectedFrameCount: Int? { frameCount }

    /// What users and results call it.
    package static let title = "the built-in clip"

    /// For another scene than the usual one.
    package static let otherSeed: UInt64 = 0xC11B

    /// - Parameter seed: of the scene's grain and shapes.
    /// - Precondition: sizes and the rate are positive, the count isn't negative.
    package init(
        width: Int = 640, height: Int = 360, frameCount: Int = 300, framesPerSecond: Int = 30, seed: UInt64 = 0x5EED
    ) {
        precondition(width > 0 && height > 0 && frameCount >= 0 && framesPerSecond > 0)
        (self.width, self.height) = (width, height)
        (self.frameCount, self.framesPerSecond) = (frameCount, framesPerSecond)
        scene = Self.drawScene(width: 2 * width, height: 2 * height, seed: seed)
    }

    package func next() -> VideoFrame? {
        guard position < frameCount else { return nil }
        defer { position += 1 }
        return VideoFrame(
            image: draw(position), presentationNanoseconds: position * 1_000_000_000 / framesPerSecond, fileName: nil)
    }

    private func draw(_ index: Int) -> Image {
        let left = bounce(index * 5, within: width)
        let top = bounce(index * 3, within: height)
        let (width, height) = (width, height)
        return Image(ownWidth: width, height: height) { frame in
            scene.withUnsafeBufferPointer { scene in
                for row in 0..<height {
                    let source = ((top + row) * 2 * width + left) * 3
                    (frame.baseAddress! + row * width * 3).initialize(
                        from: scene.baseAddress! + source, count: width * 3)
                }
            }
            drawDisc(index, in: frame.baseAddress!)
        }
    }

    private func drawDisc(_ index: Int, in frame: UnsafeMutablePointer<UInt8>) {
        let radius = max(1, min(width, height) / 8)
        let centreX = bounce(index * 7, within: width - 1)
        let centreY = bounce(index * 4, within: height - 1)
        let colour = (UInt8(255 - bounce(index * 2, within: 200)), UInt8(bounce(index * 3, within: 255)), UInt8(40))
        for y in max(0, centreY - radius)...min(height - 1, centreY + radius) {
            for x in max(0, centreX - radius)...min(width - 1, centreX + radius) {
                let (dx, dy) = (x - centreX, y - centreY)
                guard dx * dx + dy * dy <= radius * radius else { continue }
                let pixel = frame + (y * width + x) * 3
                (pixel[0], pixel[1], pixel[2]) = colour
            }
        }
    }

    /// Colour gradients under grain, with rectangles and ellipses of seeded places and colours.
    private static func drawScene(width: Int, height: Int, seed: UInt64) -> [UInt8] {
        var random = LinearCongruence(state: seed)
        return [UInt8](unsafeUninitializedCapacity: width * height * 3) { scene, count in
            var offset = 0
            for y in 0..<height {
                for x in 0..<width {
                    let grain = random.below(32)
                    scene[offset] = UInt8(x * 200 / width + grain)
                    scene[offset + 1] = UInt8(y * 200 / height + grain)
                    scene[offset + 2] = UInt8((x * 3 + y * 5) % 200 + grain)
                    offset += 3
                }
            }
            count = offset
            for shape in 0..<48 {
                let (halfWidth, halfHeight) = (1 + random.below(width / 12 + 1), 1 + random.below(height / 12 + 1))
                let (centreX, centreY) = (random.below(width), random.below(height))
                let colour = (random.below(224), random.below(224), random.below(224))
                for y in max(0, centreY - halfHeight)...min(height - 1, centreY + halfHeight) {
                    for x in max(0, centreX - halfWidth)...min(width - 1, centreX + halfWidth) {
                        let dx = (x - centreX) * halfHeight
                        let dy = (y - centreY) * halfWidth
                        let edge = halfWidth * halfHeight
                        guard shape % 2 == 0 || dx * dx + dy * dy <= edge * edge else { continue }
                        let pixel = (y * width + x) * 3
                        let grain = random.below(32)
                        scene[pixel] = UInt8(colour.0 + grain)
                        scene[pixel + 1] = UInt8(colour.1 + grain)
                        scene[pixel + 2] = UInt8(colour.2 + grain)
                    }
                }
            }
        }
    }
}

/// A point that runs from 0 to `limit` and back.
private func bounce(_ distance: Int, within limit: Int) -> Int {
    guard limit > 0 else { return 0 }
    let phase = distance % (2 * limit)
    return phase <= limit ? phase : 2 * limit - phase
}

/// Knuth's MMIX generator: The Art of Computer Programming, volume 2, section 3.3.4.
private struct LinearCongruence {
    var state: UInt64

    mutating func below(_ limit: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(limit))
    }
}
