// `run`: classify a video, picture by picture, on all devices at once.

import ArgumentParser
import CoExec
import Devices
import Foundation
import Kernels

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Classify every frame of a video on several devices at once, results in order.",
        discussion: """
            Pictures are turned upright, as their tags say. Transparency is left out: a pixel has the colour stored \
            for it, whatever its alpha. A damaged frame has its error in its place; the others go on, and the exit \
            code is 1.

            Ctrl-C stops reading, finishes what is in flight and prints the summary; a second Ctrl-C ends at once.

            Examples:
              stream-demo run clip.mp4 --network squeezenet --output results.jsonl
              ffmpeg -i clip.mkv -f yuv4mpegpipe - | stream-demo run - --network mobilenet_v1 --output -
            """)

    @Argument(
        help: """
            A video or picture (anything FFmpeg reads), a folder of pictures, or - for yuv4mpeg on standard input; \
            left out, a built-in moving clip.
            """)
    var input: String?

    @OptionGroup var networkOptions: NetworkOptions
    @OptionGroup var deviceOptions: DeviceOptions
    @OptionGroup var precisionOptions: PrecisionOptions
    @OptionGroup var tuningOptions: TuningOptions
    @OptionGroup var instrumentOptions: InstrumentOptions

    @Option(help: "A text file with one class name a line, from index 0; default those packed with a TFLite model.")
    var labels: String?

    @Option(help: "Most frames in flight; default enough for devices of very different speeds.")
    var window: Int?

    @Option(help: "Which device runs which frame: \(PolicySpecification.forms.joined(separator: ", ")).")
    var policy = "work-stealing"

    @Option(help: "Write one JSON line a frame to this file, or - for standard output.")
    var output: String?

    @Flag(help: "Stop at the first damaged frame.")
    var strict = false

    @Option(help: "Write what each lane did when to this file, for Perfetto or chrome://tracing.")
    var trace: String?

    @Option(help: "Write the summary as JSON to this file, or - for standard output.")
    var json: String?

    func validate() throws {
        try check(window, "--window", in: 1...65536)
    }

    func run() throws {
        let network = try networkOptions.makeNetwork()
        try FilesInUse.ofThisRun.reads(self.labels)
        let labels = try labels.map(Labels.init(contentsOfFile:)) ?? networkOptions.packedLabels()
        let labelsNote = labels?.mismatch(
            classCount: network.classCount, in: self.labels ?? "labels in \(networkOptions.model ?? network.name)")
        if let labelsNote { printWarning(labelsNote) }
        let selection = try deviceOptions.select()
        try FilesInUse.ofThisRun.reads(input: input)
        let source = try openSource(path: input)
        let resultFile = try output.map { try OutputFile($0) }
        let summaryFile = try json.map { try OutputFile($0) }
        let traceFile = try trace.map { try OutputFile($0) }
        Interrupt.watch()
        let networks = try precisionOptions.networks(network, for: selection.devices)
        let instruments = try instrumentOptions.begin(of: selection)
        defer { instruments.end() }

        let devices: [NetworkDevice<NumberedFrame>] = try tuningOptions.withTuning { tuning in
            try selection.makeDevices(networks, tuning: tuning)
        }
        instruments.announce(devices)
        var options = StreamOptions(
            window: window, policy: try PolicySpecification(parsing: policy).policy(forDevices: devices.map(\.name)))
        if traceFile != nil { options.traceCapacity = ChromeTrace.capacity }
        let stream = try FrameStream(devices: devices, options: options)
        let meter = HostUseMeter(devices)
        var progress = Progress()
        var firstFrameError: FrameError?
        let expected = source.expectedFrameCount
        let frames = NumberedFrames(source, isStrict: strict)
        var failure: (any Error)?
        let measuring = instruments.streams(of: network.name)
        measuring.begin()
        do {
            var nextNumber = 0
            try stream.run(source: { try frames.next() }) { delivery in
                // A source that waits for a pipe must not hold up the end of a run that failed.
                var isDone = false
                defer { if !isDone { Interrupt.request() } }
                for damaged in delivery.frame?.damagedBefore ?? [] {
                    try resultFile?.writeLine(JSON.line(DamageLine(damaged)))
                }
                let number = delivery.frame?.number ?? nextNumber
                nextNumber = number + 1
                let line = ResultLine(delivery, number: number, network: network, labels: labels)
                if firstFrameError == nil, case .failure(let error) = delivery.result {
                    firstFrameError = FrameError(frame: number, device: delivery.device, underlying: error)
                }
                try resultFile?.writeLine(JSON.line(line))
                progress.show(Self.progressLine(nextNumber, of: expected, stream.report()))
                isDone = true
            }
            for damaged in frames.rest { try resultFile?.writeLine(JSON.line(DamageLine(damaged))) }
        } catch {
            failure = error
        }
        // Whoever reads the results doesn't want what is said of them either.
        if let error = failure as? OutputError, error.isReaderGone { throw error }
        let report = stream.report()
        let measured = MeasuredStream(
            report: report, meter: measuring.meterName, energy: measuring.end(report), hostUses: meter.uses(in: report))
        progress.clear()
        frames.notes.forEach(printNote)
        if let traceFile { try ChromeTrace.write(stream.trace(), lanes: stream.laneNames, to: traceFile) }
        let summary = RunSummary(
            network: network.name, weights: networkOptions.weights,
            resample: networkOptions.resampleOption.resample, selection: selection,
            layouts: devices.map(DeviceLayout.init), formats: networks.map(\.format), measured: measured,
            energy: EnergyFigures(measured, notes: instruments.notes),
            conditions: instruments.conditions, damagedFrames: frames.damagedCount,
            notes: (labelsNote.map { [$0] } ?? []) + frames.notes)
        try summaryFile?.writeLine(JSON.document(summary))
        try printForPeople(summary.text, dataIn: output, json)
        if let failure { throw failure }
        if let firstFrameError { throw firstFrameError }
        if let damage = frames.failure {
            guard Interrupt.isByUser else { throw damage }
            printNote("\(damage)")
        }
        if Interrupt.isRequested { throw ExitCode(Interrupt.exitCode) }
    }

    private static func progressLine(_ done: Int, of expected: Int?, _ report: StreamReport) -> String {
        let count = expected.map { "\(done)/\($0)" } ?? "\(done)"
        let shares = zip(report.devices, report.composition).map { "\($0.name) \($1.formatted(digits: 0)) %" }
        return "\(count) frames  \(report.framesPerSecond.formatted(digits: 1)) frames/s  "
            + shares.joined(separator: ", ")
    }
}

extension FrameSource {
    /// The next frame; the end of the stream once the user has interrupted, also where that broke off a read.
    func nextUnlessInterrupted() throws -> VideoFrame? {
        guard !Interrupt.isRequested else { return nil }
        do {
            return try next()
        } catch {
            if Interrupt.isRequested { return nil }
            throw error
        }
    }
}

/// A frame that no device could run; the stream went on, so the whole run reports the first one.
struct FrameError: Error, CustomStringConvertible {
    let frame: Int
    let device: String?
    let underlying: any Error
    var description: String { "frame \(frame)\(device.map { " on '\($0)'" } ?? ""): \(underlying)" }
}
