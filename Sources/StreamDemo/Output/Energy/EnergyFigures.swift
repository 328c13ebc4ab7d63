// The contract's "energy": watts and frames/J of each device and of all together, and how far they can be trusted.

import CoExec
import Devices
import Foundation

/// One stream's throughput and power, of a device or of all together.
struct EnergyPoint {
    let framesPerSecond: Double
    let power: PowerFigure
}

/// Power and energy efficiency by device name, `combined` for all together. Medians, where there were several streams.
/// Empty where nothing is known of power, but for `notes`.
struct EnergyFigures: Encodable {
    /// Where the figures are from: meters, or `modelled`.
    let meter: String?
    let watts: [String: Double]?
    let framesPerJoule: [String: Double]?
    let joulesPerFrame: [String: Double]?
    /// Half-widths of 95 % confidence intervals of the three above, in percent: the scatter of the streams and what
    /// sampling leaves open. A sensor's own error isn't in it. nil where power is modelled.
    let errorPercent: [String: Double]?
    /// While nothing runs; part of `watts`. nulls where it isn't known, and `watts` leaves it out or has it in.
    let idleWatts: [String: OrNull<Double>]?
    /// With the idle power subtracted.
    let activeFramesPerJoule: [String: Double]?
    let activeJoulesPerFrame: [String: Double]?
    /// The rails that were added up.
    let rails: [String: [String]]?
    /// Values that each rail's sensor gave and that were no repetitions, in all streams.
    let samples: [String: Int]?
    /// Why figures are missing or doubtful, and what measuring costs.
    let notes: [String]?

    static let together = "combined"

    /// - Parameters:
    ///   - meter: nil where nothing measures.
    ///   - points: of each name, one a stream. Names without points are left out.
    ///   - streams: all of them.
    ///   - notes: why there is no meter, or not every one.
    init(meter: String?, points: [(name: String, points: [EnergyPoint])], streams: [StreamEnergy], notes: [String] = [])
    {
        let known = points.filter { !$0.points.isEmpty }
        func byName(_ value: (EnergyPoint) -> Double?) -> [String: Double]? {
            let pairs = known.compactMap { name, points -> (String, Double)? in
                // Of all streams or of none: those that happen to have it are not like the others.
                let values = points.compactMap(value).filter(\.isFinite)
                return values.count < points.count ? nil : (name, Samples(values).median)
            }
            return pairs.isEmpty ? nil : Dictionary(uniqueKeysWithValues: pairs)
        }
        self.meter = known.isEmpty ? nil : meter
        watts = byName(\.power.watts)
        framesPerJoule = byName(\.framesPerJoule)
        joulesPerFrame = byName { $0.framesPerJoule.map { 1 / $0 } }
        let idle = byName(\.power.idleWatts)
        idleWatts = watts.map { watts in
            Dictionary(uniqueKeysWithValues: watts.keys.map { ($0, OrNull(idle?[$0])) })
        }
        activeFramesPerJoule = byName(\.activeFramesPerJoule)
        activeJoulesPerFrame = byName { $0.activeFramesPerJoule.map { 1 / $0 } }
        let measured = known.filter { !$0.points[0].power.rails.isEmpty }
        errorPercent =
            measured.isEmpty
            ? nil
            : Dictionary(
                uniqueKeysWithValues: measured.compactMap { name, points in
                    Self.errorPercent(points).map { (name, $0) }
                })
        rails =
            measured.isEmpty
            ? nil : Dictionary(uniqueKeysWithValues: measured.map { ($0.name, $0.points[0].power.rails) })
        let sampled = streams.flatMap(\.rails).map { ($0.rail.label, $0.samples) }
        samples = sampled.isEmpty ? nil : Dictionary(sampled, uniquingKeysWith: +)
        let all = notes + Self.notes(on: streams.flatMap(\.rails))
        self.notes = all.isEmpty ? nil : all
    }

