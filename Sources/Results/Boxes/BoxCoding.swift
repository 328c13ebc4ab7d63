// How detectors write boxes as numbers, and what they mean. Pure.

import Glibc

/// The meaning of a candidate's numbers. A *cell* is the candidate's place in its grid: column x and row y, `step`
/// pixels of the input apart; its *anchor* has a width and a height. Documents and `--head` write the raw values.
package enum BoxCoding: String, CaseIterable, Sendable {
    /// Left, top, right, bottom.
    case corners
    /// Top, left, bottom, right.
    case cornersByRow = "corners-by-row"
    /// Centre x, centre y, width, height.
    case centre
    /// The centre from the cell's corner and the logarithms of width and height, in cells (YOLOX, YuNet).
    case cells
    /// From the cell's middle to the left, top, right and bottom side, in cells; or for each a distribution over whole
    /// numbers of cells (FCOS; NanoDet's generalised focal loss).
    case distances
    /// The same from the cell's corner (NanoDet-Plus).
    case cornerDistances = "corner-distances"
    /// The centre from the cell's middle in anchors and the logarithms of width and height in anchors, times variances
    /// (SSD, RetinaFace).
    case priors
    /// The same as y, x, height, width (TensorFlow's SSD).
    case priorsByRow = "priors-by-row"
    /// The centre from the cell's middle, width and height, all in pixels (BlazeFace).
    case offsets
    /// The centre within the cell as a sigmoid, the logarithms of width and height in anchors (YOLO v2 to v4).
    case anchors
    /// Twice a sigmoid less a half within the cell, and the square of twice a sigmoid in anchors (YOLO v5 and v7).
    case scaledAnchors = "scaled-anchors"
    /// The centre from the cell's corner, then width and height, in cells (CenterNet).
    case peaks
    /// The logarithms of height and width in cells, then the centre from the cell's middle, y before x, in cells
    /// (CenterFace).
    case logarithmicPeaks = "logarithmic-peaks"
    /// Half a side as a share of half the input (OpenSeeFace).
    case radius
    /// The centre from the cell's corner as a hyperbolic tangent, width and height as sigmoids of the input's
    /// (FastestDet).
    case shares

    /// How many numbers there are.
    var count: Int { self == .radius ? 1 : 4 }

    /// Whether four distributions may stand for its numbers.
    var takesDistributions: Bool { self == .distances || self == .cornerDistances }

    /// Whether it needs no grid, and its numbers may be shares of the input.
    var isDecoded: Bool { self == .corners || self == .cornersByRow || self == .centre }

    var usesAnchors: Bool { [.priors, .priorsByRow, .anchors, .scaledAnchors].contains(self) }
}

/// What a candidate's numbers are measured by.
struct BoxPlace {
    var column: Float = 0
    var row: Float = 0
    var stepX: Float = 1
    var stepY: Float = 1
    var anchor = AnchorSize.none
    /// Of the centre and of the size.
    var variances: (Float, Float) = (1, 1)
    let inputWidth: Float
    let inputHeight: Float

    var middleX: Float { (column + 0.5) * stepX }
    var middleY: Float { (row + 0.5) * stepY }
}

