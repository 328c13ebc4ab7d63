// `quantize`: a network's 8-bit version as a file, and how near its results stay.

import ArgumentParser
import CoExec
import Devices
import Foundation
import Kernels
import Media
import System

struct QuantizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quantize",
        abstract: "Make the 8-bit version of a network from frames of the kind that it will see.",
        discussion: """
            Weights get a grid for each output channel, activations one for the range that they took while frames ran \
            (asymmetric, zero exactly representable). The result is an ONNX file with QuantizeLinear and \
            DequantizeLinear nodes, for --model of the other commands, ONNX Runtime and others. Where its results \
            don't follow FP32's on some frame, a warning says so and names the layer that loses most.

            Ctrl-C ends without writing a file.

            Examples:
              stream-demo quantize resnet50.onnx --calibrate pictures --output resnet50_int8.onnx
              stream-demo quantize mobilenet_v1 --calibrate clip.mp4 --test other.mp4 --output q.onnx
            """)

    @Argument(
        help: """
            The network: an ONNX or TFLite file as for --model of the other commands, or one of \
            \(NetworkCatalog.listing).
            """, completion: .model)
    var model: String

    @OptionGroup var modelOptions: ModelFileOptions

    @Option(
        help: "Frames to choose ranges by: a video, a picture, a folder of pictures, or -; default the built-in clip.",
        completion: .file())
    var calibrate: String?

    @Option(
        help: """
            Other frames to compare results on, likewise; default those of --calibrate that ranges were not chosen by, \
            or, where there are none, the built-in clip with another scene.
            """, completion: .file())
    var test: String?

    @Option(name: .shortAndLong, help: "The file to write.", completion: .file())
    var output: String

    @Option(help: "Frames to choose ranges by, taken evenly, and as many at most to compare on.")
    var frames = 64

    @Option(help: "Ranges: minmax, from the least to the greatest value; or percentile, without outliers.")
    var method = RangeMethod.percentile

    @Option(help: "Percent of the values that a range holds; default 99.99.")
    var percentile: Double?

    @OptionGroup var resampleOption: ResampleOption

    @Option(help: "Write the figures as JSON to this file, or - for standard output.", completion: .file())
    var json: String?

    enum RangeMethod: String, CaseIterable, ExpressibleByArgument { case minmax, percentile }

    func validate() throws {
        try check(frames, "--frames", in: 1...512)
        guard percentile == nil || method == .percentile else {
            throw ValidationError("--percentile is for --method percentile.")
        }
        if let percentile, !(percentile > 50 && percentile <= 100) {
            throw ValidationError("--percentile must be above 50, 100 at most.")
        }
        if calibrate == "-", test == "-" { throw ValidationError("Only one of --calibrate and --test can be -.") }
        guard output != "-" else { throw ValidationError("--output must be a file of its own.") }
    }

    // Layers run on this thread, and as fast as on lanes.
    func run() throws { try Denormals.flushed { try quantize() } }

    private func quantize() throws {
        Interrupt.watch()
        let (opened, weights) = try openNetwork()
        let network = opened.network
        guard !network.isQuantized else { throw QuantizedModelError(model: model) }
        for input in [calibrate, test] { try FilesInUse.ofThisRun.reads(input: input) }
        try FilesInUse.ofThisRun.writes(output)
        try ONNXFile.checkWritable(output)
        let exact = try ONNXFile(network)
        let (source, testSource) = (
            try openRecording(path: calibrate), try test.map { try openRecording(path: $0) }
        )
        let jsonFile = try json.map { try OutputFile($0) }
        let started = monotonicNanoseconds()
        var progress = Progress()
        defer { progress.clear() }

        // One thread: several would wait for each other at every layer, on a busy machine for most of the time.
        let engine = CPUEngine(threads: 1)
        let shrinker = try PictureShrinker(to: network, by: engine)
        func sample(_ source: any FrameSource, _ name: String) throws -> FrameSample {
            let expected = source.expectedFrameCount.map { "/\($0)" } ?? ""
            return try shrinker.sample(frames, of: source, named: name) { count in
                progress.show("reading \(name): \(count)\(expected) frames")
            }
        }
        let input = calibrate ?? BuiltInClip.title
        let calibrating = try sample(source, input)
        let testing = try testFrames(beside: calibrating, testSource, sample)

        let runCount = try network.runs(of: calibrating.frames).count
        let quantized = try network.quantized(calibratedOn: calibrating.frames, method: rangeMethod, by: engine) {
            count in
            progress.show("calibrating: run \(count)/\(runCount)")
            try Interrupt.endIfRequested()
        }
        let file = try ONNXFile(quantized)
        let comparison = try NetworkComparison(network, quantized, by: engine)
        func compare(_ frames: [Image], _ name: String) throws -> (result: QuantizeResult.Agreement, worst: Image) {
            let scores = try comparison.agreement(on: frames) { count in
                progress.show("comparing on \(name): \(count)/\(frames.count) frames")
                try Interrupt.endIfRequested()
            }
            let result = QuantizeResult.Agreement(input: name, scores)
            return (result, frames[result.leastFrame])
        }
        let agreements = (
            calibration: try compare(calibrating.frames, input),
            test: try compare(testing.frames, testing.name)
        )
        let least = [agreements.calibration, agreements.test].min { $0.result.leastCosine < $1.result.leastCosine }!
        try file.write(to: output)
        // A help for the reader, which takes memory for the values of all layers: the file doesn't depend on it.
        var loss: LayerLoss?
        if !least.result.isWorthy {
            loss = try? LayerLoss.greatest(of: network, quantized, for: least.worst, by: engine)
        }
        progress.clear()
        let result = QuantizeResult(
            network: network.name, weights: weights, pixels: PixelsRow(opened), resample: resampleOption.resample,
            output: output,
            method: method.rawValue, percentile: rangeMethod.percent, bytes: file.byteCount,
            fp32Bytes: exact.byteCount, calibration: agreements.calibration.result, test: agreements.test.result,
            loss: loss,
            seconds: Double(monotonicNanoseconds() - started) / 1e9)
        try jsonFile?.writeLine(JSON.document(result))
        try printForPeople(result.text, dataIn: json)
        if let warning = result.warning.value { printWarning(warning) }
    }

    /// A built-in network if there is one of this name, or else what the file holds.
    private func openNetwork() throws -> (OpenedNetwork, Weights) {
        let options = try modelOptions.options(resampleOption.resample)
        do {
            let opened = try NetworkSource.builtIn(model).open(options)
            try modelOptions.checkLeftOut()
            return (opened, .random)
        } catch let error as UnknownNetworkError {
            // What looks like no file is rather a mistyped name.
            let looksLikeAFile = model.contains("/") || model.hasSuffix(".onnx") || model.hasSuffix(".tflite")
            guard looksLikeAFile || FileManager.default.fileExists(atPath: model) else { throw error }
            return (try ModelFile.open(model, options), .file)
        }
    }

    private var rangeMethod: Calibration.Method {
        switch method {
        case .minmax: .extremes
        case .percentile: percentile.map { .percentile($0) } ?? .standard
        }
    }

    private func testFrames(
        beside calibrating: FrameSample, _ source: (any FrameSource)?,
        _ sample: (any FrameSource, String) throws -> FrameSample
    ) throws -> (frames: [Image], name: String) {
        if let test, let source { return (try sample(source, test).frames, test) }
        if let calibrate, !calibrating.others.isEmpty { return (calibrating.others, "other frames of \(calibrate)") }
        let name = "\(BuiltInClip.title), \(calibrate == nil ? "another scene" : "its scene")"
        let clip = calibrate == nil ? BuiltInClip(seed: BuiltInClip.otherSeed) : BuiltInClip()
        return (try sample(clip, name).frames, name)
    }
}

extension Calibration.Method {
    fileprivate var percent: Double? { if case .percentile(let percent) = self { percent } else { nil } }
}

/// A model that needs no quantising.
struct QuantizedModelError: Error, CustomStringConvertible {
    let model: String
    var description: String { "'\(model)' is quantised already" }
}
