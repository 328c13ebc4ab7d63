// TFLite_Detection_PostProcess: boxes out of a single-shot detector's encodings and scores.
import NetworkGraph

extension TFLiteImporter {
    /// Encodings, scores and anchors. The four results (corners, classes, scores, how many) are cut out of one.
    mutating func detections(_ operands: TFLiteOperands) throws(ImportFailure) -> [TFLiteNode] {
        guard let bytes = operands.customOptions else { throw .invalid("its options are left out") }
        let options = DetectionOptions(try FlexMap(bytes))
        let detection = try options.detection()
        var inputs: [Int] = []
        for index in 0..<3 { inputs.append(try stated(try node(operands[index])).id) }
        let all = TFLiteNode(
            try draft.append(.anchoredDetection(detection), inputs, name: currentName), [1, detection.limit + 1, 6])
        try spend(2 * detection.limit)
        let rows = try gathered(all, axis: 1, Array(0..<detection.limit))
        let count = try gathered(
            try gathered(all, axis: 1, [detection.limit]), axis: 2, [0])
        return [
            try gathered(rows, axis: 2, [0, 1, 2, 3]),
            try reshaped(try gathered(rows, axis: 2, [4]), [1, detection.limit]),
            try reshaped(try gathered(rows, axis: 2, [5]), [1, detection.limit]),
            try reshaped(count, [1]),
        ]
    }
}

private struct DetectionOptions {
    private let map: FlexMap

    init(_ map: FlexMap) { self.map = map }

    func detection() throws(ImportFailure) -> AnchoredDetection {
        let (boxes, classesPerBox) = (try count("max_detections"), try count("max_classes_per_detection"))
        let classes = try count("num_classes")
        let (limit, overflow) = boxes.multipliedReportingOverflow(by: min(classesPerBox, classes))
        guard !overflow, limit <= ImportLimits.window else { throw .unsupported("\(boxes) × \(classesPerBox) boxes") }
        return AnchoredDetection(
            limit: limit, classesPerBox: min(classesPerBox, classes),
            limitPerClass: try count("detections_per_class", default: 100),
            threshold: try number("nms_score_threshold"), overlap: try number("nms_iou_threshold"), classes: classes,
            scales: [
                try number("y_scale"), try number("x_scale"), try number("h_scale"), try number("w_scale"),
            ], isPerClass: map.numbers["use_regular_nms"] ?? 0 != 0)
    }

    private func number(_ name: String) throws(ImportFailure) -> Float {
        guard let number = map.numbers[name].map(Float.init), number.isFinite else {
            throw .invalid("the option \(name) is left out")
        }
        return number
    }

    private func count(_ name: String, default value: Double? = nil) throws(ImportFailure) -> Int {
        guard let number = map.numbers[name] ?? value, number >= 1, number <= Double(ImportLimits.window) else {
            throw .invalid("the option \(name) is not from 1 to \(ImportLimits.window)")
        }
        return Int(number)
    }
}
