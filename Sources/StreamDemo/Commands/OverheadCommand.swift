// `overhead`: what the scheduler itself costs a frame.

import ArgumentParser
import CAllocations
import CoExec
import Devices
import Foundation
import Synchronization

struct OverheadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "overhead",
        abstract: "Measure what the scheduler costs a frame, and whether it allocates.",
        discussion: """
            Streams numbers through one-lane devices that each spin for a given time a frame, bound to a core each as \
            far as there are enough; the source and the consumer run on the lanes' threads, and results come in order. \
            With W ns of work on N workers, W ÷ N ns a frame would be ideal. Several streams share the workers' lanes.

            Example:
              stream-demo overhead --workers 2 --work-ns 10000 --window 16
            """)

    @Option(help: "One-lane devices.")
    var workers = 2

    @Option(help: "Nanoseconds that each frame spins.")
    var workNs = 0

    @Option(help: "Frames to measure; default about a second's worth.")
    var frames: Int?

    @Option(help: "Most frames in flight.")
    var window = 16

    @Option(help: "Streams that share the workers, each of which has its part of the frames.")
    var streams = 1

    @Option(help: "How often to measure; the median counts.")
    var rounds = 5

    @Option(help: "Write the figures as JSON to this file, or - for standard output.", completion: .file())
    var json: String?

    struct Figures: Encodable {
        let workers: Int
        let workNs: Int
        let window: Int
        let streams: Int
        let frames: Int
        let nsPerFrame: Double
        /// Heap allocations while the stream ran, ÷ frames; null where they cannot be counted.
        let allocationsPerFrame: OrNull<Double>
        let limits: Limits
    }

    func validate() throws {
        try check(workers, "--workers", in: 1...64)
        try check(workNs, "--work-ns", in: 0...1_000_000_000)
        try check(frames, "--frames", in: 1000...1_000_000_000)
        try check(window, "--window", in: 1...65536)
        try check(streams, "--streams", in: 1...64)
        try check(rounds, "--rounds", in: 1...1000)
    }

    func run() throws {
        let jsonFile = try json.map { try OutputFile($0) }
        let count = frames ?? max(1000, min(2_000_000, 1_000_000_000 * workers / max(workNs, 1)))
        let topology = try Topology.thisMachine()
        let limits = Limits(topology.inventory, busyThreads: workers)
        if let warning = limits.warning { printWarning(warning) }
        let measured = try (0..<rounds).map { _ in try measure(count, on: topology) }
        let figures = Figures(
            workers: workers, workNs: workNs, window: window, streams: streams, frames: count,
            nsPerFrame: Samples(measured.map(\.nsPerFrame)).median,
            allocationsPerFrame: OrNull(measured.compactMap(\.allocationsPerFrame).min()), limits: limits)
        try jsonFile?.writeLine(JSON.document(figures))
        let ideal = Double(workNs) / Double(workers)
        let share = workNs > 0 ? ", \((100 * ideal / figures.nsPerFrame).formatted(digits: 1)) % of ideal" : ""
        let allocations = figures.allocationsPerFrame.value.map { "\($0.formatted(digits: 4)) allocations" }
        try printForPeople(
            "\(figures.nsPerFrame.formatted(digits: 1)) ns a frame\(share), "
                + "\(allocations ?? "allocations unknown") a frame "
                + "(\(workers) workers, \(workNs) ns of work, window \(window), \(count) frames"
                + (streams > 1 ? " in \(streams) streams)" : ")")
                + (limits.text.map { "\n" + $0 } ?? ""),
            dataIn: json)
    }

    /// Streams on the same workers, timed between two deliveries each, so that neither their start nor their end counts.
    private func measure(_ count: Int, on topology: Topology) throws -> (
        nsPerFrame: Double, allocationsPerFrame: Double?
    ) {
        let cores = topology.inventory.allowedCores
        let devices = (0..<workers).map { worker in
            Spinner(
                name: "worker \(worker)", nanoseconds: workNs, topology: topology,
                core: cores.count < workers ? nil : cores[worker])
        }
        let pool = DevicePool()
        let ends = (0..<streams).map { _ in OverheadEnds(count: count / streams) }
        let made = try ends.map { _ in
            try FrameStream(devices: devices, options: StreamOptions(window: window), pool: pool)
        }
        let failure = Mutex<(any Error)?>(nil)
        let threads = try zip(made, ends).map { stream, ends in
            try Thread(name: "overhead") {
                do {
                    try stream.runOnLanes(source: ends.next, deliver: ends.deliver)
                } catch {
                    failure.withLock { $0 = error }
                }
            }
        }
        for thread in threads { thread.join() }
        if let error = failure.withLock({ $0 }) { throw error }
        // All were busy at the same time: from the first that was timed to the last.
        let nanoseconds = ends.map(\.endNanoseconds).max()! - ends.map(\.startNanoseconds).min()!
        let frames = Double(ends.reduce(0) { $0 + $1.timedFrames })
        let allocations = ends.map(\.allocations).max()!
        return (Double(nanoseconds) / frames, allocations >= 0 ? Double(allocations) / frames : nil)
    }
}

/// Source and consumer of a measured stream; the stream calls each on one thread at a time.
private final class OverheadEnds: @unchecked Sendable {  // `runOnLanes` serialises each end
    private let count: Int
    private let warmup: Int
    private var given = 0
    private var delivered = 0
    private(set) var startNanoseconds = 0
    private(set) var endNanoseconds = 0
    private var startAllocations: Int64 = 0
    private(set) var allocations: Int64 = 0
    var timedFrames: Int { count - warmup }

    init(count: Int) { (self.count, warmup) = (count, count / 10) }

    func next() -> Int? {
        guard given < count else { return nil }
        given += 1
        return given - 1
    }

    func deliver(_ delivery: Delivery<Int, Int>) {
        precondition(delivery.sequence == delivered, "results come in order")
        delivered += 1
        if delivered == warmup {
            startNanoseconds = monotonicNanoseconds()
            startAllocations = callocations_count()
        } else if delivered == count {
            endNanoseconds = monotonicNanoseconds()
            allocations = startAllocations < 0 ? -1 : callocations_count() - startAllocations
        }
    }
}

/// A device that does nothing but take time.
private struct Spinner: Device {
    let name: String
    let nanoseconds: Int
    let topology: Topology
    let core: CPUSet?
    var laneCount: Int { 1 }

    func openLane(_ index: Int) throws -> any Lane<Int, Int> {
        if let core { try topology.bindThread(to: core) }
        return SpinningLane(nanoseconds: nanoseconds)
    }

    private final class SpinningLane: Lane {
        let nanoseconds: Int
        init(nanoseconds: Int) { self.nanoseconds = nanoseconds }

        func run(_ frame: Int) -> Int {
            if nanoseconds > 0 {
                let end = monotonicNanoseconds() + nanoseconds
                while monotonicNanoseconds() < end {}
            }
            return frame
        }
    }
}