extension BoxCoding {
    /// - Parameters:
    ///   - t: as many numbers as `count`; for distances a multiple of it.
    ///   - place: of what is decoded already, the step is what numbers are in, in pixels.
    func corners(_ t: [Float], _ place: BoxPlace) -> Corners {
        func centred(_ x: Float, _ y: Float, _ width: Float, _ height: Float) -> Corners {
            Corners(centreX: x, centreY: y, width: width, height: height)
        }
        let (stepX, stepY, anchor) = (place.stepX, place.stepY, place.anchor)
        let (near, far) = place.variances
        switch self {
        case .corners:
            return Corners(left: t[0] * stepX, top: t[1] * stepY, right: t[2] * stepX, bottom: t[3] * stepY)
        case .cornersByRow:
            return Corners(left: t[1] * stepX, top: t[0] * stepY, right: t[3] * stepX, bottom: t[2] * stepY)
        case .centre: return centred(t[0] * stepX, t[1] * stepY, t[2] * stepX, t[3] * stepY)
        case .cells:
            return centred(
                (place.column + t[0]) * stepX, (place.row + t[1]) * stepY, exp(t[2]) * stepX, exp(t[3]) * stepY)
        case .distances, .cornerDistances:
            let sides = Self.expectations(t)
            let x = self == .distances ? place.middleX : place.column * stepX
            let y = self == .distances ? place.middleY : place.row * stepY
            return Corners(
                left: x - sides[0] * stepX, top: y - sides[1] * stepY, right: x + sides[2] * stepX,
                bottom: y + sides[3] * stepY)
        case .priors:
            return centred(
                place.middleX + t[0] * near * anchor.width, place.middleY + t[1] * near * anchor.height,
                exp(t[2] * far) * anchor.width, exp(t[3] * far) * anchor.height)
        case .priorsByRow: return BoxCoding.priors.corners([t[1], t[0], t[3], t[2]], place)
        case .offsets: return centred(place.middleX + t[0], place.middleY + t[1], t[2], t[3])
        case .anchors:
            return centred(
                (place.column + sigmoid(t[0])) * stepX, (place.row + sigmoid(t[1])) * stepY, exp(t[2]) * anchor.width,
                exp(t[3]) * anchor.height)
        case .scaledAnchors:
            let (width, height) = (2 * sigmoid(t[2]), 2 * sigmoid(t[3]))
            return centred(
                (place.column + 2 * sigmoid(t[0]) - 0.5) * stepX, (place.row + 2 * sigmoid(t[1]) - 0.5) * stepY,
                width * width * anchor.width, height * height * anchor.height)
        case .peaks:
            return centred((place.column + t[0]) * stepX, (place.row + t[1]) * stepY, t[2] * stepX, t[3] * stepY)
        case .logarithmicPeaks:
            return centred(
                place.middleX + t[3] * stepX, place.middleY + t[2] * stepY, exp(t[1]) * stepX, exp(t[0]) * stepY)
        case .radius:
            return centred(
                place.column * stepX, place.row * stepY, t[0] * place.inputWidth, t[0] * place.inputHeight)
        case .shares:
            return centred(
                (place.column + tanh(t[0])) * stepX, (place.row + tanh(t[1])) * stepY,
                sigmoid(t[2]) * place.inputWidth, sigmoid(t[3]) * place.inputHeight)
        }
    }

    /// Where a point that belongs to a box is, of two of its numbers.
    func point(_ a: Float, _ b: Float, _ place: BoxPlace, _ box: Corners) -> (x: Float, y: Float) {
        switch self {
        case .corners, .cornersByRow, .centre: (a * place.stepX, b * place.stepY)
        case .cells, .cornerDistances, .anchors, .scaledAnchors, .peaks, .shares, .radius:
            ((place.column + a) * place.stepX, (place.row + b) * place.stepY)
        case .distances: (place.middleX + a * place.stepX, place.middleY + b * place.stepY)
        case .priors, .priorsByRow:
            (
                place.middleX + a * place.variances.0 * place.anchor.width,
                place.middleY + b * place.variances.0 * place.anchor.height
            )
        case .offsets: (place.middleX + a, place.middleY + b)
        case .logarithmicPeaks:
            // Shares of the box, y before x.
            (box.left + b * (box.right - box.left), box.top + a * (box.bottom - box.top))
        }
    }

    /// Four numbers as they are, or the means of four distributions over 0, 1, 2, …, whose logarithms are given.
    private static func expectations(_ t: [Float]) -> [Float] {
        let bins = t.count / 4
        guard bins > 1 else { return t }
        return (0..<4).map { side in
            let logits = t[side * bins..<(side + 1) * bins]
            let largest = logits.max() ?? 0
            var (sum, total): (Float, Float) = (0, 0)
            for (bin, logit) in logits.enumerated() {
                let share = exp(logit - largest)
                sum += share * Float(bin)
                total += share
            }
            return sum / total
        }
    }
}

func sigmoid(_ x: Float) -> Float { 1 / (1 + exp(-x)) }
