// What a result's numbers are called in JSON. Values.

import Devices
import Foundation
import Results

struct ClassRow: Encodable, Equatable {
    let index: Int
    let label: OrNull<String>
    /// The network's output for this class where that is a probability. Null for what is no finite number, which
    /// JSON has no way to write.
    var p: OrNull<Float>?
    /// The network's output for this class where that is anything else.
    var value: OrNull<Float>?

    init(_ found: ClassValue, isProbability: Bool, _ labels: Labels?) {
        (index, label) = (found.index, OrNull(labels?[found.index]))
        let number = OrNull(found.value.isFinite ? found.value : nil)
        if isProbability { p = number } else { value = number }
    }
}

/// In pixels of the upright source picture, to a hundredth.
struct BoxRow: Encodable, Equatable {
    let x: Double
    let y: Double
    let w: Double
    let h: Double
    let label: OrNull<String>
    let index: Int
    let p: Float
    /// Of networks that find some with each box.
    let keypoints: [KeypointRow]?
    /// Of a box that is turned: four, in turn.
    let corners: [KeypointRow]?
    /// Of networks that find the thing's own pixels.
    let mask: MaskRow?

    init(_ found: Detection, _ labels: Labels?) {
        (x, y) = (found.area.x.hundredths, found.area.y.hundredths)
        (w, h) = (found.area.width.hundredths, found.area.height.hundredths)
        (index, label, p) = (found.index, OrNull(labels?[found.index]), found.probability)
        keypoints = found.keypoints.isEmpty ? nil : found.keypoints.map(KeypointRow.init)
        corners = found.corners.isEmpty ? nil : found.corners.map(KeypointRow.init)
        mask = found.mask.map(MaskRow.init)
    }
}

/// A part of the upright source picture in so many columns and rows, and which of its cells are the thing.
struct MaskRow: Encodable, Equatable {
    let x: Double
    let y: Double
    let w: Double
    let h: Double
    let columns: Int
    let rows: Int
    /// Row by row: how many cells are outside, then inside, then outside, and so on.
    let runs: [Int]

    init(_ mask: InstanceMask) {
        (x, y) = (mask.area.x.hundredths, mask.area.y.hundredths)
        (w, h) = (mask.area.width.hundredths, mask.area.height.hundredths)
        (columns, rows, runs) = (mask.width, mask.height, mask.runs)
    }
}

struct SegmentRow: Encodable, Equatable {
    let index: Int
    let label: OrNull<String>
    /// Of the picture's area, from 0 to 1.
    let share: Float
}

/// In pixels of the upright source picture; null for what is no number.
struct KeypointRow: Encodable, Equatable {
    let x: OrNull<Double>
    let y: OrNull<Double>
    let p: Float?

    init(_ point: Keypoint) {
        x = OrNull(point.x.isFinite ? point.x.hundredths : nil)
        y = OrNull(point.y.isFinite ? point.y.hundredths : nil)
        p = point.probability.flatMap { $0.isFinite ? $0 : nil }
    }
}

/// A result by its kind: at most one of these.
struct ResultRows {
    private(set) var top: [ClassRow]?
    private(set) var boxes: [BoxRow]?
    private(set) var segments: [SegmentRow]?
    private(set) var keypoints: [KeypointRow]?

    init(_ result: FrameResult?, _ labels: Labels?) {
        switch result {
        case .classes(let classes, let areProbabilities):
            top = classes.map { ClassRow($0, isProbability: areProbabilities, labels) }
        case .boxes(let found): boxes = found.map { BoxRow($0, labels) }
        case .segments(let map):
            segments = map.shares.map { share in
                SegmentRow(index: share.index, label: OrNull(labels?[share.index]), share: share.share)
            }
        case .keypoints(let points): keypoints = points.map(KeypointRow.init)
        case nil: break
        }
    }
}

extension Float {
    fileprivate var hundredths: Double { (Double(self) * 100).rounded() / 100 }
}
