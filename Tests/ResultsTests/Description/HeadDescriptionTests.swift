// Heads in a user's words.

import Foundation
import NetworkGraph
import Testing

@testable import Results

@Suite struct HeadDescriptionTests {
    private func described(_ json: String, _ made: MadeNetwork) throws -> any Head {
        try Heads.described(by: HeadDescription(json: Data(json.utf8), file: "head.json"), made.facts())
    }

    private func reason(_ json: String, _ made: MadeNetwork = MadeNetwork(width: 64, height: 64)) -> String {
        var made = made
        made.output([1, 84, 6], "loc")
        made.output([1, 84, 2], "conf")
        do {
            _ = try described(json, made)
            return ""
        } catch {
            return "\(error)"
        }
    }

    /// What is recognised can be said, too.
    @Test func asRecognized() throws {
        var made = MadeNetwork(width: 416, height: 416)
        made.output([1, 3549, 85], "output", .sigmoid)
        let head = try described(
            """
            {"task": "detect", "strides": [8, 16, 32], "overlap": 0.45, "threshold": 0.3,
             "boxes": {"output": "output", "coding": "cells"}, "objectness": {"output": 0, "first": 4},
             "scores": {"output": "output", "first": 5}}
            """, made)
        var random = SystemRandomNumberGenerator()
        let tensor = Tensor([1, 3549, 85], (0..<3549 * 85).map { _ in Float.random(in: 0...1, using: &random) })
        let geometry = FrameGeometry(frameWidth: 640, frameHeight: 480, in: made.facts().input)
        let said = head.result(of: [tensor], in: geometry, ResultChoices())
        #expect(said == made.heads()[0].result(of: [tensor], in: geometry, ResultChoices()))
        #expect(!said.boxes.isEmpty)
    }

    @Test func anOutputForEachStride() throws {
        var made = MadeNetwork(width: 64, height: 64)
        for stride in [16, 32] {
            made.output([1, 8, 64 / stride, 64 / stride], "box\(stride)")
            made.output([1, 1, 64 / stride, 64 / stride], "score\(stride)")
        }
        let head = try described(
            """
            {"task": "detect", "strides": [16, 32], "labels": ["thing"], "threshold": 0.5,
             "boxes": {"outputs": ["box16", "box32"], "coding": "distances", "count": 4},
             "scores": {"outputs": ["score16", "score32"], "activation": "sigmoid"}}
            """, made)
        var tables = [[1, 8, 4, 4], [1, 1, 4, 4], [1, 8, 2, 2], [1, 1, 2, 2]].map { TestTable(Shape($0), -9) }
        tables[3][3] = 9
        for number in 0..<4 { tables[2][number * 4 + 3] = 0.5 }
        let geometry = FrameGeometry(frameWidth: 64, frameHeight: 64, in: made.facts().input)
        let found = head.result(of: tables.map(\.tensor), in: geometry, ResultChoices()).boxes
        #expect(found.count == 1 && found[0].area.isNear(32, 32, 32, 32))
        #expect(head.classNames == ["thing"])
    }

