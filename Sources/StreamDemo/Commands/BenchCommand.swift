// `bench`: one device alone.

import ArgumentParser
import CoExec
import Devices
import Foundation
import Kernels

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure one network on one device alone.",
        discussion: """
            Examples:
              stream-demo bench --network squeezenet --device cpu
              stream-demo bench --network mobilenet_v1 --device cpu:0-3 --threads 4 --layers
            """)

    @OptionGroup var networkOptions: NetworkOptions

    @Option(help: "The device, as 'stream-demo --help' says; default the first of this machine's.", completion: .device)
    var device: String?

    @OptionGroup var hostOptions: HostOptions
    @OptionGroup var laneOptions: LaneOptions
    @OptionGroup var tuningOptions: TuningOptions
    @OptionGroup var instrumentOptions: InstrumentOptions

    @OptionGroup var precisionOptions: PrecisionOptions

    @Option(
        help: """
            Whose kernels a CPU cluster computes with: \
            \(CPUEngine.Library.allCases.map(\.rawValue).joined(separator: ", ")); \
            default the faster of the two for each layer.
            """)
    var engine: CPUEngine.Library?

    @Option(help: "Frames that a run of the network takes at once.")
    var batch = 1

    @Option(
        help: """
            The pictures' size, WIDTHxHEIGHT up to 8192; or 'network' for the network's own, so that nothing is resized.
            """)
    var pictures = PictureSize.given(ImageSize(width: 640, height: 360))

    @Option(help: "Frames to measure.")
    var frames = 200

    @Option(help: "Frames to run and discard before.")
    var warmup = 20

    @Flag(help: "Time each layer as well.")
    var layers = false

    @Option(help: "Write the figures as JSON to this file, or - for standard output.", completion: .file())
    var json: String?

    func validate() throws {
        try networkOptions.checkModelOptions(hasModel: networkOptions.model != nil)
        try check(batch, "--batch", in: 1...1024)
        try check(frames, "--frames", in: 1...1_000_000_000)
        try check(warmup, "--warmup", in: 0...1_000_000_000)
    }

    func run() throws {
        let opened = try networkOptions.makeNetwork(batch: batch)
        let network = opened.network
        let selection = try hostOptions.select(device, laneOptions)
        guard device == nil || selection.devices.count == 1 else {
            throw UsageError("bench measures one device; 'study' compares several")
        }
        let selected = selection.devices[0]
        let jsonFile = try json.map { try OutputFile($0) }
        Interrupt.watch()
        let formatted = try precisionOptions.networks(network, for: [selected], batch: batch)[0]
        let instruments = try instrumentOptions.begin(for: [selected], of: selection)
        defer { instruments.end() }

        let device: NetworkDevice<FrameBatch> = try tuningOptions.withTuning { tuning in
            try selection.machine.makeDevice(
                selected, network: formatted.network, layout: laneOptions.layout, precision: formatted.format.precision,
                library: engine, tuning: tuning)
        }
        instruments.announce([device])
        let pictures = pictures.size(for: opened.image)
        let clip = FrameBatch.builtInClip(batch: batch, width: pictures.width, height: pictures.height)
        let runs = (count: (frames + batch - 1) / batch, warmup: (warmup + batch - 1) / batch)
        if runs.warmup > 0 { _ = try Measurement.run(clip, count: runs.warmup, devices: [device], label: "warm-up") }
        let measured = try Measurement.run(
            clip, count: runs.count, devices: [device], instruments: instruments.streams(of: network.name),
            label: selected.name)
        let result = BenchResult(
            device: device, description: selection.machine.describe(selected), network: formatted,
            weights: networkOptions.weights, batch: batch, pictures: pictures, pixels: PixelsRow(opened),
            resample: networkOptions.resampleOption.resample, measured: measured,
            energy: EnergyFigures(measured, notes: instruments.notes), conditions: instruments.conditions,
            timings: layers ? try device.profile(clip[0], runs: 9) : nil)
        try jsonFile?.writeLine(JSON.document(result))
        try printForPeople(result.text, dataIn: json)
        if Interrupt.isRequested { throw ExitCode(Interrupt.exitCode) }
    }
}

extension CPUEngine.Library: ExpressibleByArgument {}
