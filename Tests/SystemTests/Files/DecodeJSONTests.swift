import FoundationEssentials
import Testing

@testable import System

/// Whatever it is, it throws, and the process lives: Swift 6.0's decoder ends it over some of these.
@Suite struct DecodeJSONTests {
    @Test(arguments: [
        #"{"a\x":1}"#, #"{"\uD800":1}"#, #"{"\uDC00":1}"#, #"{"\uD800\u0041":1}"#, #"{"\uZZZZ":1}"#, #"{"\u12":1}"#,
        #"{"\uD800x":1}"#, #"{"\uD800""#, #"{"\"#, #"{"\u0"#, "{\"a\u{0F}\":1}", "{\"a\t\":1}", "{\"a\n\":1}",
        "{\"a\u{0}\":1}", "", "{", "\u{0}", "[1,", "{1:2}", #"{"a":01}"#,
    ])
    func isRefused(text: String) {
        #expect(throws: DecodingError.self) { try decodeJSON([String: Int].self, from: Data(text.utf8)) }
    }

    @Test func whatIsNoTextIsRefused() {
        #expect(throws: DecodingError.self) { try decodeJSON([String: Int].self, from: Data([0x7B, 0x22, 0xFF, 0x22])) }
    }

    @Test func stringsAreRead() throws {
        let text = #"{"\u00e4 \uD83D\uDE00 \" \\ \/ \b\f\n\r\t é": 1, "plain": 2}"#
        let read = try decodeJSON([String: Int].self, from: Data(text.utf8))
        let names = ["\u{E4} \u{1F600} \" \\ / \u{8}\u{C}\n\r\t \u{E9}", "plain"]
        #expect(Set(read.keys) == Set(names))
    }

    /// Bytes changed anywhere in a document.
    @Test func damagedDocumentsAreReadOrRefused() {
        var random = SplitMix(state: 9)
        let text = Array(#"{"coexec":{"a":[1,2.5,"x\u00e4\uD83D\uDE00"],"b\n":null},"c":true}"#.utf8)
        for _ in 0..<3000 {
            var bytes = text
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            _ = try? decodeJSON(JSONValue.self, from: Data(bytes))
        }
    }
}