    @Test func otherTasks() throws {
        var made = MadeNetwork(width: 64, height: 64)
        made.output([1, 5], "scores")
        made.output([1, 8], "points")
        made.output([1, 7, 32, 32], "map")
        #expect(try described(#"{"task": "classify", "scores": {"activation": "sigmoid"}}"#, made).task == .classify)
        let map = try described(#"{"task": "segment", "scores": {"output": "map"}}"#, made)
        #expect(map.task == .segment && map.classCount == 7)
        let points = try described(#"{"task": "keypoints", "keypoints": {"output": 1, "order": "yx"}}"#, made)
        let geometry = FrameGeometry(frameWidth: 128, frameHeight: 64, in: made.facts().input)
        let tensors = [
            Tensor([1, 5], [0, 0, 0, 0, 0]), Tensor([1, 8], [16, 32, 0, 0, 0, 0, 0, 0]), Tensor(zeros: [1, 7, 32, 32]),
        ]
        let found = points.result(of: tensors, in: geometry, ResultChoices()).points
        #expect(found.count == 4 && found[0].x == 64 && found[0].y == 16)
    }

    @Test func whatIsWrongIsNamed() {
        #expect(reason("{").contains("'head.json': it is not JSON"))
        #expect(reason("[]").contains("it is not an object"))
        #expect(reason("{}").contains("'task' is left out"))
        #expect(reason(#"{"task": "dance"}"#).contains("'task' is none of classify, detect"))
        #expect(reason(#"{"task": "detect", "bokses": {}}"#).contains("'bokses' is no key here"))
        #expect(reason(#"{"task": "detect", "threshold": 7}"#).contains("'threshold' is not from 0.0 to 1.0"))
        #expect(reason(#"{"task": "detect", "boxes": {"output": "x"}}"#).contains("'boxes.coding' is left out"))
        #expect(reason(#"{"task": "detect", "boxes": {"coding": "corners"}}"#).contains("'scores' is left out"))
        #expect(reason(#"{"task": "detect", "boxes": {"coding": "cells"}}"#).contains("needs 'strides'"))
        #expect(reason(#"{"task": "detect", "strides": ["x"]}"#).contains("'strides.[0]' is of another kind"))
        let box = #""boxes": {"output": "loc", "coding": "corners"}"#
        #expect(
            reason("{\"task\": \"detect\", \(box), \"scores\": {\"output\": \"x\"}}").contains(
                "no output 'x', only 'loc', 'conf'"))
        #expect(
            reason("{\"task\": \"detect\", \(box), \"scores\": {\"output\": 9}}").contains("no output 9, only 0 to 1"))
        #expect(reason("{\"task\": \"detect\", \(box), \"scores\": {\"output\": 1, \"first\": 2}}").contains("too few"))
        #expect(
            reason("{\"task\": \"detect\", \(box), \"scores\": {\"output\": 1, \"count\": 0}}").contains(
                "'scores.count'"))
        #expect(reason("{\"task\": \"detect\", \(box), \"scores\": {\"output\": 1}}").isEmpty)
        let order = #""keypoints": {"output": 1, "order": "yx"}"#
        let turned = reason("{\"task\": \"detect\", \(box), \"scores\": {\"output\": 1}, \(order)}")
        #expect(turned.contains("'keypoints.order' of boxes is xy or xyp"))
        #expect(reason(#"{"task": "keypoints", "keypoints": {"order": "xx"}}"#).contains("'keypoints.order'"))
        #expect(reason(#"{"task": "detect", "strides": [8], "anchors": [[[1]]]}"#).contains("'anchors'"))
    }

    /// What would be ignored is refused.
    @Test func whatHasNoUseIsNamed() {
        func detect(_ more: String, coding: String = "corners", scores: String = "") -> String {
            reason(
                """
                {"task": "detect", "boxes": {"output": "loc", "coding": "\(coding)", "count": 4}, \(more)
                 "scores": {"output": "conf"\(scores)}}
                """)
        }
        #expect(detect("").isEmpty)
        #expect(detect("", scores: #", "background": 2"#).contains("'scores.background' is 2, of 2 columns"))
        #expect(detect("", scores: #", "units": "pixels""#).contains("'scores.units' is no key here"))
        #expect(detect("", scores: #", "outputs": [1]"#).contains("'scores.outputs' are beside 'output'"))
        #expect(detect(#""per_class": true,"#).contains("'per_class' needs 'overlap'"))
        #expect(detect(#""variances": [0.1, 0.2],"#).contains("'variances' are not for 'corners'"))
        let softmax = #""objectness": {"activation": "softmax"},"#
        #expect(detect(softmax).contains("'objectness.activation'"))
        let units = #""keypoints": {"output": "conf", "units": "fractions"},"#
        #expect(detect(units).contains("'keypoints.units' is no key here"))
        for (text, key) in [
            (#"{"task": "classify", "strides": [8]}"#, "'strides'"),
            (#"{"task": "classify", "scores": {"first": 1}}"#, "'scores.first'"),
            (#"{"task": "segment", "scores": {"background": 0}}"#, "'scores.background'"),
            (#"{"task": "segment", "overlap": 0.5}"#, "'overlap'"),
            (#"{"task": "keypoints", "threshold": 0.5, "keypoints": {}}"#, "'threshold'"),
        ] {
            #expect(reason(text).contains("\(key) is no key here"), "\(text)")
        }
        #expect(reason(#"{"task": "detect", "boxes": []}"#).contains("'boxes' is of another kind"))
    }

    @Test func namesAndThresholds() throws {
        var made = MadeNetwork(width: 8, height: 8)
        made.output([1, 3], "scores")
        made.output([1, 8, 8], "map")
        made.output([1, 4, 8, 8], "maps")
        let geometry = FrameGeometry(frameWidth: 8, frameHeight: 8, in: made.facts().input)
        let tensors = [Tensor([1, 3], [0.5, 0.9, 0.7]), Tensor([1, 8, 8], (0..<64).map { Float($0) / 64 })]
        let classes = try described(
            #"{"task": "classify", "name": "pets", "threshold": 0.6, "scores": {"activation": "none"}}"#, made)
        guard case .classes(let found, _) = classes.result(of: tensors, in: geometry, ResultChoices()) else { return }
        #expect(classes.name == "pets" && found.map(\.index) == [1, 2])
        let map = try described(
            #"{"task": "segment", "name": "sky", "threshold": 0.75, "scores": {"output": "map"}}"#, made)
        let sky = map.result(of: tensors, in: geometry, ResultChoices()).map
        #expect(map.name == "sky" && sky?.shares.map(\.share) == [0.75, 0.25])
        let asked = map.result(of: tensors, in: geometry, ResultChoices(threshold: 0.25)).map
        #expect(asked?.shares.map(\.index) == [1, 0])
        #expect(throws: HeadDescriptionError.self) {
            try described(#"{"task": "segment", "threshold": 0.5, "scores": {"output": "maps"}}"#, made)
        }
    }

    /// Bytes that aren't UTF-8 end the process in Swift 6.0's decoder.
    @Test func whatIsNoText() {
        for bytes in [[0xFF, 0xFE], [0x7B, 0x22, 0x80, 0x22, 0x7D], []] as [[UInt8]] {
            #expect(throws: HeadDescriptionError.self) {
                try HeadDescription(json: Data(bytes), file: "head.json")
            }
        }
    }
}
