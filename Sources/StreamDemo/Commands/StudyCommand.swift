// `study`: each device alone and all together, interleaved, so that drift of the machine hits all alike.

import ArgumentParser
import CoExec
import Devices
import Foundation
import Kernels
import System

struct StudyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "study",
        abstract: "Measure what co-execution gains: every device alone, then all together.",
        discussion: """
            In each round every device runs the stream alone and then all run it together; the figures are medians \
            over the rounds, ± is the half-width of the 95 % confidence interval of their mean.

            --subsets runs every combination of the devices as well, names the best, and says whether all together are \
            as fast, as they should be. --interference adds what each device loses beside each other one, of its \
            frames and of the memory's bytes.

            --roofline says why a network isn't faster. It measures what each device can do at most: multiplications \
            by kernels that do nothing else, in each kind of numbers, and bytes from its caches and its memory. \
            Beneath these roofs it puts each network and its layers: FLOP for each byte, the share of the roof that \
            they reach, whether arithmetic or bytes bound them, and what would lift them. --json has all layers.

            A sweep measures MobileNet v1 in four widths, in FP32 and INT8, on each device alone, with one thread \
            unless --threads says otherwise, and says which variants no other one beats. As in the study it follows, \
            with a pause between single runs: --frames 1 --rounds 100 --pause 2.

            Examples:
              stream-demo study --networks squeezenet,mobilenet_v1 --devices cpu:0,gpu:1 --rounds 7
              stream-demo study --networks resnet50 --devices big,gpu --precision big=int8,gpu=fp16
              stream-demo study --networks alexnet --devices cpu:0,cpu:1,gpu --roofline --subsets
              stream-demo study --sweep mobilenet --devices big,LITTLE --pause 2
              stream-demo study --rounds 10 --json today.json --html today.html
            """)

    @Option(
        help: """
            The networks: \(NetworkCatalog.listing), or a comma list of them; default \
            squeezenet,mobilenet_v1, unless --model is given.
            """, completion: .networks)
    var networks: String?

    @Option(help: ModelFile.help, completion: .model)
    var model: String?

    @OptionGroup var modelOptions: ModelFileOptions
    @OptionGroup var resampleOption: ResampleOption
    @OptionGroup var deviceOptions: DeviceOptions
    @OptionGroup var laneOptions: LaneOptions
    @OptionGroup var precisionOptions: PrecisionOptions
    @OptionGroup var tuningOptions: TuningOptions
    @OptionGroup var instrumentOptions: InstrumentOptions

    @Option(help: "Frames of each stream.")
    var frames = 100

    @Option(help: "How often everything is measured.")
    var rounds = 5

    @Flag(help: "Measure as well what each device loses beside each other one.")
    var interference = false

    @Flag(help: "Measure as well every combination of the devices, 7 of them at most.")
    var subsets = false

    @Flag(help: "Measure as well what each device can do at most, and say what bounds each network and layer.")
    var roofline = false

    @Option(help: "Most frames in flight; default enough for devices of very different speeds.")
    var window: Int?

    @Option(help: "Seconds to wait before each stream, so that the machine cools down.")
    var pause = 0.0

    @Option(
        help: "Measure variants of a network instead: \(SweptFamily.allCases.map(\.rawValue).joined(separator: ", ")).")
    var sweep: SweptFamily?

    @Option(help: "Write the figures as JSON to this file, or - for standard output.", completion: .file())
    var json: String?

    @OptionGroup var reportOptions: ReportOptions

    func validate() throws {
        try check(frames, "--frames", in: 1...1_000_000_000)
        try check(rounds, "--rounds", in: 1...1_000_000)
        try check(window, "--window", in: 1...65536)
        guard (0...3600).contains(pause) else { throw ValidationError("--pause must be from 0 to 3600 seconds.") }
        if model == nil { try modelOptions.checkLeftOut() }
        guard sweep != nil else { return }
        let others = [
            "--networks": networks != nil, "--model": model != nil, "--window": window != nil,
            "--interference": interference, "--subsets": subsets, "--roofline": roofline,
            "--precision": precisionOptions.precision != nil, "--html": reportOptions.html != nil,
            "--csv": reportOptions.csv != nil, "--markdown": reportOptions.markdown != nil,
        ]
        if let other = others.filter(\.value).keys.min() {
            throw ValidationError("--sweep measures networks of its own, each device alone: leave \(other) out.")
        }
    }

    func run() throws {
        let selection = try deviceOptions.select(laneOptions)
        guard !subsets || selection.devices.count <= 7 else {
            throw UsageError("--subsets: \(selection.devices.count) devices have too many combinations; choose 7")
        }
        let (networks, notes) = sweep == nil ? try makeNetworks() : ([], [])
        let jsonFile = try json.map { try OutputFile($0) }
        let reports = try reportOptions.open()
        for note in notes { printNote(note) }
        Interrupt.watch()
        let instruments = try instrumentOptions.begin(of: selection)
        defer { instruments.end() }
        if let sweep {
            let sweep = NetworkSweep(
                family: sweep.networks, selection: selection,
                layout: LaneLayout(lanes: laneOptions.lanes, threads: laneOptions.threads ?? 1),
                frames: frames, rounds: rounds, pause: pause, instruments: instruments)
            if let result = try sweep.measure(quantizing: precisionOptions, tuning: tuningOptions) {
                try jsonFile?.writeLine(JSON.document(result))
                try printForPeople(result.text, dataIn: json)
            }
        } else {
            let result = try measure(networks, on: selection, instruments)
            let document = try JSON.document(result)
            try jsonFile?.writeLine(document)
            try printForPeople(result.text, dataIn: json, reportOptions.html, reportOptions.csv, reportOptions.markdown)
            if !result.rows.isEmpty { try reports.write(document, of: "this study") }
        }
        if Interrupt.isRequested { throw ExitCode(Interrupt.exitCode) }
    }

    /// - Returns: the networks, and what was assumed of a file's pictures.
    private func makeNetworks() throws -> (networks: [Network], notes: [String]) {
        let names = self.networks ?? (model == nil ? "squeezenet,mobilenet_v1" : "")
        var networks = try names.split(separator: ",").map { try NetworkCatalog.make(String($0)) }
        var notes: [String] = []
        if let model {
            let opened = try ModelFile.open(model, modelOptions.options())
            notes.append("\(opened.network.name): \(PixelsRow(opened).text)")
            networks.append(opened.network)
        }
        guard !networks.isEmpty else { throw UsageError("--networks names no network") }
        return (networks.map { $0.resampled(by: resampleOption.resample) }, notes)
    }

    private func measure(
        _ networks: [Network], on selection: DeviceSelection, _ instruments: Instruments
    ) throws -> StudyResult {
        var result = StudyResult(selection: selection, rows: [])
        let ceilings =
            roofline || interference ? try CeilingRounds(selection, measuresPairs: interference) : nil
        var layers: [[LayerTimes]] = []
        for (index, network) in networks.enumerated() {
            // The model's is the last.
            let weights = model != nil && index == networks.count - 1 ? Weights.file : .random
            guard let measured = try measure(network, weights, on: selection, instruments, ceilings) else { break }
            result.rows.append(measured.row)
            if let ceilings { layers.append(ceilings.measured.map { measured.layers[$0] }) }
        }
        if let ceilings, ceilings.roundCount > 0, !result.rows.isEmpty {
            if interference || roofline { result.bandwidth = BandwidthSharing(ceilings.devices, ceilings.shared) }
            if roofline {
                result.roofline = RooflineResult(ceilings.devices, networks: layers, notes: [MemoryCounter.note])
            }
        }
        result.conditions = instruments.conditions
        return result
    }

    /// All rounds of one network; nil when the user interrupted before the first round was whole.
    private func measure(
        _ network: Network, _ weights: Weights, on selection: DeviceSelection, _ instruments: Instruments,
        _ ceilings: CeilingRounds?
    ) throws -> (row: StudyResult.Row, layers: [LayerTimes])? {
        let measuring = instruments.streams(of: network.name)
        let formatted = try precisionOptions.networks(network, for: selection.devices)
        let devices: [NetworkDevice<FrameBatch>] = try tuningOptions.withTuning { tuning in
            try selection.makeDevices(formatted, layout: laneOptions.layout, tuning: tuning)
        }
        instruments.announce(devices)
        let clip = FrameBatch.builtInClip()
        var layers = zip(devices, formatted).map { LayerTimes($0, $1) }
        var rounds: [StudyRound] = []
        var groupRounds: [InterferenceRound] = []
        for round in 1...self.rounds {
            let label = "\(network.name), round \(round)/\(self.rounds)"
            let isolated: [(stream: MeasuredStream, bytes: Int?)] = try devices.map { device in
                Measurement.pause(seconds: pause)
                return try MemoryCounter.counting(device, isAsked: roofline) {
                    try Measurement.run(
                        clip, count: frames, devices: [device], instruments: measuring,
                        label: "\(label), \(device.name) alone")
                }
            }
            Measurement.pause(seconds: pause)
            let combined = try Measurement.run(
                clip, count: frames, devices: devices, window: window, instruments: measuring,
                label: "\(label), all together")
            let groups =
                subsets || interference
                ? try InterferenceRound.groups(
                    of: devices, sizes: subsets ? 2...7 : 2...2, clip, count: frames, window: window, label: label)
                : []
            try ceilings?.measure(label: label)
            if Interrupt.isRequested { break }
            if roofline {
                for index in layers.indices {
                    try layers[index].add(
                        alone: isolated[index].stream, countedBytes: isolated[index].bytes, frame: clip[0])
                }
            }
            let streams = isolated.map(\.stream)
            groupRounds.append(InterferenceRound(isolated: streams, combined: combined, groups: groups))
            rounds.append(StudyRound(isolated: streams, combined: combined))
        }
        guard !rounds.isEmpty else { return nil }
        var row = StudyResult.Row(
            network: network.name, weights: weights, layouts: devices.map(DeviceLayout.init),
            formats: formatted.map(\.format), rounds: rounds, notes: instruments.notes)
        if interference { row.interference = Interference(network: network.name, rounds: groupRounds) }
        if subsets { row.subsets = Subsets(network: network.name, rounds: groupRounds) }
        return (row, layers)
    }
}
