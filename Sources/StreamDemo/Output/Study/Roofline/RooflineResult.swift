// What `study --roofline` says: each device's roofs, and each layer and network beneath them. The contract's JSON.
// A roof is the most that any round reached: what other programs took meanwhile isn't the device's.

import Devices
import Kernels
import Roofline

/// "roofline" of a study. "ci95" is half the 95 % confidence interval of the rounds' mean.
struct RooflineResult: Encodable {
    struct Peak: Encodable {
        let format: String
        let instructions: String
        let gflops: Double
        let ci95: Double?
    }

    struct Bandwidth: Encodable {
        /// "memory", or the cache that the bytes come from.
        let source: String
        let workingSetBytes: Int
        let triadGbs: Double
        let triadCi95: Double?
        let readGbs: Double
        let readCi95: Double?
    }

    struct Device: Encodable {
        let device: String
        let cores: Int
        let cacheBytes: [String: Int]
        /// The fastest instructions of each format.
        let peaks: [Peak]
        let bandwidths: [Bandwidth]
    }

    let devices: [Device]
    var points: [RooflineRow]
    /// Where bytes are from, and what is emulated.
    let notes: [String]

    /// - Parameter networks: of each, its times on each device; devices that nothing measures are left out.
    /// - Precondition: at least one whole round.
    init(_ ceilings: [DeviceCeilings], networks: [[LayerTimes]], notes: [String]) {
        devices = ceilings.map(Device.init)
        self.notes =
            notes
            + (networks.first ?? []).filter { $0.device.speed < 1 }.map {
                "\($0.device.name) is emulated: its networks stand beneath \($0.device.speed) times its roofs"
            }
        points = networks.flatMap { times in
            zip(ceilings, times).flatMap { RooflineRow.rows(of: $1, beneath: DeviceRoofs($0)) }
        }
    }
}

extension RooflineResult.Device {
    fileprivate init(_ ceilings: DeviceCeilings) {
        (device, cores) = (ceilings.device, ceilings.coreCount)
        cacheBytes = Dictionary(uniqueKeysWithValues: ceilings.caches.map { ($0.name, $0.sizeBytes) })
        peaks = ceilings.operations.map { row in
            let rates = Samples(row.rates)
            return RooflineResult.Peak(
                format: row.chain.format.rawValue, instructions: row.chain.instructions, gflops: rates.greatest / 1e9,
                ci95: rates.confidence95.map { $0 / 1e9 })
        }
        bandwidths = ceilings.sources.indices.map { index in
            let (triad, read) = (Samples(ceilings.triad[index]), Samples(ceilings.read[index]))
            return RooflineResult.Bandwidth(
                source: ceilings.sources[index].name, workingSetBytes: ceilings.sources[index].workingSetBytes,
                triadGbs: triad.greatest / 1e9, triadCi95: triad.confidence95.map { $0 / 1e9 },
                readGbs: read.greatest / 1e9, readCi95: read.confidence95.map { $0 / 1e9 })
        }
    }
}

/// The roofs of a device by format, and how well they are known.
struct DeviceRoofs {
    let ceilings: DeviceCeilings

    init(_ ceilings: DeviceCeilings) { self.ceilings = ceilings }

    /// Of a format's roof: the widest of its lines' intervals, as a share.
    func uncertainty(_ format: NumberFormat) -> Double {
        let own = ceilings.operations.filter { [format, .fp32].contains($0.chain.format) }.map(\.rates)
        return (own + ceilings.triad + ceilings.read).map { Samples($0).relativeInterval }.max() ?? 0
    }

    /// Of a format: FP32's where the device has no instructions for it. Bytes come as fast as in the faster of both
    /// streams: reading alone needs no room for what is written.
    /// - Parameter speed: that is emulated, relative to the unit's own.
    func roof(_ format: NumberFormat, speed: Double = 1) -> Roof {
        let peak = max(operations(format) ?? 0, operations(.fp32) ?? 0)
        let sources = ceilings.sources.enumerated().map { index, source in
            let fastest = max(Samples(ceilings.triad[index]).greatest, Samples(ceilings.read[index]).greatest)
            return Roof.Source(name: source.name, bytesPerSecond: fastest * speed)
        }
        return Roof(operationsPerSecond: peak * speed, sources: sources)
    }

    /// Formats that the device computes faster.
    func faster(than format: NumberFormat) -> [(format: String, factor: Double)] {
        let own = roof(format).operationsPerSecond
        return ceilings.operations.compactMap { row in
            let factor = Samples(row.rates).greatest / own
            return factor > 1.2 ? (row.chain.format.rawValue, factor) : nil
        }
    }

    private func operations(_ format: NumberFormat) -> Double? {
        ceilings.operations.first { $0.chain.format == format }.map { Samples($0.rates).greatest }
    }
}

extension Samples {
    /// `confidence95` as a share of the median. Of a single value nothing is known: a tenth.
    var relativeInterval: Double { confidence95.map { $0 / max(median, .leastNormalMagnitude) } ?? 0.1 }
}
