import Foundation
import Testing

@testable import CoExec
@testable import StreamDemo

@Suite struct MillisecondsTests {
    @Test(arguments: [
        (0.0123456, "0.0123"), (0.5, "0.500"), (1.2345, "1.23"), (12.345, "12.3"), (123.45, "123"), (12345.6, "12346"),
        (0, "0"), (-2.5, "-2.50"),
    ])
    func timesHaveThreeDigits(value: Double, text: String) { #expect(value.threeDigits == text) }

    @Test func whatWasNeverTimedIsUnknown() throws {
        let nothing = Milliseconds(Distribution(minimum: 0, p50: 0, p90: 0, p99: 0, maximum: 0))
        #expect(nothing.text == "min –, p50 –, p90 –, p99 – ms")
        let line = String(decoding: try JSON.line(nothing), as: UTF8.self)
        #expect(line == #"{"min":null,"p50":null,"p90":null,"p99":null}"#)
        let short = Milliseconds(Distribution(minimum: 800, p50: 1500, p90: 2000, p99: 2500, maximum: 3000))
        #expect(short.text == "min 0.000800, p50 0.00150, p90 0.00200, p99 0.00250 ms")
    }
}
