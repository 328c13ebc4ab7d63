// One line of an external meter: "time watts" or "watts". Pure.

/// What a line of text says.
enum ExternalMeterLine: Equatable {
    /// A time as it was written.
    enum Time: Equatable {
        /// Seconds with a fraction, in nanoseconds.
        case nanoseconds(Int)
        /// A whole number of seconds, milliseconds, microseconds or nanoseconds.
        case ticks(Int)
    }

    /// What no meter tells.
    private static let mostWatts = 1e7

    case sample(Time?, watts: Double)
    /// Nothing, or a comment after '#'.
    case blank
    case unreadable

    /// - Parameter line: one or two numbers with blanks, tabs, commas or semicolons between them.
    init(_ line: String) {
        let text = line.prefix { $0 != "#" }
        let fields = text.split { $0.isWhitespace || $0 == "," || $0 == ";" }
        guard !fields.isEmpty else {
            self = .blank
            return
        }
        guard fields.count <= 2, let watts = Double(fields[fields.count - 1]), abs(watts) < Self.mostWatts else {
            self = .unreadable
            return
        }
        guard fields.count == 2 else {
            self = .sample(nil, watts: watts)
            return
        }
        self = Self.time(fields[0]).map { .sample($0, watts: watts) } ?? .unreadable
    }

    private static func time(_ field: Substring) -> Time? {
        if let ticks = Int(field) { return .ticks(ticks) }
        let parts = field.split(separator: ".", omittingEmptySubsequences: false)
        // A Double holds today's time to 0.2 µs only: whole seconds and fraction are read each by itself.
        if parts.count == 2, parts[0].first != "-", let seconds = Int(parts[0]), seconds < Int.max / 1_000_000_000 - 1,
            parts[1].allSatisfy(\.isASCII), parts[1].allSatisfy(\.isNumber)
        {
            let digits = parts[1].prefix(9)
            let fraction = Int(digits + String(repeating: "0", count: 9 - digits.count)) ?? 0
            return .nanoseconds(seconds * 1_000_000_000 + fraction)
        }
        guard let seconds = Double(field), seconds.isFinite, abs(seconds) < 9e9 else { return nil }
        return .nanoseconds(Int(seconds * 1e9))
    }
}
