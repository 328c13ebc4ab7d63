// How old the frames of a live input are when they arrive. Belongs to the thread that pulls the source, and once that
// has ended to the one that waited for it.

import Media

/// What `--max-age` counts from, and whether the input itself is later than it allows: then nothing passes, and no
/// device can help it.
struct ArrivalAges {
    private let greatestAgeNanoseconds: Int?
    private var count = 0
    private var stampedCount = 0
    private var leastNanoseconds = Int.max
    private var sumNanoseconds = 0
    private var firstNanoseconds: Int?
    /// Frames that were too old when they arrived.
    private(set) var lateCount = 0
    /// Whether it was said that all are.
    private var isTold = false

    /// So long it is looked at before it is said.
    private static let lookNanoseconds = 1_000_000_000

    /// - Parameter greatestAge: in nanoseconds; nil: any age will do.
    init(greatestAge: Int?) { greatestAgeNanoseconds = greatestAge }

    /// - Parameter moment: of a frame, in order; nil for inputs that aren't live.
    mutating func note(_ moment: FrameMoment?) {
        guard let moment else { return }
        count += 1
        firstNanoseconds = firstNanoseconds ?? moment.monotonicNanoseconds
        guard let age = moment.arrivalAgeNanoseconds else { return }
        stampedCount += 1
        leastNanoseconds = min(leastNanoseconds, age)
        sumNanoseconds += age
        if let greatestAgeNanoseconds, age > greatestAgeNanoseconds { lateCount += 1 }
    }

    /// That none passes; nil where some do.
    func warning(_ name: String) -> String? {
        guard let greatestAgeNanoseconds, count > 0, lateCount == count else { return nil }
        let (age, limit) = (leastNanoseconds.milliseconds, greatestAgeNanoseconds.milliseconds)
        return "\(name): its frames are \(age.formatted(digits: 0)) ms old or more when they arrive: none is within "
            + "--max-age \(limit.formatted(digits: 0))"
    }

    /// The same, once, when it has been so for a while.
    /// - Parameter now: the moment of the latest frame.
    mutating func newWarning(_ name: String, at moment: FrameMoment?) -> String? {
        guard !isTold, let moment, let firstNanoseconds,
            moment.monotonicNanoseconds - firstNanoseconds >= Self.lookNanoseconds
        else { return nil }
        isTold = true
        return warning(name)
    }

    /// For the summary; nil where the input isn't live, or gave nothing.
    var row: AgeRow? {
        guard count > 0 else { return nil }
        return AgeRow(
            from: 2 * stampedCount > count ? "stamp" : "arrival",
            leastAtArrivalMs: stampedCount > 0 ? leastNanoseconds.milliseconds : nil,
            meanAtArrivalMs: stampedCount > 0 ? (sumNanoseconds / stampedCount).milliseconds : nil,
            lateAtArrival: lateCount)
    }
}

/// What a live input's ages and latencies count from.
struct AgeRow: Encodable {
    /// "stamp" of most frames, or "arrival".
    let from: String
    /// How old frames with a stamp were when they arrived.
    let leastAtArrivalMs: Double?
    let meanAtArrivalMs: Double?
    /// Frames that were older than `--max-age` then.
    let lateAtArrival: Int

    var text: String {
        guard let leastAtArrivalMs, let meanAtArrivalMs else { return "ages count from when frames arrive" }
        let late = lateAtArrival > 0 ? "; \(lateAtArrival) were too old then" : ""
        return "ages count from the frames' own stamps, which were \(leastAtArrivalMs.formatted(digits: 0)) ms ago at "
            + "least when they arrived, \(meanAtArrivalMs.formatted(digits: 0)) ms in the mean\(late)"
    }
}