    /// Each rail's trouble, once.
    private static func notes(on rails: [RailEnergy]) -> [String] {
        var notes: [String] = []
        for rail in rails {
            for text in [rail.problem, rail.doubt].compactMap(\.self) { notes.append("\(rail.rail.label): \(text)") }
        }
        // Constant power has few samples, too, but nothing to miss.
        let scant = rails.filter { $0.joules != nil && (1..<fewSamples).contains($0.samples) }
        if let least = scant.map(\.samples).min() {
            let count = least == 1 ? "one sample" : "\(least) samples"
            notes.append("a stream of \(count) says little: longer streams make the errors smaller")
        }
        return notes.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// With fewer, the error is many percent wherever power changes.
    private static let fewSamples = 10

    /// The streams differ among each other, and each of them is known to its meter's error only.
    private static func errorPercent(_ points: [EnergyPoint]) -> Double? {
        let known = points.compactMap(\.framesPerJoule)
        guard known.count == points.count else { return nil }
        let efficiency = Samples(known)
        let scatter = (efficiency.confidence95 ?? 0) / efficiency.median
        let sampling = Samples(points.map { $0.power.errorWatts / $0.power.watts }).median
        let percent = 100 * (scatter * scatter + sampling * sampling / Double(points.count)).squareRoot()
        return percent.isFinite ? percent : nil
    }
}

extension EnergyPoint {
    /// nil for no frames, and where a sensor gives no power.
    var framesPerJoule: Double? {
        framesPerSecond > 0 && power.watts > 0 && power.watts.isFinite ? framesPerSecond / power.watts : nil
    }
    /// nil where idle power isn't known, or is all there is.
    var activeFramesPerJoule: Double? {
        power.activeWatts.flatMap { framesPerSecond > 0 ? framesPerSecond / $0 : nil }
    }
}

extension EnergyFigures {
    /// Of some rounds: each device running alone, and all together.
    init(rounds: [StudyRound], notes: [String]) {
        let names = rounds[0].deviceNames
        var points = names.indices.map { device in
            (
                name: names[device],
                points: rounds.compactMap { round in
                    round.isolatedEnergy[device]?.own[names[device]].map {
                        EnergyPoint(framesPerSecond: round.isolated[device], power: $0)
                    }
                }
            )
        }
        points.append(
            (
                name: Self.together,
                points: rounds.compactMap { round in
                    round.combinedEnergy?.combined.map {
                        EnergyPoint(framesPerSecond: round.combined.framesPerSecond, power: $0)
                    }
                }
            ))
        self.init(
            meter: rounds[0].meter, points: points,
            streams: rounds.flatMap { ($0.isolatedEnergy + [$0.combinedEnergy]).compactMap(\.self) }, notes: notes)
    }

    /// Of several streams, each of one device alone.
    init(alone streams: [MeasuredStream], notes: [String]) {
        let points = Dictionary(grouping: streams) { $0.report.devices[0].name }.map { name, streams in
            let points = streams.compactMap { stream in
                stream.energy?.own[name].map { EnergyPoint(framesPerSecond: stream.report.framesPerSecond, power: $0) }
            }
            return (name: name, points: points)
        }
        self.init(
            meter: streams[0].meter, points: points, streams: streams.compactMap(\.energy), notes: notes)
    }

    /// Of one stream: each device by its own rails and its share of the frames, and all together.
    init(_ measured: MeasuredStream, notes: [String]) {
        let (report, energy) = (measured.report, measured.energy)
        let seconds = Double(max(report.durationNanoseconds, 1)) / 1e9
        var points = report.devices.map { device in
            (
                name: device.name,
                points: [energy?.own[device.name]].compactMap(\.self).map {
                    EnergyPoint(framesPerSecond: Double(device.frames) / seconds, power: $0)
                }
            )
        }
        if report.devices.count > 1 {
            points.append(
                (
                    name: Self.together,
                    points: [energy?.combined].compactMap(\.self).map {
                        EnergyPoint(framesPerSecond: report.framesPerSecond, power: $0)
                    }
                ))
        }
        self.init(meter: measured.meter, points: points, streams: [energy].compactMap(\.self), notes: notes)
    }
}
