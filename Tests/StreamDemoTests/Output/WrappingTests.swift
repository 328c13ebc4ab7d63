import Testing

@testable import StreamDemo

@Suite struct WrappingTests {
    @Test func linesAreCutAtBlanks() {
        #expect("one two three four".wrapped(to: 9) == "one two\n  three\n  four")
        #expect("a b".wrapped(to: 3) == "a b" && "".wrapped() == "" && "one\n\ntwo".wrapped() == "one\n\ntwo")
    }

    @Test func whatIsCutOffIsIndentedFurther() {
        #expect("  gpu: a b\nx".wrapped(to: 8) == "  gpu: a\n    b\nx")
    }

    @Test func longWordsStayWhole() {
        #expect("a verylongword b".wrapped(to: 6) == "a\n  verylongword\n  b")
    }
}
