// The numbers that devices compute with, and what ranges of 8 bits are taken from.

import ArgumentParser
import Devices
import Kernels
import Media

struct PrecisionOptions: ParsableArguments {
    @Option(
        help: """
            The numbers to compute with: \(NumberFormat.allCases.map(\.rawValue).joined(separator: ", ")); for one \
            device and another DEVICE=PRECISION,…; default fp32, and int8 for a model in 8 bits.
            """, completion: .precision)
    var precision: String?

    /// More hardly change the ranges.
    private static let calibrationFrames = 16

    @Option(
        help: """
            A video, a picture or a folder of pictures: --precision int8 takes the ranges of values from its frames; \
            default the built-in clip.
            """, completion: .file())
    var calibrate: String?

    func validate() throws {
        if calibrate == "-" { throw ValidationError("--calibrate takes a file or a folder.") }
    }

    /// The network for each device, quantised where that is asked for.
    /// - Parameters:
    ///   - devices: that will run it.
    ///   - batch: frames that a run of the network takes.
    /// - Throws: `UsageError` for a precision or a device that there isn't; `VideoError`.
    func networks(_ network: Network, for devices: [ResolvedDevice], batch: Int = 1) throws -> [FormattedNetwork] {
        var isCalibrated = false
        do {
            let plan = try PrecisionPlan(parsing: precision, for: devices.map(\.name))
            let networks = try plan.networks(network, for: devices) { network in
                isCalibrated = true
                return try quantized(network, batch: batch)
            }
            guard calibrate == nil || isCalibrated else {
                throw network.isQuantized
                    ? UsageError("'\(network.name)' is in 8 bits: there is nothing to calibrate")
                    : UsageError("--calibrate is for --precision int8")
            }
            return networks
        } catch let error as PrecisionPlanError {
            if case .inEightBits = error { throw UsageError("\(error)") }
            throw UsageError("--\(error)")
        }
    }

    /// The network in 8 bits, its ranges taken from the frames asked for.
    /// - Throws: `VideoError`; `NoFramesError`; `ExitCode` once the user has interrupted.
    /// - Precondition: a network in FP32.
    func quantized(_ network: Network, batch: Int = 1) throws -> Network {
        try FilesInUse.ofThisRun.reads(input: calibrate)
        var progress = Progress()
        defer { progress.clear() }
        let engine = CPUEngine(threads: 1)
        let source = try openRecording(path: calibrate)
        let sample = try PictureShrinker(to: network, by: engine).sample(
            max(Self.calibrationFrames, batch), of: source,
            named: calibrate ?? BuiltInClip.title
        ) { progress.show("reading frames to quantise \(network.name) by: \($0)") }
        progress.show("quantising \(network.name)")
        return try network.quantized(calibratedOn: sample.frames, by: engine) { _ in try Interrupt.endIfRequested() }
    }
}
