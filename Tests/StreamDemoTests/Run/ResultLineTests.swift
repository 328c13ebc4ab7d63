// What results are called in a frame's line.

import Foundation
import Kernels
import Testing

@testable import Results
@testable import StreamDemo

@Suite struct ResultLineTests {
    private func line(_ result: FrameResult, _ labels: Labels? = nil) throws -> String {
        let rows = ResultRows(result, labels)
        let all: [(any Encodable)?] = [rows.top, rows.boxes, rows.segments, rows.keypoints]
        let given = all.compactMap(\.self)
        try #require(given.count == 1)
        return String(decoding: try JSON.line(given[0]), as: UTF8.self)
    }

    @Test func onlyProbabilitiesAreCalledSo() throws {
        // Scores that look like probabilities in one frame don't in the next: it isn't for the values to say.
        for (areProbabilities, name) in [(true, "p"), (false, "value")] {
            let result = FrameResult.classes([ClassValue(index: 1, value: 0.75)], areProbabilities: areProbabilities)
            let text = try line(result, Labels(["a", "b"]))
            #expect(text == "[{\"index\":1,\"label\":\"b\",\"\(name)\":0.75}]")
        }
    }

    @Test func whatIsNoNumberIsNull() throws {
        let text = try line(.classes([ClassValue(index: 0, value: .nan)], areProbabilities: false))
        #expect(text == #"[{"index":0,"label":null,"value":null}]"#)
        let points = try line(.keypoints([Keypoint(x: .infinity, y: 1.234, probability: .nan)]))
        #expect(points == #"[{"x":null,"y":1.23}]"#)
    }

    @Test func boxesAreOfPixels() throws {
        let area = PixelArea(x: 1.004, y: 2.5, width: 3, height: 4.126)
        let found = Detection(area: area, index: 1, probability: 0.5, keypoints: [])
        let text = try line(.boxes([found]), Labels(["a", "b"]))
        #expect(text == #"[{"h":4.13,"index":1,"label":"b","p":0.5,"w":3,"x":1,"y":2.5}]"#)
    }

    @Test func masksAreRuns() throws {
        let area = PixelArea(x: 1, y: 2, width: 4, height: 6)
        var found = Detection(area: area, index: 0, probability: 0.5, keypoints: [])
        found.mask = InstanceMask(area: area, width: 2, height: 3, isInside: [false, true, true, false, false, false])
        found.corners = [Keypoint(x: 1.5, y: -2, probability: nil)]
        let text = try line(.boxes([found]))
        #expect(text.contains(#""mask":{"columns":2,"h":6,"rows":3,"runs":[1,2,3],"w":4,"x":1,"y":2}"#), "\(text)")
        #expect(text.contains(#""corners":[{"x":1.5,"y":-2}]"#), "\(text)")
    }

    @Test func segmentsAreShares() throws {
        let map = Segmentation(
            shares: [Segmentation.Share(index: 2, share: 0.75)], width: 1, height: 1, classes: [2],
            area: ImageArea(width: 1, height: 1))
        #expect(try line(.segments(map)) == #"[{"index":2,"label":null,"share":0.75}]"#)
    }
}
