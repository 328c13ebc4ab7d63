// What measures energy, and what is said where nothing does.

import ArgumentParser
import CoExec
import Devices
import Foundation

/// Which meters.
struct MeterOptions: ParsableArguments {
    @Option(
        help: """
            What measures power: auto (every sensor that is found), none, a comma list (\
            \(PowerMeterSpecification.forms.joined(separator: ", ")); the last is a file, a pipe or a serial port that \
            has lines of time and watts), or model:BOARD for figures from a board's profile, built in or in a file.
            """)
    var meter = "auto"

    @Option(help: "How often a second sensors are asked.")
    var meterRate = 200

    @Option(help: "Seconds for which power is measured before anything runs, as that of an idle machine; 0 for none.")
    var idle = 2.0

    func validate() throws {
        try check(meterRate, "--meter-rate", in: 1...10_000)
        guard (0...3600).contains(idle) else { throw ValidationError("--idle must be from 0 to 3600.") }
        if !["auto", "none"].contains(meter.lowercased()), !isModel { _ = try specifications() }
    }

    private var isModel: Bool { meter.lowercased().hasPrefix("model:") }

    /// The meters that were named.
    private func specifications() throws -> [PowerMeterSpecification] {
        let names = meter.split(separator: ",").map { String($0) }
        guard !names.isEmpty else { throw ValidationError("--meter names no meter.") }
        return try names.map { name in
            do { return try PowerMeterSpecification(name) } catch { throw ValidationError("--meter: \(error)") }
        }
    }

    /// Finds the meters, and measures the machine's idle power.
    /// - Parameters:
    ///   - devices: those of the selection that run.
    ///   - files: where the sensors are.
    ///   - alongside: called ten times a second from now on, for what else is to be logged; nil for nothing.
    func makeSource(
        for devices: [ResolvedDevice], of selection: DeviceSelection, files: SystemFiles,
        alongside: (@Sendable () -> Void)?
    ) throws -> EnergySource {
        if isModel {
            let profile = try BoardProfile.named(String(meter.dropFirst("model:".count)))
            return EnergySource(
                model: profile, devices: devices,
                recorder: try alongside.map { try makeRecorder([], devices, selection.machine.topology, alongside: $0) }
            )
        }
        var notes: [String] = []
        var sensors: [any PowerSensor] = []
        switch meter.lowercased() {
        case "none": notes = ["not measured (--meter none)"]
        case "auto":
            let found = PowerMeters.discover(files)
            (sensors, notes) = (found.sensors, found.failures.map { "\($0)" })
            if sensors.isEmpty { notes.insert("no meter: this machine has no power sensor that can be read", at: 0) }
        default:
            let meters = try specifications()
            for case .external(let path, _) in meters { try FilesInUse.ofThisRun.reads(path) }
            let found = PowerMeters.discover(files, meters: meters)
            guard !found.sensors.isEmpty else { throw found.failures[0] }
            (sensors, notes) = (found.sensors, found.failures.map { "\($0)" })
        }
        guard !sensors.isEmpty || alongside != nil else { return EnergySource(notes: notes) }
        let recorder = try makeRecorder(sensors, devices, selection.machine.topology, alongside: alongside ?? {})
        guard !sensors.isEmpty else { return EnergySource(notes: notes, recorder: recorder) }
        var progress = Progress()
        progress.show("measuring idle power for \(idle.formatted(digits: 1)) s")
        defer { progress.clear() }
        return EnergySource(
            sensors: SensorEnergyMeter(
                recorder: recorder, consumers: devices.map(selection.machine.consumer), idleSeconds: idle,
                isInterrupted: { Interrupt.isRequested }), notes: notes)
    }

    private func makeRecorder(
        _ sensors: [any PowerSensor], _ devices: [ResolvedDevice], _ topology: Topology,
        alongside: @escaping @Sendable () -> Void
    ) throws -> PowerRecorder {
        try PowerRecorder(
            sensors, ratePerSecond: sensors.isEmpty ? 10 : meterRate,
            apartFrom: devices.reduce([]) { $0.union($1.cpus) }, on: topology, alongside: alongside)
    }
}

/// What a command measures its streams' energy with.
struct EnergySource {
    private enum Kind {
        case none
        case sensors(SensorEnergyMeter)
        case model([String: BoardPower])
    }

    private let kind: Kind
    private let recorder: PowerRecorder?
    /// Why there is no meter, or not every one.
    let notes: [String]

    /// Without a meter.
    init(notes: [String], recorder: PowerRecorder? = nil) {
        (kind, self.notes, self.recorder) = (.none, notes, recorder)
    }

    init(sensors: SensorEnergyMeter, notes: [String]) {
        (kind, self.notes, recorder) = (.sensors(sensors), notes, sensors.recorder)
    }

    init(model profile: BoardProfile, devices: [ResolvedDevice], recorder: PowerRecorder?) {
        var powers: [String: BoardPower] = [:]
        var notes: [String] = []
        for device in devices {
            let known = profile.devices.first { $0.name.lowercased() == device.name.lowercased() }?.power
            if known == nil { notes.append("\(profile.name) has no power of a device '\(device.name)'") }
            powers[device.name] = known
        }
        (kind, self.notes, self.recorder) = (.model(powers), notes, recorder)
    }

    /// Measures streams that run a network; nil where nothing does.
    func meter(for network: String) -> (any EnergyMeter)? {
        switch kind {
        case .none: nil
        case .sensors(let meter): meter
        case .model(let powers): ModelEnergyMeter(powers: powers, network: network)
        }
    }

    /// What polling takes of a core, and where.
    var pollingNote: String? {
        guard case .sensors(let meter) = kind else { return nil }
        let share = "asking \(meter.recorder.ratePerSecond) times a second"
        let percent = "\((100 * meter.recorder.cpuShare).formatted(digits: 1)) % of a core"
        return switch meter.recorder.placement {
        case .apart(let cpus): "\(share) takes \(percent) on CPU \(cpus), which no device uses"
        case .anywhere: "\(share) takes \(percent) of the devices' own: there are no others"
        }
    }

    /// Leaves the sensors as they were. Called once, last.
    func stop() { recorder?.stop() }
}
