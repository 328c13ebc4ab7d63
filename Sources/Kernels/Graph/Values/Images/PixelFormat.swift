// How the samples of a picture lie in memory. Values.

/// The formats of pictures that networks take as they are. Names are those of GStreamer and of V4L2; samples of more
/// than 8 bits are little-endian.
public enum PixelFormat: String, CaseIterable, Sendable {
    /// Three or four bytes a pixel; the fourth is not looked at.
    case rgb, bgr, rgbx, bgrx
    /// Planes of Y, Cb and Cr: a sample of chroma for 2×2, for 2×1 pixels, for each.
    case i420, i422, i444
    /// As `i420`, with 10 bits in the lower ones of 16.
    case i010
    /// A plane of Y, and one of Cb, Cr (`nv21`: Cr, Cb) for 2×2 pixels each.
    case nv12, nv21
    /// As `nv12`, with 10 bits in the upper ones of 16.
    case p010
    /// Y Cb Y Cr, and Cb Y Cr Y: chroma for 2×1 pixels.
    case yuy2, uyvy
    case grey8, grey16
}

/// Where a component (R, G, B, or Y, Cb, Cr) of a picture is.
package struct PixelComponent: Hashable, Sendable {
    package let plane: Int
    /// Of the first sample, in samples.
    package let offset: Int
    /// From one to the next of a row, in samples.
    package let step: Int
    /// Pixels that a sample stands for.
    package let width: Int
    package let height: Int

    fileprivate init(_ plane: Int, _ offset: Int = 0, step: Int = 1, width: Int = 1, height: Int = 1) {
        (self.plane, self.offset, self.step, self.width, self.height) = (plane, offset, step, width, height)
    }
}

/// What a format is made of.
package struct PixelLayout: Hashable, Sendable {
    /// R, G, B, or Y, Cb, Cr; grey is its own R, G and B.
    package let components: [PixelComponent]
    package let isYCbCr: Bool
    /// Of a sample that counts.
    package let bits: Int
    /// Zero bits below these.
    package let unusedBits: Int

    fileprivate init(
        _ components: [PixelComponent], isYCbCr: Bool = true, bits: Int = 8, unusedBits: Int = 0
    ) {
        (self.components, self.isYCbCr, self.bits, self.unusedBits) = (components, isYCbCr, bits, unusedBits)
    }

    package var bytesPerSample: Int { bits > 8 ? 2 : 1 }
    package var planeCount: Int { components[2].plane + 1 }

    /// Samples of a plane's row, of a picture so wide.
    package func rowSamples(of plane: Int, width: Int) -> Int {
        components.filter { $0.plane == plane }.map { component in
            (width + component.width - 1) / component.width * component.step
        }.max() ?? 0
    }

    /// Rows of a plane.
    package func rows(of plane: Int, height: Int) -> Int {
        let lines = components.first { $0.plane == plane }?.height ?? 1
        return (height + lines - 1) / lines
    }
}

extension PixelFormat {
    package var layout: PixelLayout { Self.layouts[self]! }

    private static let layouts = Dictionary(uniqueKeysWithValues: allCases.map { ($0, $0.makeLayout()) })

    private func makeLayout() -> PixelLayout {
        typealias Component = PixelComponent
        func packed(_ first: Int, _ second: Int, _ third: Int, step: Int) -> PixelLayout {
            PixelLayout([first, second, third].map { Component(0, $0, step: step) }, isYCbCr: false)
        }
        func planar(width: Int, height: Int, bits: Int = 8) -> PixelLayout {
            let chroma = [1, 2].map { Component($0, width: width, height: height) }
            return PixelLayout([Component(0)] + chroma, bits: bits)
        }
        func paired(_ blue: Int, _ red: Int, bits: Int = 8, unusedBits: Int = 0) -> PixelLayout {
            let chroma = [blue, red].map { Component(1, $0, step: 2, width: 2, height: 2) }
            return PixelLayout([Component(0)] + chroma, bits: bits, unusedBits: unusedBits)
        }
        func mixed(_ luma: Int) -> PixelLayout {
            let chroma = [1 - luma, 3 - luma].map { Component(0, $0, step: 4, width: 2) }
            return PixelLayout([Component(0, luma, step: 2)] + chroma)
        }
        func grey(bits: Int) -> PixelLayout {
            PixelLayout([Component](repeating: Component(0), count: 3), isYCbCr: false, bits: bits)
        }
        return switch self {
        case .rgb: packed(0, 1, 2, step: 3)
        case .bgr: packed(2, 1, 0, step: 3)
        case .rgbx: packed(0, 1, 2, step: 4)
        case .bgrx: packed(2, 1, 0, step: 4)
        case .i420: planar(width: 2, height: 2)
        case .i422: planar(width: 2, height: 1)
        case .i444: planar(width: 1, height: 1)
        case .i010: planar(width: 2, height: 2, bits: 10)
        case .nv12: paired(0, 1)
        case .nv21: paired(1, 0)
        case .p010: paired(0, 1, bits: 10, unusedBits: 6)
        case .yuy2: mixed(0)
        case .uyvy: mixed(1)
        case .grey8: grey(bits: 8)
        case .grey16: grey(bits: 16)
        }
    }
}
