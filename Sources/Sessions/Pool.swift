// The devices of this machine, for any number of sessions. Owner: the application. Any thread.

import CoExec
import Devices
import Kernels
import Results
import Synchronization
import System

/// This machine's devices, whose lanes sessions share: one thread a lane, bound to its cores, whatever the number of
/// sessions.
public final class Pool: Sendable {
    private let selection: DeviceSelection
    let lanes = DevicePool()
    private let tuning: Tuning
    private struct State {
        /// How many lanes and threads a CPU cluster has in this pool: as its first session's model ran best.
        var layouts: [String: LaneLayout] = [:]
        var made: [Made] = []
        var sessions: [OpenSession] = []
        var busy = BusyShares()
        /// Sessions so far.
        var count = 0
    }
    private let state = Mutex(State())
    /// Held while a model is opened: what is measured must not be measured twice, nor beside another.
    private let opening = Lock()

    /// A device that may still be in use, and so be shared.
    private struct Made {
        weak var device: NetworkDevice<SessionFrame>?
        weak var model: Model?
        let name: String
        let format: NumberFormat
    }

    private struct OpenSession {
        weak var stream: SessionStream?
    }

    /// Finds the devices: milliseconds, or a second where OpenCL is started.
    /// - Parameters:
    ///   - devices: "big,LITTLE,gpu", see docs/devices.md; nil: the fastest set, all that share no core.
    ///   - hostCPUs: for the host threads of GPUs, as "0-1"; nil: the slowest cluster.
    ///   - tuning: whether the fastest ways to compute are measured when a model is opened; `.whileRunning` has the first
    ///     result soon, and measures between frames.
    /// - Throws: `DeviceSpecificationError`, `CPUSetError`, `TopologyError`, or what a provider throws.
    public init(devices: String? = nil, hostCPUs: String? = nil, tuning: Tuning = .standard) throws {
        selection = try DeviceSelection(devices, hostCPUs: hostCPUs.map { try CPUSet(parsing: $0) })
        guard !selection.devices.isEmpty else { throw PoolError("this machine has no device that is used by default") }
        self.tuning = tuning
    }

    /// Their names, in order.
    public var deviceNames: [String] { selection.devices.map(\.name) }

    /// Begins a session: compiles the model for each device and opens the lanes. May take ten seconds the first time,
    /// while ways to compute are measured, and one later. Sessions of one `Model` share what is compiled.
    /// - Throws: `PoolError` for devices that aren't the pool's, what can't be had of the model's results, and numbers that
    ///   can't be computed with; what a device throws that can't run the model; `StreamConfigurationError`.
    public func open<Tag: Sendable>(
        _ model: Model, _ options: SessionOptions = SessionOptions(), tag: Tag.Type = Int.self
    ) throws -> Session<Tag> {
        Session(try openStream(model, options))
    }

    package func openStream(_ model: Model, _ options: SessionOptions) throws -> SessionStream {
        let meaning = try ResultMeaning(
            options.results.wanted(), model.opened.network, labels: model.labels, from: model.labelsSource,
            isAssumed: model.opened.isNormalizationAssumed, statedTask: model.statedTask)
        let chosen = try chosenDevices(options.devices)
        let plan = try PrecisionPlan(parsing: options.precision, for: chosen.map(\.name))
        let formatted = try plan.networks(model.opened.network, for: chosen) { network in
            throw PoolError("'\(network.name)' isn't in 8 bits: make a model that is with 'stream-demo quantize'")
        }
        return try opening.withLock {
            let devices = try zip(chosen, formatted).map { device, formatted in
                SessionDevice(
                    device: try self.device(device, model, formatted), description: selection.machine.describe(device),
                    isEmulated: device.isEmulated)
            }
            let number = state.withLock { state in
                state.count += 1
                return state.count - 1
            }
            let stream = try SessionStream(model, options, meaning: meaning, on: devices, of: self, number: number)
            state.withLock { $0.sessions.append(OpenSession(stream: stream)) }
            return stream
        }
    }

    private func chosenDevices(_ names: [String]?) throws -> [ResolvedDevice] {
        guard let names else { return selection.devices }
        guard !names.isEmpty else { throw PoolError("a session needs a device") }
        return try names.map { name in
            guard let device = selection.devices.first(where: { $0.name.lowercased() == name.lowercased() }) else {
                throw PoolError("the pool has no device '\(name)' (it has \(deviceNames.joined(separator: ", ")))")
            }
            return device
        }
    }

    /// A device with a model on it: one that another session has, or a new one.
    private func device(
        _ device: ResolvedDevice, _ model: Model, _ formatted: FormattedNetwork
    ) throws -> NetworkDevice<SessionFrame> {
        let (known, layout) = state.withLock { state in
            state.made.removeAll { $0.device == nil || $0.model == nil }
            let known = state.made.first {
                $0.model === model && $0.name == device.name && $0.format == formatted.format
            }
            return (known?.device, state.layouts[device.name])
        }
        if let known { return known }
        let made: NetworkDevice<SessionFrame> = try selection.machine.makeDevice(
            device, network: formatted.network, layout: layout ?? LaneLayout(), precision: formatted.format.precision,
            tuning: tuning)
        state.withLock { state in
            // What a measurement that was broken off leaves is no choice.
            if device.isMadeOfCPUs, !tuning.isInterrupted() {
                state.layouts[device.name] = LaneLayout(lanes: made.laneCount, threads: made.threadsPerLane)
            }
            state.made.append(Made(device: made, model: model, name: device.name, format: formatted.format))
        }
        return made
    }

    func forget(_ session: SessionStream) {
        state.withLock { $0.sessions.removeAll { $0.stream == nil || $0.stream === session } }
    }

    // MARK: What happened

    /// The sessions that are open. None is let go with the lock held, which may end its work.
    package var sessions: [SessionStream] { state.withLock { $0.sessions.compactMap(\.stream) } }

    public func report() -> PoolReport {
        let (sessions, lanes) = (sessions.map { $0.report() }, lanes.report())
        return state.withLock { PoolReport(selection, lanes: lanes, &$0.busy, sessions: sessions) }
    }
}

/// What a pool can't do.
public struct PoolError: Error, Hashable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
}

extension ResultOptions {
    /// - Throws: `HeadDescriptionError`; `PoolError`.
    func wanted() throws -> WantedResults {
        guard (1...100_000).contains(top) else { throw PoolError("\(top) classes of a picture: ask for 1 to 100,000") }
        if let threshold, !(0...1).contains(threshold) {
            throw PoolError("a threshold of \(threshold) is not from 0 to 1")
        }
        guard head == nil || task == .auto else { throw PoolError("a head says the task: leave that out") }
        let task: WantedResults.Task =
            task == .tensors ? .tensors : ResultTask(rawValue: task.rawValue).map { .only($0) } ?? .auto
        return WantedResults(
            task: task, head: try head.map { try HeadDescription(contentsOfFile: $0) },
            choices: ResultChoices(classCount: top, threshold: threshold))
    }
}
