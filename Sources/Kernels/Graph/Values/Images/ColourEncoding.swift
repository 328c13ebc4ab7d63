// What a picture's samples mean. Values.

/// How R, G and B are written as samples: ITU-T H.273, 8.3. RGB formats have no matrix.
public struct ColourEncoding: Hashable, Sendable {
    public let matrix: ColourMatrix
    /// Whether samples take all values (0 … 255 of 8 bits), or those between 16 and 235 (chroma: 240).
    public let isFullRange: Bool

    public init(_ matrix: ColourMatrix, isFullRange: Bool) { (self.matrix, self.isFullRange) = (matrix, isFullRange) }

    /// What most cameras and videos of less than HD have.
    public static let bt601 = ColourEncoding(.bt601, isFullRange: false)
    /// HD video.
    public static let bt709 = ColourEncoding(.bt709, isFullRange: false)
    /// What pictures have.
    public static let full = ColourEncoding(.bt601, isFullRange: true)
}

/// The share of red and blue in luma.
public enum ColourMatrix: String, CaseIterable, Sendable {
    case bt601, bt709, bt2020, fcc, smpte240m

    fileprivate var shares: (red: Double, blue: Double) {
        switch self {
        case .bt601: (0.299, 0.114)
        case .bt709: (0.2126, 0.0722)
        case .bt2020: (0.2627, 0.0593)
        case .fcc: (0.30, 0.11)
        case .smpte240m: (0.212, 0.087)
        }
    }
}

/// R, G and B, from 0 to 255, of a picture's samples: R is Σ factors[0][k] × component k + offsets[0].
package struct SampleConversion: Sendable {
    package let factors: [[Double]]
    package let offsets: [Double]
    /// Whether samples may mean colours that don't exist, which are clipped to 0 … 255.
    package let clips: Bool

    package init(_ format: PixelFormat, _ colours: ColourEncoding) {
        let layout = format.layout
        let unit = Double(1 << layout.unusedBits)
        let depth = Double(1 << (layout.bits - 8))
        let largest = Double(1 << layout.bits) - 1
        let limited = !colours.isFullRange && (layout.isYCbCr || format.isGrey)
        let black: Double = limited ? 16 * depth : 0
        let luma: Double = (limited ? 255 / (219 * depth) : 255 / largest) / unit
        guard layout.isYCbCr else {
            factors = (0..<3).map { row in (0..<3).map { $0 == row ? luma : 0 } }
            offsets = [Double](repeating: -black * unit * luma, count: 3)
            clips = limited
            return
        }
        let chroma: Double = (limited ? 255 / (224 * depth) : 255 / largest) / unit
        let middle: Double = 128 * depth * unit
        let (red, blue) = colours.matrix.shares
        let green: Double = 1 - red - blue
        let (fromBlue, fromRed): (Double, Double) = (2 * (1 - blue) * chroma, 2 * (1 - red) * chroma)
        let factors: [[Double]] = [
            [luma, 0, fromRed], [luma, -blue / green * fromBlue, -red / green * fromRed], [luma, fromBlue, 0],
        ]
        self.factors = factors
        offsets = factors.map { row in -(row[0] * black * unit + (row[1] + row[2]) * middle) }
        clips = true
    }

    /// A colour of a pixel's components.
    package func value(_ colour: Int, _ first: Double, _ second: Double, _ third: Double) -> Double {
        let row = factors[colour]
        let value: Double = row[0] * first + row[1] * second + row[2] * third + offsets[colour]
        return clips ? min(max(value, 0), 255) : value
    }
}

extension PixelFormat {
    var isGrey: Bool { self == .grey8 || self == .grey16 }
}
