// `devices`: what this machine, or another machine's dump, has; and how fast and frugal it is.

import ArgumentParser
import Devices
import Foundation
import Kernels

struct DevicesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "devices",
        abstract: "List CPU clusters, OpenCL devices and power meters, or measure a profile of them.",
        discussion: """
            Cores of different kinds are different clusters; a machine with one kind of core has one, 'cpu'.

            Examples:
              stream-demo devices
              stream-demo devices --profile board.json && stream-demo simulate --board board.json
            """)

    @Option(
        help: "Read another machine's dump, a folder with its sys/ and proc/, instead of this machine.",
        completion: .directory)
    var sysroot: String?

    @Option(
        help: """
            Measure throughput and power of each device with each network, and write them to this file, as \
            'simulate --board FILE' reads it.
            """, completion: .file())
    var profile: String?

    @Option(
        help: "With --profile, the networks; default \(NetworkCatalog.studyNames.joined(separator: ",")).",
        completion: .networks)
    var networks: String?

    @Option(help: "With --profile, frames of each stream.")
    var frames = 60

    @OptionGroup var deviceOptions: DeviceOptions
    @OptionGroup var tuningOptions: TuningOptions
    @OptionGroup var instrumentOptions: InstrumentOptions

    @Option(help: "Write the list as JSON to this file, or - for standard output.", completion: .file())
    var json: String?

    func validate() throws {
        try check(frames, "--frames", in: 5...1_000_000)
        let clocks = instrumentOptions.clockOptions
        let measuring = [
            networks, deviceOptions.devices, deviceOptions.host.cpus, clocks.governor, clocks.frequency,
        ]
        if profile == nil, measuring.contains(where: { $0 != nil }) {
            throw ValidationError(
                "--networks, --devices, --host-cpus, --governor and --frequency are of --profile.")
        }
        if profile != nil, sysroot != nil {
            throw ValidationError("Another machine's dump cannot be measured: give --sysroot or --profile, not both.")
        }
    }

    func run() throws {
        if let profile { return try measure(profile) }
        if let sysroot { try FilesInUse.ofThisRun.reads(folder: sysroot) }
        let jsonFile = try json.map { try OutputFile($0) }
        let inventory = try DeviceInventory(sysroot: sysroot, files: instrumentOptions.clockOptions.files())
        try jsonFile?.writeLine(JSON.document(inventory))
        try printForPeople(inventory.text, dataIn: json)
    }

    private func measure(_ file: String) throws {
        let names = networks.map { $0.split(separator: ",").map(String.init) } ?? NetworkCatalog.studyNames
        let networks = try names.map { try NetworkCatalog.make($0) }
        guard !networks.isEmpty else { throw UsageError("--networks names no network") }
        guard Set(networks.map(\.name)).count == networks.count else {
            throw UsageError("--networks names a network twice")
        }
        let selection = try deviceOptions.select()
        let output = try OutputFile(file)
        let jsonFile = try json.map { try OutputFile($0) }
        Interrupt.watch()
        let instruments = try instrumentOptions.begin(of: selection)
        defer { instruments.end() }

        let clip = FrameBatch.builtInClip()
        let measured = try networks.map { network in
            let streams = try selection.devices.map { resolved in
                let device: NetworkDevice<FrameBatch> = try tuningOptions.withTuning { tuning in
                    try selection.machine.makeDevice(resolved, network: network, tuning: tuning)
                }
                instruments.announce([device])
                let stream = try Measurement.run(
                    clip, count: frames, devices: [device], instruments: instruments.streams(of: network.name),
                    label: "\(network.name) on \(resolved.name)")
                try Interrupt.endIfRequested()
                return stream
            }
            return (network: network.name, streams: streams)
        }
        let measurements = measured.flatMap { network, streams in
            streams.map { DeviceMeasurement(network: network, measured: $0) }
        }
        let board = try BoardProfile(
            measuring: selection, measurements, meter: instruments.streams(of: networks[0].name).meterName)
        let document = try board.json()
        try output.writeLine(document)
        if let jsonFile { try jsonFile.writeLine(document) }
        var speeds = Table(["network", "device", "frames/s"])
        for row in measurements { speeds.append([row.network, row.device, row.framesPerSecond.formatted(digits: 1)]) }
        let notes = instruments.notes
        let energy = measured.map { network, streams in
            (label: network as String?, figures: EnergyFigures(alone: streams, notes: notes))
        }
        let text = """
            \(speeds.text)
            \(EnergyFigures.text(energy, names: selection.devices.map(\.name)))
            \(instruments.conditions.text)
            """
        try printForPeople(text, dataIn: file, json)
    }
}
