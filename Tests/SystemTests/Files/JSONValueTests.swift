// JSONValue: every kind of value, there and back.

import FoundationEssentials
import Testing

@testable import System

@Suite struct JSONValueTests {
    @Test func everyKindIsReadAndWritten() throws {
        let text = #"{"a":[1,-2.5,"x",true,false,null,[],{}],"b":{"c":"1","d":1}}"#
        let value = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
        let expected: JSONValue = .object([
            "a": .list([
                .integer(1), .number(-2.5), .text("x"), .bool(true), .bool(false), .null, .list([]), .object([:]),
            ]), "b": .object(["c": .text("1"), "d": .integer(1)]),
        ])
        #expect(value == expected)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let written = String(decoding: try encoder.encode(value), as: UTF8.self)
        #expect(written == text)
    }
}
