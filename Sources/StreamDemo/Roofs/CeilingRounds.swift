// Measures what devices can do at most, in rounds beside a study's streams: each device's arithmetic and its bytes
// alone, then the bytes of several at once. Used on one thread.

import CoExec
import Devices
import Synchronization

/// Where bytes come from, and how much of it is gone through to measure that.
struct ByteSource: Hashable {
    /// "L3", "memory".
    let name: String
    let workingSetBytes: Int
}

/// What was measured of one device, a value a round.
struct DeviceCeilings {
    let device: String
    let coreCount: Int
    let caches: [CeilingCache]
    let sources: [ByteSource]
    /// Operations/s of the fastest chain of each format.
    fileprivate(set) var operations: [(chain: ComputeChain, rates: [Double])] = []
    /// Bytes/s of each source.
    fileprivate(set) var triad: [[Double]]
    fileprivate(set) var read: [[Double]]

    init(device: String, coreCount: Int, caches: [CeilingCache], workingSetBytes: Int) {
        (self.device, self.coreCount, self.caches) = (device, coreCount, caches)
        // Half of what a cache holds, and far more than the nearer one does.
        let inner = zip(caches.dropFirst(), caches).compactMap { cache, nearer in
            cache.sizeBytes / 2 >= 2 * nearer.sizeBytes && cache.sizeBytes / 2 <= workingSetBytes
                ? ByteSource(name: cache.name, workingSetBytes: cache.sizeBytes / 2) : nil
        }
        sources = inner + [ByteSource(name: "memory", workingSetBytes: workingSetBytes)]
        (triad, read) = (sources.map { _ in [] }, sources.map { _ in [] })
    }
}

/// Devices whose streams went through memory at once.
struct SharedBandwidth {
    /// Positions among the devices.
    let members: [Int]
    /// Bytes/s of each member, a row a round.
    fileprivate(set) var rounds: [[Double]] = []
}

final class CeilingRounds {
    private let probes: [any CeilingProbe]
    /// Positions among the study's devices: those whose provider measures.
    let measured: [Int]
    private(set) var devices: [DeviceCeilings]
    private(set) var shared: [SharedBandwidth]
    private(set) var roundCount = 0

    /// Windows are short, and the best of them counts: a time slice that another program had isn't the device's.
    private enum Window {
        static var compute: (count: Int, seconds: Double) { (20, 0.004) }
        static var bytes: (count: Int, seconds: Double) { (8, 0.02) }
        /// Devices on a common core have it in turn.
        static var shared: (count: Int, seconds: Double) { (3, 0.15) }
    }

    /// - Parameter measuresPairs: not only all at once.
    /// - Throws: what a provider throws.
    init(_ selection: DeviceSelection, measuresPairs: Bool) throws {
        var (probes, measured, devices): ([any CeilingProbe], [Int], [DeviceCeilings]) = ([], [], [])
        for (position, device) in selection.devices.enumerated() {
            guard let probe = try selection.machine.ceilingProbe(of: device) else { continue }
            probes.append(probe)
            measured.append(position)
            devices.append(
                DeviceCeilings(
                    device: device.name, coreCount: probe.coreCount, caches: probe.caches,
                    workingSetBytes: probe.memoryWorkingSetBytes))
        }
        (self.probes, self.measured, self.devices) = (probes, measured, devices)
        var groups: [[Int]] = []
        if measuresPairs && probes.count > 2 {
            groups = probes.indices.flatMap { first in
                probes.indices.dropFirst(first + 1).map { [first, $0] }
            }
        }
        if probes.count > 1 { groups.append(Array(probes.indices)) }
        shared = groups.map { SharedBandwidth(members: $0) }
    }

    /// Adds a round.
    func measure(label: String) throws {
        var progress = Progress()
        defer { progress.clear() }
        func show(_ what: String) { progress.show("\(label), \(what)") }
        for index in probes.indices where !Interrupt.isRequested {
            show("what \(devices[index].device) can do at most")
            try measureArithmetic(index)
            for source in devices[index].sources.indices {
                let bytes = devices[index].sources[source].workingSetBytes
                devices[index].triad[source].append(try best(.triad, bytes, of: probes[index]))
                devices[index].read[source].append(try best(.read, bytes, of: probes[index]))
            }
        }
        for index in shared.indices where !Interrupt.isRequested {
            show("memory bandwidth of \(shared[index].members.map { devices[$0].device }.joined(separator: " and "))")
            shared[index].rounds.append(try together(shared[index].members))
        }
        if !Interrupt.isRequested { roundCount += 1 }
    }

    /// The first round finds the fastest chain of each format, which later ones measure.
    private func measureArithmetic(_ index: Int) throws {
        let probe = probes[index]
        func best(_ chain: Int) throws -> Double {
            try Self.best(of: Window.compute) { try probe.operationsPerSecond(of: chain, seconds: $0) }
        }
        if devices[index].operations.isEmpty {
            var rates: [NumberFormat: (chain: ComputeChain, rates: [Double])] = [:]
            for (position, chain) in probe.chains.enumerated() {
                let rate = try best(position)
                if rate > rates[chain.format]?.rates[0] ?? 0 { rates[chain.format] = (chain, [rate]) }
            }
            devices[index].operations = NumberFormat.allCases.compactMap { rates[$0] }
        } else {
            for row in devices[index].operations.indices {
                let chain = probe.chains.firstIndex(of: devices[index].operations[row].chain)!
                devices[index].operations[row].rates.append(try best(chain))
            }
        }
    }

    private func best(_ stream: MemoryStream, _ bytes: Int, of probe: any CeilingProbe) throws -> Double {
        try Self.best(of: Window.bytes) { try probe.bytesPerSecond(stream, workingSetBytes: bytes, seconds: $0) }
    }

    private static func best(
        of windows: (count: Int, seconds: Double), _ measure: (_ seconds: Double) throws -> Double
    ) rethrows -> Double {
        try (0..<windows.count).reduce(0) { best, _ in max(best, try measure(windows.seconds)) }
    }

    /// Triads of several devices at once: those of the window in which they got most together.
    private func together(_ members: [Int]) throws -> [Double] {
        var best: [Double] = []
        for _ in 0..<Window.shared.count {
            let outcomes = Mutex<[Int: Result<Double, any Error>]>([:])
            var threads: [Thread] = []
            defer { for thread in threads { thread.join() } }
            for member in members {
                let (probe, bytes) = (probes[member], devices[member].sources.last!.workingSetBytes)
                let thread = try Thread(name: "bandwidth") {
                    let outcome = Result {
                        try probe.bytesPerSecond(.triad, workingSetBytes: bytes, seconds: Window.shared.seconds)
                    }
                    outcomes.withLock { $0[member] = outcome }
                }
                threads.append(thread)
            }
            for thread in threads { thread.join() }
            threads = []
            let rates = try outcomes.withLock { outcomes in try members.map { try outcomes[$0]!.get() } }
            if rates.reduce(0, +) > best.reduce(0, +) { best = rates }
        }
        return best
    }
}
