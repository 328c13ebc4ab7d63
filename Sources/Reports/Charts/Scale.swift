// From values to places in a chart. Values.

import Glibc
import System

/// An axis: what values lie between its ends, and which are written beside it.
struct Scale {
    enum Kind {
        case linear
        case logarithmic
    }

    let kind: Kind
    let values: ClosedRange<Double>
    /// Where the ends are, in the chart's units; the first may be the greater one.
    let places: (first: Double, last: Double)
    let ticks: [Double]

    /// From 0, or from below the least value, to a round number above all of them.
    init(linear all: [Double], places: (Double, Double)) {
        // Far from where steps would be 0 or infinite.
        let finite = all.filter(\.isFinite).map { abs($0) < 1e-100 ? 0 : min(max($0, -1e100), 1e100) }
        let (least, greatest) = (min(finite.min() ?? 0, 0), max(finite.max() ?? 1, 0))
        let span = greatest - least > 0 ? greatest - least : 1
        let step = Self.step(span / 5)
        let low = (least / step).rounded(.down)
        let high = max((greatest / step - 1e-9).rounded(.up), low + 1)
        (kind, values, self.places) = (.linear, low * step...high * step, places)
        ticks = (Int(low)...Int(high)).map { Double($0) * step }
    }

    /// From a power of ten, or 2 or 5 of one, to another.
    /// - Parameter all: those above 0 count.
    init(logarithmic all: [Double], places: (Double, Double)) {
        let positive = all.filter { $0 > 1e-100 && $0 < 1e100 }
        let (least, greatest) = (positive.min() ?? 1, positive.max() ?? 10)
        let exponents = Int(log10(least).rounded(.down)) - 1...Int(log10(greatest).rounded(.up)) + 1
        let round = exponents.flatMap { exponent in [1.0, 2, 5].map { $0 * pow(10, Double(exponent)) } }
        let low = round.last { $0 <= least * 1.0001 } ?? least
        let high = round.first { $0 >= greatest * 0.9999 && $0 > low } ?? greatest
        (kind, values, self.places) = (.logarithmic, low...high, places)
        let inside = round.filter { low...high ~= $0 }
        // Three labels a power of ten are too many for many of them.
        ticks = inside.count <= 8 ? inside : inside.filter { abs(log10($0) - log10($0).rounded()) < 1e-9 }
    }

    /// 1, 2 or 5 times a power of ten, at least as great.
    private static func step(_ least: Double) -> Double {
        let power = pow(10, log10(least).rounded(.down))
        return [1, 2, 5, 10].map { $0 * power }.first { $0 >= least * 0.9999 } ?? 10 * power
    }

    /// Values beyond the ends are at the ends.
    func place(_ value: Double) -> Double {
        let value = min(max(value, values.lowerBound), values.upperBound)
        let share =
            switch kind {
            case .linear: (value - values.lowerBound) / (values.upperBound - values.lowerBound)
            case .logarithmic: log(value / values.lowerBound) / log(values.upperBound / values.lowerBound)
            }
        return places.first + share * (places.last - places.first)
    }

    /// A tick's number.
    func text(_ tick: Double) -> String {
        let digits = max(0, -Int(log10(abs(tick) > 0 ? smallestStep : 1).rounded(.down)))
        return kind == .logarithmic ? tick.shortText : tick.formatted(digits: tick == 0 ? 0 : digits)
    }

    private var smallestStep: Double { ticks.count > 1 ? ticks[1] - ticks[0] : 1 }
}

extension Double {
    /// Without zeros that say nothing.
    var shortText: String {
        let text = threeDigits
        guard text.contains(".") else { return text }
        let digits = text.reversed().drop { $0 == "0" }
        return String((digits.first == "." ? digits.dropFirst() : digits).reversed())
    }
}

/// A point of the circle around 0; a turn is 1.
func unitCircle(_ turn: Double) -> (Double, Double) { (cos(2 * .pi * turn), sin(2 * .pi * turn)) }
