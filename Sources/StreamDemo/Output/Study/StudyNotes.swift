// What a study says of its own figures: that there is nothing to gain, or why they can't be trusted far.

import CoExec

extension StudyResult.Row {
    /// Gains known no better than this, in percent, are explained.
    private static var wideInterval: Double { 10 }
    /// Shorter streams are hardly more than their start and end.
    private static var shortSeconds: Double { 1 }
    private static var fewRounds: Int { 5 }
    /// Cores that others may take without a word.
    private static var otherCores: Double { 0.1 }

    /// - Parameter gainInterval: half of the gain's confidence interval, in percent; nil for one round or device.
    static func notes(rounds: [StudyRound], gainInterval: Double?) -> [String] {
        var notes: [String] = []
        if rounds[0].deviceNames.count == 1 { notes.append("one device: there is nothing to gain") }
        if let gainInterval, gainInterval > wideInterval {
            notes.append(
                "the gain is known to ±\(gainInterval.formatted(digits: 0)) % only: "
                    + reasons(rounds).joined(separator: "; "))
        }
        let stoodStill = rounds.reduce(0) { $0 + $1.standstillSeconds }
        if stoodStill > 0 { notes.append(Standstill.note(seconds: stoodStill)) }
        return notes
    }

    private static func reasons(_ rounds: [StudyRound]) -> [String] {
        var reasons = [scatter(rounds)]
        if rounds.count < fewRounds { reasons.append("\(rounds.count) rounds are few (--rounds)") }
        if let seconds = rounds.compactMap(\.shortestSeconds).min(), seconds < shortSeconds {
            reasons.append("streams of \(seconds.threeDigits) s are short (--frames)")
        }
        let loads = rounds.compactMap(\.otherCores)
        if let most = loads.max(), most > otherCores {
            reasons.append("other programs took up to \(most.threeDigits) cores meanwhile")
        }
        return reasons
    }

    /// Which streams differ most among each other.
    private static func scatter(_ rounds: [StudyRound]) -> String {
        var streams = rounds[0].deviceNames.enumerated().map { index, name in
            (name: "\(name) alone", values: rounds.map { $0.isolated[index] })
        }
        streams.append((name: "all together", values: rounds.map(\.combined.framesPerSecond)))
        let widest = streams.max { $0.values.max()! / $0.values.min()! < $1.values.max()! / $1.values.min()! }!
        let (least, most) = (widest.values.min()!, widest.values.max()!)
        return "\(widest.name) ran at \(least.threeDigits) to \(most.threeDigits) frames/s"
    }
}

/// What is said of time in which the process stood still.
enum Standstill {
    static func note(seconds: Double) -> String {
        "the process stood still for \(seconds.threeDigits) s (stopped, or frozen), which is in no other figure"
    }
}
