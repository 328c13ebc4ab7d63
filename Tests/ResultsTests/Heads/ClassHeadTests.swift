// Classes, maps and points out of made-up outputs.

import Glibc
import NetworkGraph
import Testing

@testable import Results

@Suite struct ClassHeadTests {
    private let geometry = FrameGeometry(
        frameWidth: 20, frameHeight: 10,
        in: ImageInput(height: 20, width: 20, mean: [0, 0, 0], scale: [1, 1, 1], fit: .letterbox(grey: 0)))

    private func classes(
        _ values: [Float], _ step: Operation, _ choices: ResultChoices = ResultChoices(), labels: Int? = nil
    ) -> ([ClassValue], Bool) {
        var made = MadeNetwork(width: 20, height: 20)
        made.output([1, values.count], nil, step)
        let head = made.heads(labels: labels)[0]
        let result = head.result(of: [Tensor([1, values.count], values)], in: geometry, choices)
        if case .classes(let classes, let areProbabilities) = result { return (classes, areProbabilities) }
        return ([], false)
    }

    @Test func softmaxIsAppliedWhereThereIsNone() {
        let (scores, areProbabilities) = classes([1, 3, 2], .sum, labels: 3)
        #expect(areProbabilities && scores.map(\.index) == [1, 2, 0])
        #expect(abs(scores[0].value - 0.66524) < 1e-4)
        let (shares, _) = classes([0.1, 0.7, 0.2], .softmax(axis: 1))
        #expect(shares[0].value == 0.7)
        let (logarithms, _) = classes([log(0.1), log(0.9)], .logSoftmax(axis: 1))
        #expect(abs(logarithms[0].value - 0.9) < 1e-5)
        let (sigmoids, _) = classes([0.9, 0.8], .sigmoid)
        #expect(sigmoids.map(\.value) == [0.9, 0.8])
        // What a clamp leaves is no score of a layer.
        let (values, are) = classes([4, 2], .activation(.relu))
        #expect(!are && values[0].value == 4)
    }

    /// Nothing says that a layer's four numbers are classes, unless a user does.
    @Test func aLayersNumbersMayBeAnything() {
        let (values, areProbabilities) = classes([1, 3, 2, 0], .sum)
        #expect(!areProbabilities && values.map(\.value) == [3, 2, 1, 0])
        var made = MadeNetwork(width: 20, height: 20)
        made.output([1, 4], nil, .sum)
        let asked = Heads.classes(of: made.facts())
        let result = asked.result(of: [Tensor([1, 4], [1, 3, 2, 0])], in: geometry, ResultChoices())
        guard case .classes(_, areProbabilities: true) = result else {
            Issue.record("\(result)")
            return
        }
    }

    @Test func whatIsNoNumberHidesNothing() {
        let (scores, _) = classes([.nan, 3, 2, .nan, 5], .sum, labels: 5)
        #expect(scores.map(\.index) == [4, 1, 2])
        #expect(abs(scores.reduce(0) { $0 + $1.value } - 1) < 1e-5)
        #expect(classes([.nan, .nan], .softmax(axis: 1)).0.isEmpty)
    }

    @Test func thresholdAndCount() {
        let values: [Float] = [0.1, 0.6, 0.25, 0.05]
        #expect(classes(values, .softmax(axis: 1), ResultChoices(classCount: 2)).0.map(\.index) == [1, 2])
        #expect(classes(values, .softmax(axis: 1), ResultChoices(threshold: 0.2)).0.map(\.index) == [1, 2])
    }

    @Test func theTopEqualsASort() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<50 {
            let values = (0..<40).map { _ in Float(Int.random(in: 0..<25, using: &random)) }
            let expected = values.indices.sorted { values[$0] != values[$1] ? values[$0] > values[$1] : $0 < $1 }
            for count in [5, 40, 100] {
                #expect(ClassHead.greatest(count, of: values).map(\.index) == Array(expected.prefix(count)))
            }
        }
    }

    /// A picture of 20 × 10 lies in rows 5 to 15 of 20.
    @Test func sharesOfThePictureAlone() throws {
        var made = MadeNetwork(width: 20, height: 20, fit: .letterbox(grey: 0))
        made.output([1, 4, 20, 20], nil, .softmax(axis: 1))
        var scores = TestTable([1, 4, 20, 20])
        // The border is of class 3, the picture's left half of class 1, the rest of class 0.
        for y in 0..<20 {
            for x in 0..<20 {
                let label = (5..<15).contains(y) ? (x < 10 ? 1 : 0) : 3
                scores[label * 400 + y * 20 + x] = 1
            }
        }
        let map = try #require(made.heads()[0].result(of: [scores.tensor], in: geometry, ResultChoices()).map)
        #expect(map.shares.map(\.index) == [0, 1] && map.shares.allSatisfy { $0.share == 0.5 })
        #expect(map.width == 20 && map.height == 10 && map.classes.count == 200)
        #expect(map.area == ImageArea(width: 20, height: 10))
    }

    /// A hand's points, how sure it is of them, and which hand it is.
    @Test func pointsOfAHand() throws {
        var made = MadeNetwork(width: 20, height: 20, fit: .letterbox(grey: 0))
        made.output([1, 63])
        for _ in 0..<2 { made.output([1, 1]) }
        func points(_ flag: Float, _ threshold: Float?) -> [Keypoint] {
            let places = Tensor([1, 63], [Float](repeating: 10, count: 63))
            return made.heads()[0].result(
                of: [places, Tensor([1, 1], [flag]), Tensor([1, 1], [9])], in: geometry,
                ResultChoices(threshold: threshold)
            ).points
        }
        #expect(points(0, nil).count == 21 && points(0, nil)[4] == Keypoint(x: 10, y: 5, probability: 0.5))
        #expect(points(0, 0.6).isEmpty && points(2, 0.6).count == 21)
        #expect(points(.nan, 0.1).isEmpty)
    }

    @Test func pointsOfABody() throws {
        var made = MadeNetwork(width: 20, height: 20, fit: .letterbox(grey: 0))
        made.output([1, 1, 17, 3])
        var table = TestTable([1, 1, 17, 3])
        (table[3], table[4], table[5]) = (0.5, 0.25, 0.75)
        let points = made.heads()[0].result(of: [table.tensor], in: geometry, ResultChoices()).points
        #expect(points.count == 17)
        #expect(points[1] == Keypoint(x: 5, y: 5, probability: 0.75))
    }
}
