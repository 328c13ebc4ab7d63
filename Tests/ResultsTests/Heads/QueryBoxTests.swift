// Detectors with a box a query: what is told from what, and boxes out of made-up numbers.

import Glibc
import NetworkGraph
import Testing

@testable import Results

@Suite struct QueryBoxTests {
    private func apart(_ queries: Int, _ scores: Int, _ steps: Operation...) -> MadeNetwork {
        var made = MadeNetwork(width: 640, height: 480)
        made.output([1, queries, scores], "logits", steps.first ?? .sum)
        made.output([1, queries, 4], "pred_boxes", .sigmoid)
        return made
    }

    private func names(_ made: MadeNetwork, labels: Int? = nil) -> [String] { made.heads(labels: labels).map(\.name) }

    @Test func areToldByCounts() {
        #expect(names(apart(100, 92)) == ["DETR boxes, 91 classes and none"])
        #expect(names(apart(300, 80)) == ["boxes of queries, 80 classes"])
        #expect(names(apart(300, 91)) == ["boxes of queries, 91 classes"])
        // Nothing says it: one more than names, as many, neither.
        #expect(names(apart(100, 6), labels: 5) == ["DETR boxes, 5 classes and none"])
        #expect(names(apart(100, 6), labels: 6) == ["boxes of queries, 6 classes"])
        #expect(names(apart(100, 6)).count == 2)
        #expect(names(apart(100, 6), labels: 9).isEmpty)
        #expect(names(apart(100, 6, .softmax(axis: 2))) == ["DETR boxes, 5 classes and none"])
        #expect(names(apart(100, 6, .sigmoid)) == ["boxes of queries, 6 classes"])
    }

    /// Boxes that are no shares, other counts on both sides, and a pyramid's.
    @Test func whatOnlyLooksLikeThem() {
        var open = MadeNetwork(width: 640, height: 480)
        open.output([1, 100, 92], nil, .sum)
        open.output([1, 100, 4], nil, .sum)
        #expect(open.heads().isEmpty)
        var uneven = MadeNetwork(width: 640, height: 480)
        uneven.output([1, 100, 92], nil, .sum)
        uneven.output([1, 101, 4], nil, .sigmoid)
        #expect(uneven.heads().isEmpty)
        #expect(apart(6300, 92).heads().isEmpty)
    }

    @Test func nothingIsTheLastClass() throws {
        let made = apart(100, 92)
        let head = try #require(made.heads().first)
        #expect(head.classCount == 91)
        var (scores, boxes) = (TestTable([1, 100, 92]), TestTable([1, 100, 4], 0.5))
        for query in 0..<100 { scores[query * 92 + 91] = 20 }
        // Query 7: class 17 by e⁵ to 90 and none's 1: 148.41 of 239.41.
        (scores[7 * 92 + 17], scores[7 * 92 + 91]) = (5, 0)
        for (number, value) in [Float](arrayLiteral: 0.25, 0.5, 0.1, 0.2).enumerated() { boxes[7 * 4 + number] = value }
        let geometry = FrameGeometry(frameWidth: 1280, frameHeight: 960, in: made.facts().input)
        let found = head.result(of: [scores.tensor, boxes.tensor], in: geometry, ResultChoices()).boxes
        try #require(found.count == 1)
        #expect(found[0].index == 17 && abs(found[0].probability - 148.413 / 239.413) < 1e-4)
        #expect(found[0].area.isNear(0.2 * 1280, 0.4 * 960, 0.1 * 1280, 0.2 * 960))
    }

    /// Each class by its own sigmoid; no box makes way for another.
    @Test func queriesDontMakeWay() throws {
        let made = apart(300, 80)
        let head = try #require(made.heads().first)
        var (scores, boxes) = (TestTable([1, 300, 80], -9), TestTable([1, 300, 4], 0.5))
        (scores[3 * 80 + 2], scores[4 * 80 + 2]) = (log(9), log(4))
        boxes[4 * 4] = 0.501
        let geometry = FrameGeometry(frameWidth: 640, frameHeight: 480, in: made.facts().input)
        let found = head.result(of: [scores.tensor, boxes.tensor], in: geometry, ResultChoices()).boxes
        #expect(found.map(\.index) == [2, 2] && head.classNames?[2] == "car")
        #expect(zip(found, [0.9, 0.8] as [Float]).allSatisfy { abs($0.probability - $1) < 1e-5 })
    }

    /// Side by side in one output, of two classes too, where YOLOv10 has as many numbers a row.
    @Test(arguments: [2, 80]) func joined(classes: Int) throws {
        var made = MadeNetwork(width: 640, height: 640)
        made.joined([[1, 300, 4], [1, 300, classes]], axis: 2)
        let head = try #require(made.heads().first)
        #expect(made.heads().count == 1 && head.name == "RT-DETR boxes, \(classes) classes")
        #expect(made.heads(labels: classes + 1).isEmpty)
        let columns = 4 + classes
        var table = TestTable([1, 300, columns])
        for (number, value) in [Float](arrayLiteral: 0.5, 0.25, 0.5, 0.5, 0.1, 0.7).enumerated() {
            table[299 * columns + number] = value
        }
        let geometry = FrameGeometry(frameWidth: 100, frameHeight: 200, in: made.facts().input)
        let found = head.result(of: [table.tensor], in: geometry, ResultChoices()).boxes
        #expect(found.count == 1 && found[0].index == 1 && found[0].probability == 0.7)
        #expect(found[0].area.isNear(25, 0, 50, 100))
    }
}
