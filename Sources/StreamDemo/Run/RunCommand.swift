// `run`: classify a video, picture by picture, on all devices at once.

import ArgumentParser
import CoExec
import Devices
import Foundation
import Kernels
import Sessions
import Synchronization

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a network over every frame on several devices at once, and tell what it finds, in order.",
        discussion: """
            Pictures are turned upright, as their tags say. Transparency is left out: a pixel has the colour stored \
            for it, whatever its alpha. A damaged frame has its error in its place; the others go on, and the exit \
            code is 1.

            A frame's line has "time", in seconds from the stream's first frame by the stream's own clock. Lines of \
            cameras and live URLs have "wall" too, the time of day as ISO 8601 (UTC) when the frame was taken, where \
            its stamp tells (cameras, RTSP servers), else when it arrived; latency counts from then. When a live input \
            is lost, that is said, and it is tried again after 0.5 s, then after twice as long each time, up to 30 s.

            Ctrl-C stops reading, finishes what is in flight and prints the summary; a second Ctrl-C ends at once.

            Examples:
              stream-demo run clip.mp4 --network squeezenet --output results.jsonl
              stream-demo run rtsp://camera.local/main --max-age 200 --output -
              stream-demo run /dev/video0 --camera-size 1280x720 --every 2 --duration 60
              ffmpeg -i clip.mkv -f yuv4mpegpipe - | stream-demo run - --network mobilenet_v1 --output -
              stream-demo run --stream "door=door.mp4;weight=3" --stream "yard=yard.mp4;network=resnet50" --output -
            """)

    @Argument(
        help: """
            A video or picture (anything FFmpeg reads), a folder of pictures, a numbered sequence ("img%03d.png"), a \
            URL (rtsp, rtmp, http with HLS, srt, udp), a camera (/dev/video0), or - for yuv4mpeg on standard input; \
            left out, a built-in moving clip.
            """, completion: .file())
    var input: String?

    @OptionGroup var networkOptions: NetworkOptions
    @OptionGroup var inputOptions: InputOptions
    @OptionGroup var readingOptions: ReadingOptions
    @OptionGroup var resultOptions: ResultOptions
    @OptionGroup var deviceOptions: DeviceOptions
    @OptionGroup var precisionOptions: PrecisionOptions
    @OptionGroup var tuningOptions: TuningOptions
    @OptionGroup var instrumentOptions: InstrumentOptions

    @Option(
        help: """
            A text file with one class name a line, from index 0; default those packed with the model, else those that \
            its results usually have.
            """, completion: .file())
    var labels: String?

    @Option(
        help: """
            One of several streams that share the devices, repeated: \(StreamSpecification.form). Streams of a higher \
            priority go first; those of equal priority get the devices' time by weight (default 1). What a stream leaves \
            out is as for the command: --network or --model, --labels, --admission.
            """, transform: StreamSpecification.init(parsing:))
    var stream: [StreamSpecification] = []

    @Option(
        help: """
            Most frames in flight; default enough for devices of very different speeds, for live inputs two a lane and \
            two more.
            """)
    var window: Int?

    @Option(help: "Which device runs which frame: \(Policies.forms.joined(separator: ", ")).", completion: .policy)
    var policy = "work-stealing"

    @Option(help: "Write one JSON line a frame to this file, or - for standard output.", completion: .file())
    var output: String?

    @Flag(help: "Stop at the first damaged frame.")
    var strict = false

    @Option(
        help: "Write what each lane did when to this file, for Perfetto or chrome://tracing.", completion: .file())
    var trace: String?

    @Option(
        help: """
            Serve figures over HTTP while it runs: /metrics for Prometheus, /report as JSON. \(MetricsAddress.form); a port \
            alone is for this machine.
            """)
    var metrics: MetricsAddress?

    @Option(help: "Write the summary as JSON to this file, or - for standard output.", completion: .file())
    var json: String?

    func validate() throws {
        try check(window, "--window", in: 1...65536)
        let isModelStreamed = stream.contains { $0.model != nil }
        try networkOptions.checkModelOptions(hasModel: networkOptions.model != nil || isModelStreamed)
        try inputOptions.checkInputs(stream.isEmpty ? [input] : stream.map(\.input))
        guard !stream.isEmpty else { return }
        guard input == nil else { throw ValidationError("Give an input or --stream, not both.") }
        guard trace == nil else { throw ValidationError("--trace is for one stream.") }
        guard resultOptions.tensors == nil else { throw ValidationError("--tensors is for one stream.") }
        guard resultOptions.draw == nil else { throw ValidationError("--draw is for one stream.") }
        guard Set(stream.map(\.name)).count == stream.count else {
            throw ValidationError("Two streams have the same name.")
        }
    }

    func run() throws {
        let policy = try Policies.policy(policy)
        let selection = try deviceOptions.select()
        // Before inputs are opened, which may wait.
        Interrupt.watch()
        let readingEnd = ReadingEnd(duration: readingOptions.duration)
        var plan: RunPlan
        do {
            plan = try makePlan(policy.fitted(to: selection.devices.map(\.name)), readingEnd)
        } catch {
            try Interrupt.endIfRequested()
            throw error
        }
        let resultFile = try output.map { try OutputFile($0) }
        let summaryFile = try json.map { try OutputFile($0) }
        let traceFile = try trace.map { try OutputFile($0) }
        let drawn = try resultOptions.draw.map { try DrawnResults($0, of: input) }
        let networks = try plan.networks.map { try precisionOptions.networks($0, for: selection.devices) }
        let instruments = try instrumentOptions.begin(of: selection)
        defer { instruments.end() }
        let (devices, tuning): ([[NetworkDevice<NumberedFrame>]], Tuning) = try tuningOptions.withTuning(
            whileRunning: true
        ) { (try selection.makeDevices(sharingLanes: networks, tuning: $0), $0) }
        instruments.announce(devices[0])
        if traceFile != nil { plan.streams[0].options.traceCapacity = ChromeTrace.capacity }
        let pool = DevicePool()
        let reading = ReadingPlan(
            isStrict: strict, every: readingOptions.every, frames: readingOptions.frames, end: readingEnd)
        let runs = try plan.streams.map {
            try StreamRun($0, on: devices[$0.networkIndex], pool: pool, reading: reading, drawn: drawn)
        }
        let busy = BusyBox()
        let server = try metrics.map { address in
            try MetricsServer(address) {
                let (lanes, sessions) = (pool.report(), runs.enumerated().map { $1.figures(selection, number: $0) })
                return busy.shares.withLock { PoolReport(selection, lanes: lanes, &$0, sessions: sessions) }
            }
        }
        defer { server?.stop() }
        let meter = HostUseMeter(devices[0])
        let lines = ResultLines(resultFile)
        let measuring = instruments.streams(of: Set(plan.networks.map(\.name)).sorted().joined(separator: ", "))
        measuring.begin()
        readingEnd.begin()
        try Self.run(runs, lines)
        lines.clear()
        TuningOptions.warnOnce(ofUnkept: tuning)
        let tuned = zip(devices, plan.networks).flatMap {
            TuningRow.rows($0, network: $1.name, isKept: !tuning.hasUnkeptChoices)
        }
        // Whoever reads the results doesn't want what is said of them either.
        let failures = runs.compactMap(\.failure)
        if let gone = failures.first(where: { ($0 as? OutputError)?.isReaderGone ?? false }) { throw gone }
        let reports = runs.map { $0.stream.report() }
        let report = reports.count == 1 ? reports[0] : StreamReport(together: reports)
        let measured = MeasuredStream(
            report: report, meter: measuring.meterName, energy: measuring.end(report), hostUses: meter.uses(in: report))
        for run in runs { run.sourceNotes.forEach(printNote) }
        if let traceFile {
            try ChromeTrace.write(runs[0].stream.trace(), lanes: runs[0].stream.laneNames, to: traceFile)
        }
        let energy = EnergyFigures(measured, notes: instruments.notes)
        if stream.isEmpty {
            let summary = RunSummary(
                network: plan.networks[0].name, weights: plan.streams[0].weights,
                pixels: plan.streams[0].pixels, resample: networkOptions.resampleOption.resample,
                results: plan.streams[0].resultsRow, selection: selection,
                layouts: devices[0].map(DeviceLayout.init), formats: networks[0].map(\.format), measured: measured,
                energy: energy, conditions: instruments.conditions, damagedFrames: runs[0].damagedCount,
                tuning: tuned, notes: runs[0].notes, source: runs[0].sourceRow, drawn: runs[0].drawnRow)
            try self.report(summary, summary.text, to: summaryFile)
        } else {
            let summary = StreamsSummary(
                runs, together: measured, selection: selection, tuning: tuned, energy: energy,
                conditions: instruments.conditions)
            try self.report(summary, summary.text, to: summaryFile)
        }
        try end(runs, failures)
    }

    /// How busy devices were between two looks of whoever watches.
    private final class BusyBox: Sendable {
        let shares = Mutex(BusyShares())
    }

    private func report(_ summary: some Encodable, _ text: String, to file: OutputFile?) throws {
        try file?.writeLine(JSON.document(summary))
        try printForPeople(text, dataIn: output, json)
    }

    /// The streams asked for: one without a name, unless there are several.
    private func makePlan(_ policy: any Policy, _ end: ReadingEnd) throws -> RunPlan {
        var plan = RunPlan()
        let sourceOptions = inputOptions.plan(end.cancellation)
        let results = try resultOptions.plan()
        var options = StreamOptions(window: window, policy: policy)
        options.greatestAgeNanoseconds = readingOptions.maxAge.map { Int($0 * 1e6) }
        if stream.isEmpty {
            try plan.append(
                name: nil, input: input, sourceOptions: sourceOptions, networkOptions: networkOptions,
                labelsFile: labels, results: results, options: options, admission: readingOptions.admission)
        }
        for specification in stream {
            var (options, network) = (options, networkOptions)
            (options.weight, options.priority) = (specification.weight, specification.priority)
            if let model = specification.model { (network.model, network.network) = (model, nil) }
            if let name = specification.network { (network.model, network.network) = (nil, name) }
            try plan.append(
                name: specification.name, input: specification.input, sourceOptions: sourceOptions,
                networkOptions: network, labelsFile: specification.labels ?? labels, results: results, options: options,
                admission: specification.admission ?? readingOptions.admission)
        }
        return plan
    }

    /// Each stream on a thread of its own, one alone on this one.
    private static func run(_ runs: [StreamRun], _ lines: ResultLines) throws {
        guard runs.count > 1 else { return runs[0].run(lines) }
        var threads: [CoExec.Thread] = []
        defer { for thread in threads { thread.join() } }
        do {
            for run in runs { threads.append(try Thread(name: run.plan.name ?? "stream") { run.run(lines) }) }
        } catch {
            Interrupt.request()
            throw error
        }
    }

    /// What the command ends with.
    private func end(_ runs: [StreamRun], _ failures: [any Error]) throws {
        if let failure = failures.first { throw failure }
        if let error = runs.compactMap(\.firstFrameError).first { throw error }
        if let damage = runs.compactMap(\.damage).first {
            guard Interrupt.isByUser else { throw damage }
            printNote("\(damage)")
        }
        if Interrupt.isRequested { throw ExitCode(Interrupt.exitCode) }
    }
}
