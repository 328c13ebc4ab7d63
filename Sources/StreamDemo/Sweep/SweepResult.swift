// What `study --sweep` says: how fast, how large and how accurate each variant of a network is, on each device.

import CoExec
import Devices

/// The contract's JSON of a sweep, and its tables.
struct SweepResult: Encodable {
    /// One variant on one device.
    struct Point: Encodable {
        let alpha: Double
        let precision: String
        let device: String
        /// Median over the rounds.
        let fps: Double
        /// Half-width of the 95 % confidence interval of the mean over the rounds, in frames/s; nil for one round.
        let ci95: Double?
        /// Of a frame's run, median over the rounds of the median.
        let serviceMs: Double
        /// Of the weights, biases and grids.
        let bytes: Int
        /// Published, in percent.
        let top1: Double
        let energy: EnergyFigures
        /// Among all variants on this device, none is smaller and no less accurate.
        fileprivate(set) var paretoMemory = false
        /// Among all variants on this device, none is faster and no less accurate.
        fileprivate(set) var paretoLatency = false

        /// - Parameters:
        ///   - rounds: streams of this variant alone, at least one.
        ///   - notes: of the meters.
        init(alpha: Double, _ variant: FormattedNetwork, top1: Double, rounds: [MeasuredStream], notes: [String]) {
            let samples = Samples(rounds.map(\.report.framesPerSecond))
            (self.alpha, precision, self.top1) = (alpha, variant.format.rawValue, top1)
            device = rounds[0].report.devices[0].name
            (fps, ci95) = (samples.median, samples.confidence95)
            serviceMs = Samples(rounds.map { $0.report.devices[0].serviceTime.p50.milliseconds }).median
            bytes = variant.network.parameterByteCount
            energy = EnergyFigures(alone: rounds, notes: notes)
        }
    }

    /// Name → what the device is, and how it runs frames.
    let devices: [String: String]
    /// Of what was measured; accuracies are of trained networks.
    let weights = Weights.random
    let accuracySource: String
    let sweep: [Point]
    let conditions: Conditions
    let limits: Limits?
    private let names: [String]

    private enum CodingKeys: CodingKey { case devices, weights, accuracySource, sweep, conditions, limits }

    /// - Parameters:
    ///   - devices: name and description, in the order in which the tables show them.
    ///   - accuracySource: who says how accurate the variants are.
    init(
        devices: [(name: String, description: String)], points: [Point], accuracySource: String, conditions: Conditions
    ) {
        names = devices.map(\.name)
        self.devices = Dictionary(uniqueKeysWithValues: devices.map { ($0.name, $0.description) })
        (self.accuracySource, self.conditions, limits) = (accuracySource, conditions, conditions.limits)
        var points = points
        for name in names {
            let own = points.indices.filter { points[$0].device == name }
            let memory = ParetoFront.contains(own.map { (Double(points[$0].bytes), points[$0].top1) })
            let latency = ParetoFront.contains(own.map { (1 / points[$0].fps, points[$0].top1) })
            for (index, place) in own.enumerated() {
                (points[place].paretoMemory, points[place].paretoLatency) = (memory[index], latency[index])
            }
        }
        sweep = points
    }

    var text: String {
        let variants = names.map { name in
            let points = sweep.filter { $0.device == name }
            return "\(name): \(devices[name]!)\n\(Self.table(points))"
        }.joined(separator: "\n\n")
        let energy = sweep.map { (label: "α \($0.alpha) \($0.precision)" as String?, figures: $0.energy) }
        return """
            \(variants)

            throughput: medians over the rounds (±: 95 % confidence of their mean); MB: weights, biases and grids; \
            top-1: published (\(accuracySource))
            \(weights.note(of: "every variant")!)
            Pareto fronts: memory, no variant is smaller and no less accurate; latency, none is faster and no \
            less accurate
            \(EnergyFigures.text(energy, names: names))
            \(conditions.text)
            """
    }

    private static func table(_ points: [Point]) -> String {
        var table = Table(["α", "precision", "frames/s", "±", "ms", "MB", "top-1 %", "memory front", "latency front"])
        for point in points {
            table.append([
                point.alpha.formatted(digits: 2), point.precision, point.fps.formatted(digits: 1),
                point.ci95?.formatted(digits: 1) ?? "", point.serviceMs.threeDigits,
                (Double(point.bytes) / 1e6).formatted(digits: 2), point.top1.formatted(digits: 1),
                point.paretoMemory ? "●" : "", point.paretoLatency ? "●" : "",
            ])
        }
        return table.text
    }
}
