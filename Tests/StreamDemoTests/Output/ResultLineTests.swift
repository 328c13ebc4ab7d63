import Testing

@testable import StreamDemo

@Suite struct ResultLineTests {
    @Test func topClassesGreatestFirst() {
        let top = ResultLine.top(3, of: [0.1, 0.5, 0.05, 0.3, 0.05], labels: nil)
        #expect(top.map(\.index) == [1, 3, 0])
        #expect(top.map(\.p.value) == [0.5, 0.3, 0.1])
    }

    @Test func equalValuesKeepTheLowerIndexFirst() {
        #expect(ResultLine.top(2, of: [1, 2, 2, 2], labels: nil).map(\.index) == [1, 2])
        #expect(ResultLine.top(5, of: [3, 3], labels: nil).map(\.index) == [0, 1])
    }

    @Test func whatIsNoNumberIsNull() throws {
        let top = ResultLine.top(2, of: [.infinity, .nan], labels: nil)
        #expect(String(decoding: try JSON.line(top), as: UTF8.self).contains("\"p\":null"))
    }

    @Test func theTopEqualsASort() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<50 {
            let values = (0..<40).map { _ in Float(Int.random(in: 0..<25, using: &random)) }
            let expected = values.indices.sorted { values[$0] != values[$1] ? values[$0] > values[$1] : $0 < $1 }
            #expect(ResultLine.top(5, of: values, labels: nil).map(\.index) == Array(expected.prefix(5)))
        }
    }
}
