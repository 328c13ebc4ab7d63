// One point of a roofline, as JSON has it: a layer or a whole network on a device.

import Devices
import Kernels
import Roofline

/// An element of "points".
struct RooflineRow: Encodable {
    let network: String
    let device: String
    /// nil for the whole network.
    let layer: OrNull<String>
    let op: OrNull<String>
    let format: String
    /// Of one frame.
    let ms: Double
    let gflop: Double
    let gflops: Double
    /// Of `gflops`.
    let ci95: Double?
    /// Theoretical: by shapes.
    let flopPerByte: Double
    /// By bytes that crossed to memory; nil where caches keep all.
    let empiricalFlopPerByte: OrNull<Double>
    /// "simulated", "counted", or "shapes" where no cache is known.
    let empiricalBy: String
    /// A frame's, from each source that there is.
    let megabytes: [String: Double]
    let roofGflops: Double
    /// "compute", or where the bytes come from.
    let bound: String
    let share: Double
    /// Share by which roof and time are known, together.
    let tolerance: Double
    let isAboveRoof: Bool
    /// "direct", or "winograd" where it is faster than the direct algorithm can be.
    let algorithm: String
    let lift: String

    /// Milliseconds that it takes beyond its roof.
    var lostMs: Double { ms * max(1 - share, 0) }
}

extension RooflineRow {
    /// The whole network, then each layer that multiplies.
    static func rows(of times: LayerTimes, beneath roofs: DeviceRoofs) -> [RooflineRow] {
        let (device, formatted, ceilings) = (times.device, times.formatted, roofs.ceilings)
        let work = NetworkWork(formatted.network, in: formatted.format.precision)
        let lanes = device.computing == .lanes ? device.laneCount : 1
        let simulated = work.simulatedBytes(cacheBytes: ceilings.caches.map { max($0.sizeBytes / lanes, 1) })
        /// Bytes of each source, out of those behind each cache.
        func bySource(_ behind: [Int]) -> [Double] {
            ceilings.sources.map { source in
                let cache = ceilings.caches.firstIndex { $0.name == source.name }
                return Double(behind[cache.map { $0 - 1 } ?? behind.count - 1])
            }
        }
        /// The roof of so many threads. Layers run at full speed where a slower unit is emulated.
        func roof(threads: Int, speed: Double) -> Roof {
            let isShared = device.computing == .lanes && threads < ceilings.coreCount
            let share = isShared ? Double(threads) / Double(ceilings.coreCount) : 1
            return roofs.roof(formatted.format, speed: speed).ofCores(share: share)
        }
        func row(
            _ layer: NetworkWork.Layer?, name: String?, _ work: RooflinePoint.Work, seconds: [Double], threads: Int,
            by source: String
        ) -> RooflineRow {
            let samples = Samples(seconds)
            let tolerance = roofs.uncertainty(formatted.format) + samples.relativeInterval
            let point = RooflinePoint(
                work, seconds: samples.median,
                beneath: roof(threads: threads, speed: layer == nil ? device.speed : 1), tolerance: tolerance)
            let lift = point.lift(
                seconds: layer == nil ? nil : samples.median, faster: roofs.faster(than: formatted.format))
            return RooflineRow(
                network: formatted.network.name, device: device.name, layer: OrNull(name),
                op: OrNull(layer?.operation), format: formatted.format.rawValue, ms: samples.median * 1e3,
                gflop: work.operations / 1e9, gflops: point.operationsPerSecond / 1e9,
                ci95: Samples(seconds.map { work.operations / $0 / 1e9 }).confidence95,
                flopPerByte: point.theoreticalIntensity, empiricalFlopPerByte: OrNull(point.empiricalIntensity),
                empiricalBy: source,
                megabytes: Dictionary(
                    uniqueKeysWithValues: zip(ceilings.sources, work.bytes).map { ($0.name, $1 / 1e6) }),
                roofGflops: point.attainable / 1e9, bound: point.bound.name, share: point.share,
                tolerance: tolerance, isAboveRoof: point.isAbove(tolerance: tolerance),
                algorithm: point.isByWinograd ? "winograd" : "direct", lift: lift.text)
        }

        let label = ceilings.caches.isEmpty ? "shapes" : "simulated"
        let behind = simulated.reduce(into: [Int](repeating: 0, count: simulated.first?.count ?? 1)) { sums, bytes in
            for index in sums.indices { sums[index] += bytes[index] }
        }
        var bytes = bySource(behind)
        let counted = times.countedBytes.isEmpty ? nil : Samples(times.countedBytes).median
        if let counted { bytes[bytes.count - 1] = counted }
        let operations = Double(work.operations)
        // What is left of the products where Winograd's algorithm computes all that it fits.
        let fewest = work.layers.reduce(0) { $0 + Double($1.operations) / $1.winogradFactor }
        let whole = RooflinePoint.Work(
            operations: operations, minimumBytes: Double(work.minimumBytes), weightBytes: Double(work.weightBytes),
            bytes: bytes, winogradFactor: fewest > 0 ? operations / fewest : 1)
        let busy = device.laneCount * device.threadsPerLane
        var rows = [
            row(
                nil, name: nil, whole, seconds: times.frameSeconds, threads: busy,
                by: counted == nil ? label : "counted")
        ]

        let positions = Dictionary(
            work.layers.enumerated().map { ($1.node, $0) }, uniquingKeysWith: { first, _ in first })
        for (index, timing) in times.timings[0].enumerated() {
            let members = [timing.node, timing.partner].compactMap { $0.flatMap { positions[$0] } }
            let layers = members.map { work.layers[$0] }
            guard let first = layers.first, layers.contains(where: { $0.operations > 0 }) else { continue }
            let sums = members.map { bySource(simulated[$0]) }
            let work = RooflinePoint.Work(
                operations: layers.reduce(0) { $0 + Double($1.operations) },
                minimumBytes: layers.reduce(0) { $0 + Double($1.minimumBytes) },
                weightBytes: layers.reduce(0) { $0 + Double($1.weightBytes) },
                bytes: ceilings.sources.indices.map { source in sums.reduce(0) { $0 + $1[source] } },
                winogradFactor: layers.count == 1 ? first.winogradFactor : 1, isDepthwise: first.isDepthwise)
            let seconds = times.timings.map { Double(max($0[index].nanoseconds, 1)) / 1e9 }
            rows.append(
                row(
                    first, name: layers.map(\.name).joined(separator: " + "), work, seconds: seconds,
                    threads: device.threadsPerLane, by: label))
        }
        return rows
    }
}

extension Lift {
    /// As tables and JSON say it.
    fileprivate var text: String {
        switch self {
        case .smallerWeights: "weights are most of its bytes: fewer bits each, or batches"
        case .smallerValues: "fewer bytes between layers: fewer bits each, or fusing"
        case .fasterNumbers(let format, let factor): "\(format), \(factor.formatted(digits: 1)) times as fast here"
        case .nothing: "nothing: it is at its roof"
        case .fewerDepthwiseLayers: "depthwise: a number is used too rarely to keep vectors busy"
        case .larger: "too short for its cores: batches"
        case .betterKernels: "better kernels: the hardware has more to give"
        }
    }
}
