// What the devices of a stream, and all of them together, drew while it ran.

import CoExec
import Glibc

/// Mean power of something while a stream ran.
public struct PowerFigure: Sendable, Hashable {
    public let watts: Double
    /// Half the width of the 95 % confidence interval that sampling leaves; 0 where power is modelled.
    public let errorWatts: Double
    /// What it draws while nothing runs; nil where that wasn't measured. Part of `watts`.
    public let idleWatts: Double?
    /// As `errorWatts`.
    public let idleErrorWatts: Double
    /// The rails that were added up, "ina231 A15"; none where power is modelled.
    public let rails: [String]
    /// Whether `watts` has no idle power in it: it is that of the work.
    public let excludesIdle: Bool

    public init(
        watts: Double, errorWatts: Double = 0, idleWatts: Double?, idleErrorWatts: Double = 0, rails: [String] = [],
        excludesIdle: Bool = false
    ) {
        (self.watts, self.errorWatts, self.rails, self.excludesIdle) = (watts, errorWatts, rails, excludesIdle)
        (self.idleWatts, self.idleErrorWatts) = (idleWatts, idleErrorWatts)
    }

    /// The power that the work took, without what idleness draws; nil where it can't be told from nothing.
    public var activeWatts: Double? {
        guard let idleWatts else { return excludesIdle && watts > 0 ? watts : nil }
        let active = watts - idleWatts
        return active * active > errorWatts * errorWatts + idleErrorWatts * idleErrorWatts && active > 0 ? active : nil
    }
}

/// The power of one stream.
public struct StreamEnergy: Sendable, Hashable {
    /// Of each device's own rails, by its name. A device without rails of its own has all that is measured while it
    /// runs alone, and is missing beside others, as is one that shares its rails with another device of the stream; one
    /// whose sensors failed is missing.
    public let own: [String: PowerFigure]
    /// Of all that is measured; nil where a sensor failed that is needed for it.
    public let combined: PowerFigure?
    /// What each sensor said; empty where power is modelled.
    public let rails: [RailEnergy]

    public init(own: [String: PowerFigure], combined: PowerFigure?, rails: [RailEnergy] = []) {
        (self.own, self.combined, self.rails) = (own, combined, rails)
    }
}

/// Measures or models the power of streams, one after another.
public protocol EnergyMeter: Sendable {
    /// What outputs call it: "ina231", "rapl + nvml", "modelled".
    var name: String { get }
    /// A stream is about to start.
    func begin()
    /// The stream has ended.
    /// - Parameter report: of the stream.
    func end(_ report: StreamReport) -> StreamEnergy
}

/// Energy by power sensors.
public final class SensorEnergyMeter: EnergyMeter {
    public let recorder: PowerRecorder
    private let plan: PowerPlan
    private let consumers: [String]
    /// What each rail drew while nothing ran; nil where that wasn't measured.
    private let idle: [RailEnergy?]

    /// Measures idle power, which takes `idleSeconds`, and is ready.
    /// - Parameters:
    ///   - recorder: runs already.
    ///   - idleSeconds: 0 for no idle power.
    ///   - isInterrupted: asked ten times a second; idle power isn't known then.
    public init(
        recorder: PowerRecorder, consumers: [PowerPlan.Consumer], idleSeconds: Double,
        isInterrupted: () -> Bool = { false }
    ) {
        self.recorder = recorder
        plan = PowerPlan(rails: recorder.rails, consumers: consumers)
        self.consumers = consumers.map(\.name)
        guard idleSeconds > 0 else {
            idle = recorder.rails.map { _ in nil }
            return
        }
        recorder.begin()
        let end = monotonicNanoseconds() + Int(idleSeconds * 1e9)
        while monotonicNanoseconds() < end, !isInterrupted() {
            sleep(untilNanoseconds: min(end, monotonicNanoseconds() + 100_000_000))
        }
        let energies = recorder.end()
        idle = isInterrupted() ? energies.map { _ in nil } : energies
    }

