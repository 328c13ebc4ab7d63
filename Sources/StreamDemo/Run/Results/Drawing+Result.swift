// What is drawn of a result. Pure.

import Kernels
import Media
import Results

extension Drawing {
    /// Boxes with their classes and masks, the most likely classes, the map of classes, or points.
    init(_ result: FrameResult?, _ meaning: ResultMeaning) {
        self.init()
        func name(_ index: Int) -> String { meaning.labels?[index] ?? "class \(index)" }
        func percent(_ share: Float) -> String { "\((Double(share) * 100).formatted(digits: 0)) %" }
        switch result {
        case .boxes(let found):
            masks = found.compactMap { detection in
                detection.mask.map { mask in
                    Mask(
                        x: mask.area.x, y: mask.area.y, width: mask.area.width, height: mask.area.height,
                        columns: mask.width, isInside: mask.isInside, colour: detection.index)
                }
            }
            func caption(_ detection: Detection) -> String {
                "\(name(detection.index)) \(percent(detection.probability))"
            }
            outlines = found.filter { !$0.corners.isEmpty }.map { detection in
                Outline(
                    corners: detection.corners.map { ($0.x, $0.y) }, caption: caption(detection),
                    colour: detection.index)
            }
            boxes = found.filter(\.corners.isEmpty).map { detection in
                Box(
                    x: detection.area.x, y: detection.area.y, width: detection.area.width,
                    height: detection.area.height,
                    caption: caption(detection), colour: detection.index)
            }
            points = found.flatMap { detection in
                detection.keypoints.map { Point(x: $0.x, y: $0.y, colour: detection.index + 1) }
            }
        case .classes(let classes, let areProbabilities):
            lines = classes.filter { $0.value.isFinite }.map { found in
                let value = areProbabilities ? percent(found.value) : "\(found.value)"
                return (text: "\(name(found.index)) \(value)", colour: found.index)
            }
        case .keypoints(let found):
            points = found.enumerated().compactMap { index, point in
                point.probability ?? 1 >= 0.2 ? Point(x: point.x, y: point.y, colour: index) : nil
            }
        case .segments(let map):
            // The first class is the background of Pascal VOC's 21, of two, and where it is called so.
            let isBackground = [2, 21].contains(meaning.head?.classCount) || meaning.labels?[0] == "background"
            if !map.classes.isEmpty {
                tint = Tint(
                    width: map.width, height: map.height, classes: map.classes, x: map.area.x, y: map.area.y,
                    areaWidth: map.area.width, areaHeight: map.area.height, background: isBackground ? 0 : nil)
            }
            lines = map.shares.prefix(6).map { share in
                (text: "\(name(share.index)) \(percent(share.share))", colour: share.index)
            }
        case nil: break
        }
    }
}
