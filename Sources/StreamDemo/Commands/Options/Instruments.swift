// What is measured beside a stream: its energy, and the clocks and temperatures meanwhile.

import ArgumentParser
import CoExec
import Devices
import Synchronization

/// Meters, and clocks to set.
struct InstrumentOptions: ParsableArguments {
    @OptionGroup var meterOptions: MeterOptions
    @OptionGroup var clockOptions: ClockOptions

    /// Sets clocks, finds meters, and measures the machine's idle power.
    /// - Parameter devices: those of the selection that run; all if left out.
    func begin(for devices: [ResolvedDevice]? = nil, of selection: DeviceSelection) throws -> Instruments {
        let files = try clockOptions.files()
        let clocks = try clockOptions.begin(selection, files: files)
        do {
            let isStreaming = SharedFlag()
            let monitor = clocks.monitor
            let log: @Sendable () -> Void = { if isStreaming.isSet { monitor.sample() } }
            let energy = try meterOptions.makeSource(
                for: devices ?? selection.devices, of: selection, files: files,
                alongside: monitor.seesNothing ? nil : log)
            return Instruments(
                energy: energy, clocks: clocks, isStreaming: isStreaming, topology: selection.machine.topology)
        } catch {
            clocks.end()
            throw error
        }
    }
}

/// The instruments of a command. Used by its thread.
final class Instruments {
    private let energy: EnergySource
    private let clocks: ClockSession
    private let isStreaming: SharedFlag
    private let topology: Topology
    private var limits: Limits
    /// Said already.
    private var warnings: Set<String> = []

    fileprivate init(energy: EnergySource, clocks: ClockSession, isStreaming: SharedFlag, topology: Topology) {
        (self.energy, self.clocks, self.isStreaming) = (energy, clocks, isStreaming)
        self.topology = topology
        limits = Limits(topology.inventory)
    }

    /// Devices that are about to run together: warns where a CPU quota is too small for them, once in the same words.
    func announce<Frame>(_ devices: [NetworkDevice<Frame>]) {
        limits = Limits(topology.inventory, of: devices)
        if let warning = limits.warning, warnings.insert(warning).inserted { printWarning(warning) }
    }

    /// Why there is no meter, or not every one; what polling takes of the machine.
    var notes: [String] { energy.notes + [energy.pollingNote].compactMap(\.self) }

    /// Clocks and temperatures while streams ran, and whether lanes stayed where they were bound.
    var conditions: Conditions {
        Conditions(clocks.monitor.summary(), limits: limits, moved: topology.bindingWatch.changes)
    }

    /// For streams that run a network.
    func streams(of network: String) -> StreamInstruments {
        StreamInstruments(meter: energy.meter(for: network), monitor: clocks.monitor, isStreaming: isStreaming)
    }

    /// Leaves sensors and clocks as they were. Called once, last.
    func end() {
        energy.stop()
        clocks.end()
    }
}

/// What measures one stream after another.
struct StreamInstruments {
    fileprivate let meter: (any EnergyMeter)?
    fileprivate let monitor: ClockMonitor
    fileprivate let isStreaming: SharedFlag

    /// What measures energy; nil without a meter.
    var meterName: String? { meter?.name }

    /// A stream is about to start.
    func begin() {
        monitor.sample()
        isStreaming.set(true)
        meter?.begin()
    }

    /// The stream has ended.
    func end(_ report: StreamReport) -> StreamEnergy? {
        let energy = meter?.end(report)
        isStreaming.set(false)
        monitor.sample()
        monitor.pause()
        return energy
    }
}

/// Set by one thread, read by another.
private final class SharedFlag: Sendable {
    private let flag = Atomic<Bool>(false)
    var isSet: Bool { flag.load(ordering: .relaxed) }
    func set(_ value: Bool) { flag.store(value, ordering: .relaxed) }
}
