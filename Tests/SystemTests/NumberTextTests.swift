// Numbers in text: as C writes them, whatever language the process has asked C for.

import Testing

@testable import System

@Suite struct NumberTextTests {
    @Test(
        arguments: [
            (0, 0, "0"), (-0.04, 1, "-0.0"), (12.345, 2, "12.35"), (0.125, 2, "0.12"), (99.5, 0, "100"),
            (1e21, 1, "1" + "0".times(21) + ".0"),
            (.infinity, 1, "inf"), (-.infinity, 0, "-inf"), (.nan, 2, "nan"),
        ] as [(Double, Int, String)])
    func digits(value: Double, digits: Int, expected: String) {
        #expect(value.formatted(digits: digits) == expected)
    }

    @Test func everyNumberHasRoom() {
        let text = (-Double.greatestFiniteMagnitude).formatted(digits: 12)
        #expect(text.hasPrefix("-17976931348623157") && text.hasSuffix(".000000000000"))
    }
}

extension String {
    fileprivate func times(_ count: Int) -> String { String(repeating: self, count: count) }
}