    /// The meters whose rails count, in the order of the rails.
    public var name: String {
        let counting = Set(plan.combined + plan.own.joined()).sorted().map { recorder.rails[$0].meter }
        return counting.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }.joined(separator: " + ")
    }

    public func begin() { recorder.begin() }

    public func end(_ report: StreamReport) -> StreamEnergy {
        let rails = recorder.end()
        var own: [String: PowerFigure] = [:]
        let combined = figure(plan.combined, of: rails)
        let running = report.devices.map(\.name)
        for (consumer, positions) in zip(consumers, plan.own) where running.contains(consumer) {
            let others = zip(consumers, plan.own).filter { $0.0 != consumer && running.contains($0.0) }
            // What feeds another device that ran, too, isn't this one's alone.
            guard others.allSatisfy({ Set($0.1).isDisjoint(with: positions) }) else { continue }
            own[consumer] = positions.isEmpty && others.isEmpty ? combined : figure(positions, of: rails)
        }
        return StreamEnergy(own: own, combined: combined, rails: rails)
    }

    /// The sum of some rails; nil for none, and where one of them told nothing.
    private func figure(_ positions: [Int], of rails: [RailEnergy]) -> PowerFigure? {
        guard !positions.isEmpty else { return nil }
        guard let (watts, error) = Self.sum(positions.map { rails[$0] }) else { return nil }
        let idle = Self.sum(positions.map { self.idle[$0] })
        return PowerFigure(
            watts: watts, errorWatts: error, idleWatts: idle?.watts, idleErrorWatts: idle?.error ?? 0,
            rails: positions.map { rails[$0].rail.label })
    }

    private static func sum(_ rails: [RailEnergy?]) -> (watts: Double, error: Double)? {
        var (watts, variance) = (0.0, 0.0)
        for rail in rails {
            guard let rail, let own = rail.watts, let error = rail.errorWatts else { return nil }
            watts += own
            variance += error * error
        }
        return (watts, variance.squareRoot())
    }
}

extension PowerRail {
    /// "ina231 A15".
    public var label: String { "\(meter) \(name)" }
}

/// Energy from a board's profile: idle power, and what activity adds to it, in proportion to the time that a device's
/// lanes are busy. What a host thread draws on an otherwise idle device isn't in it.
public struct ModelEnergyMeter: EnergyMeter {
    private let powers: [String: BoardPower]
    private let network: String?

    /// - Parameters:
    ///   - powers: by device, as the devices are named.
    ///   - network: whose power it is, where a device's depends on it.
    public init(powers: [String: BoardPower], network: String?) { (self.powers, self.network) = (powers, network) }

    public static let name = "modelled"
    public var name: String { Self.name }
    public func begin() {}

    public func end(_ report: StreamReport) -> StreamEnergy {
        energy(names: report.devices.map(\.name), busyShares: report.busyShares)
    }

    /// Of devices that were busy for these shares of the time.
    public func energy(names: [String], busyShares: [Double]) -> StreamEnergy {
        var own: [String: PowerFigure] = [:]
        for (name, share) in zip(names, busyShares) {
            guard let power = powers[name] else { continue }
            let idle = power.idleWatts ?? 0
            let active = power.activeWatts(of: network)
            own[name] = PowerFigure(
                watts: idle + (active - idle) * min(share, 1), idleWatts: power.idleWatts,
                excludesIdle: power.idleWatts == nil)
        }
        let all = names.compactMap { own[$0] }
        let idles = all.compactMap(\.idleWatts)
        let combined = PowerFigure(
            watts: all.reduce(0) { $0 + $1.watts }, idleWatts: idles.count == all.count ? idles.reduce(0, +) : nil,
            excludesIdle: all.allSatisfy(\.excludesIdle))
        return StreamEnergy(own: own, combined: all.count == names.count ? combined : nil)
    }
}
