// Times as outputs show them: milliseconds with three digits that mean something, and nothing where nothing was timed.

import CoExec
import Devices
import System

/// Latency or service time in milliseconds; nulls where no frame was timed.
struct Milliseconds: Encodable {
    let min: OrNull<Double>
    let p50: OrNull<Double>
    let p90: OrNull<Double>
    let p99: OrNull<Double>

    init(_ distribution: Distribution) {
        // Times are 1 ns at least, so that only an empty distribution has a 0.
        func value(_ nanoseconds: Int) -> OrNull<Double> {
            OrNull(distribution.maximum > 0 ? nanoseconds.milliseconds : nil)
        }
        (min, p50) = (value(distribution.minimum), value(distribution.p50))
        (p90, p99) = (value(distribution.p90), value(distribution.p99))
    }

    var text: String {
        let parts = [("min", min), ("p50", p50), ("p90", p90), ("p99", p99)].map { "\($0) \($1.threeDigits)" }
        return parts.joined(separator: ", ") + " ms"
    }
}

extension OrNull<Double> {
    /// A dash where it isn't known.
    var threeDigits: String { value?.threeDigits ?? "–" }
}
