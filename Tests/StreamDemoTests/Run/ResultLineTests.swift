import Kernels
import Testing

@testable import StreamDemo

@Suite struct ResultLineTests {
    @Test func topClassesGreatestFirst() {
        let top = ResultLine.top(3, of: [0.1, 0.5, 0.05, 0.3, 0.05], areProbabilities: false, labels: nil)
        #expect(top.map(\.index) == [1, 3, 0])
        #expect(top.map { $0.value?.value } == [0.5, 0.3, 0.1] && top.allSatisfy { $0.p == nil })
    }

    @Test func equalValuesKeepTheLowerIndexFirst() {
        #expect(ResultLine.top(2, of: [1, 2, 2, 2], areProbabilities: false, labels: nil).map(\.index) == [1, 2])
        #expect(ResultLine.top(5, of: [3, 3], areProbabilities: false, labels: nil).map(\.index) == [0, 1])
    }

    @Test func whatIsNoNumberIsNull() throws {
        let top = ResultLine.top(2, of: [.infinity, .nan], areProbabilities: false, labels: nil)
        #expect(String(decoding: try JSON.line(top), as: UTF8.self).contains("\"value\":null"))
    }

    @Test func onlyProbabilitiesAreCalledSo() throws {
        // Scores that look like probabilities in one frame don't in the next: it isn't for the values to say.
        for (areProbabilities, name) in [(true, "p"), (false, "value")] {
            let top = ResultLine.top(
                1, of: [0.25, 0.75], areProbabilities: areProbabilities, labels: Labels(["a", "b"]))
            let line = String(decoding: try JSON.line(top), as: UTF8.self)
            #expect(line == "[{\"index\":1,\"label\":\"b\",\"\(name)\":0.75}]")
        }
    }

    /// Rounded to 8 bits, most of a thousand probabilities are 0 and the rest needn't sum to 1.
    @Test func aSoftmaxGivesProbabilitiesWhateverTheirSum() throws {
        #expect(try NetworkCatalog.make("squeezenet").givesProbabilities)
        var network = Network(name: "scores")
        let image = try network.append(.image(ImageInput(height: 1, width: 1, mean: [0, 0, 0], scale: [1, 1, 1])))
        network.setOutputs(image)
        #expect(!network.givesProbabilities)
        // Over rows alone: not one distribution.
        network.setOutputs(try network.append(.softmax(axis: 2), image))
        #expect(!network.givesProbabilities)
    }

    @Test func theTopEqualsASort() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<50 {
            let values = (0..<40).map { _ in Float(Int.random(in: 0..<25, using: &random)) }
            let expected = values.indices.sorted { values[$0] != values[$1] ? values[$0] > values[$1] : $0 < $1 }
            #expect(
                ResultLine.top(5, of: values, areProbabilities: false, labels: nil).map(\.index)
                    == Array(expected.prefix(5)))
        }
    }
}
