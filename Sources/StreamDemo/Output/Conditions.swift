// Under which conditions figures were measured: frequencies, temperatures, whether heat held anything back, and whether
// the CPUs and the time that the process had were all of its own throughout.

import Devices
import Foundation

/// The conditions of a run as JSON and as text.
struct Conditions: Encodable {
    struct Clock: Encodable {
        /// The kernel's: "policy4", "fb000000.gpu".
        let name: String
        /// "cpu", "gpu", or "other" such as a memory bus.
        let kind: String
        /// Those that share the clock; empty for what is no CPU.
        let cpus: [Int]
        /// Whether a device of the run has this clock.
        let used: Bool
        /// With a comma between them if it changed meanwhile.
        let governor: OrNull<String>
        /// The current frequency.
        let mhz: OrNull<Megahertz>
        /// The most it may run at while nothing throttles it.
        let maxMhz: OrNull<Double>
        /// The lowest limit seen.
        let limitMhz: OrNull<Double>
        let throttledPercent: Double
    }

    struct Megahertz: Encodable, Hashable {
        let min: Double
        let mean: Double
        let max: Double
    }

    struct Temperature: Encodable {
        let name: String
        let startC: Double
        let maxC: Double
    }

    /// A lane that the system has moved from the CPUs that it was bound to.
    struct MovedLane: Encodable {
        let device: String
        let lane: Int
        let cpus: [Int]
        let now: [Int]
        /// Where else it was found to run, now or before.
        let seen: [Int]
    }

    let clocks: [Clock]
    let temperatures: [Temperature]
    let throttled: Bool
    let causes: [String]
    /// Files that failed meanwhile, so that their figures have gaps.
    let notes: [String]
    let movedLanes: [MovedLane]
    /// The contract has them beside the conditions.
    let limits: Limits?
    private let moves: [String]

    private enum CodingKeys: CodingKey { case clocks, temperatures, throttled, causes, notes, movedLanes }

    init(_ seen: ClockConditions, limits: Limits? = nil, moved: [BindingChange] = []) {
        self.limits = limits
        movedLanes = moved.map {
            MovedLane(
                device: $0.device, lane: $0.lane, cpus: $0.cpus.numbers, now: $0.now.numbers, seen: $0.seen.numbers)
        }
        moves = BindingChange.lines(moved)
        clocks = seen.clocks.map { clock in
            Clock(
                name: clock.domain.name, kind: clock.domain.kind.rawValue, cpus: clock.domain.cpus.numbers,
                used: clock.isUsed,
                governor: OrNull(clock.governors.isEmpty ? nil : clock.governors.joined(separator: ", ")),
                mhz: OrNull(clock.megahertz.map { Megahertz(min: $0.minimum, mean: $0.mean, max: $0.maximum) }),
                maxMhz: OrNull(clock.fullMegahertz), limitMhz: OrNull(clock.limitMegahertz),
                throttledPercent: clock.throttledPercent)
        }
        temperatures = seen.temperatures.map {
            Temperature(name: $0.name, startC: $0.startCelsius, maxC: $0.maximumCelsius)
        }
        (throttled, causes, notes) = (seen.isThrottled, seen.causes, seen.notes)
    }

    /// A line for each clock that was used, one for the hottest sensors, and one that says if figures are too low.
    var text: String {
        func order(_ alike: [Clock]) -> (Int, String) { (alike[0].cpus.first ?? .max, alike[0].name) }
        var lines = Dictionary(grouping: clocks.filter(\.used), by: Alike.init).values
            .sorted { order($0) < order($1) }
            .map(Self.line)
        let hottest = temperatures.sorted { $0.maxC > $1.maxC }.prefix(4)
        if !hottest.isEmpty {
            let texts = hottest.map {
                "\($0.name) \($0.startC.formatted(digits: 0)) → \($0.maxC.formatted(digits: 0)) °C"
            }
            lines.append("temperature, at the start and the most: " + texts.joined(separator: ", "))
        }
        if lines.isEmpty { lines = ["frequency and temperature: this machine tells neither"] }
        lines += [limits?.text].compactMap(\.self) + moves
        if !notes.isEmpty { lines.append("not always read: \(Self.few(notes))") }
        if throttled { lines.append("THROTTLED: \(Self.few(causes))") }
        return lines.joined(separator: "\n")
    }

    /// What clocks of a server's many like CPUs have in common, to take one line together.
    private struct Alike: Hashable {
        let kind: String
        let governor: String?
        let maxMhz: Double?
        let isThrottled: Bool

        init(_ clock: Clock) {
            (kind, governor, maxMhz) = (clock.kind, clock.governor.value, clock.maxMhz.value)
            isThrottled = clock.throttledPercent > 0
        }
    }

    /// A server has hundreds of clocks, and JSON has them all.
    private static func few(_ texts: [String]) -> String {
        texts.prefix(4).joined(separator: "; ") + (texts.count > 4 ? "; and \(texts.count - 4) more" : "")
    }

    private static func line(_ clocks: [Clock]) -> String {
        let cpus = CPUSet(clocks.flatMap(\.cpus))
        let name = cpus.isEmpty ? clocks.map(\.name).joined(separator: ", ") : "CPU\(cpus.count > 1 ? "s" : "") \(cpus)"
        var parts = [clocks[0].governor.value].compactMap(\.self)
        let seen = clocks.compactMap(\.mhz.value)
        if !seen.isEmpty {
            let (low, high) = (seen.map(\.min).min()!, seen.map(\.max).max()!)
            let mean = seen.reduce(0) { $0 + $1.mean } / Double(seen.count)
            parts.append(
                low == high
                    ? "\(low.formatted(digits: 0)) MHz"
                    : "\(low.formatted(digits: 0))–\(high.formatted(digits: 0)) MHz, mean \(mean.formatted(digits: 0))")
        }
        if let most = clocks[0].maxMhz.value { parts.append("at most \(most.formatted(digits: 0))") }
        let throttled = clocks.map(\.throttledPercent).max()!
        if throttled > 0 { parts.append("throttled \(throttled.formatted(digits: 0)) % of the time") }
        return "clock of \(name): " + (parts.isEmpty ? "not told" : parts.joined(separator: ", "))
    }
}
