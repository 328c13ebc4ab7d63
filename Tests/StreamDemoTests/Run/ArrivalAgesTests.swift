// How old frames are when they arrive: what is counted, and when a user is told that none is young enough.

import Media
import Testing

@testable import StreamDemo

@Suite struct ArrivalAgesTests {
    private func moment(_ milliseconds: Int, age: Int?) -> FrameMoment {
        FrameMoment(
            monotonicNanoseconds: milliseconds * 1_000_000, wallNanoseconds: 0,
            arrivalAgeNanoseconds: age.map { $0 * 1_000_000 })
    }

    @Test func allTooOldIsSaidOnce() throws {
        var ages = ArrivalAges(greatestAge: 200_000_000)
        var warnings: [String] = []
        for frame in 0..<40 {
            let moment = moment(40 * frame, age: 310 + frame % 3)
            ages.note(moment)
            if let warning = ages.newWarning("cam", at: moment) { warnings.append(warning) }
            #expect(warnings.isEmpty == (frame < 25))
        }
        #expect(warnings == ["cam: its frames are 310 ms old or more when they arrive: none is within --max-age 200"])
        let row = try #require(ages.row)
        #expect(row.from == "stamp" && row.leastAtArrivalMs == 310 && row.lateAtArrival == 40)
        #expect(abs((row.meanAtArrivalMs ?? 0) - 311) < 0.1)
        #expect(row.text.contains("310 ms ago at least") && row.text.contains("; 40 were too old then"), "\(row.text)")
    }

    @Test func someAreYoungEnough() throws {
        var ages = ArrivalAges(greatestAge: 200_000_000)
        for frame in 0..<40 {
            let moment = moment(40 * frame, age: frame == 3 ? 190 : 300)
            ages.note(moment)
            #expect(ages.newWarning("cam", at: moment) == nil)
        }
        #expect(ages.warning("cam") == nil && ages.row?.lateAtArrival == 39)
    }

    /// Of what carries no stamps nothing is late by itself, and recordings have no age at all.
    @Test func withoutStamps() throws {
        var ages = ArrivalAges(greatestAge: 1)
        ages.note(nil)
        #expect(ages.row == nil && ages.warning("clip") == nil)
        for frame in 0..<40 { ages.note(moment(40 * frame, age: nil)) }
        #expect(ages.row?.from == "arrival" && ages.row?.leastAtArrivalMs == nil && ages.row?.lateAtArrival == 0)
        #expect(ages.warning("cam") == nil && ages.row?.text == "ages count from when frames arrive")
        var unlimited = ArrivalAges(greatestAge: nil)
        for frame in 0..<40 { unlimited.note(moment(40 * frame, age: 900)) }
        #expect(unlimited.warning("cam") == nil && unlimited.row?.from == "stamp")
    }
}
