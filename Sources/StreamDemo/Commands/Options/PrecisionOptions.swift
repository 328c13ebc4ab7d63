// The numbers that devices compute with: one kind for all, or a kind for each.

import ArgumentParser
import Devices
import Kernels
import Media

/// Numbers that a network can be computed with.
enum NumberFormat: String, CaseIterable {
    case fp32, bf16, fp16, int8

    /// Of what isn't on a grid of 8 bits.
    var precision: Precision {
        switch self {
        case .fp32, .int8: .fp32
        case .bf16: .bf16
        case .fp16: .fp16
        }
    }
}

/// A network as one device runs it.
struct FormattedNetwork {
    let network: Network
    let format: NumberFormat
}

extension DeviceSelection {
    /// Its devices.
    /// - Parameters:
    ///   - networks: of each.
    ///   - layout: of the CPU clusters.
    func makeDevices<Frame: ImageFrame>(
        _ networks: [FormattedNetwork], layout: LaneLayout = LaneLayout(), tuning: Tuning
    ) throws -> [NetworkDevice<Frame>] {
        try zip(devices, networks).map { device, formatted in
            try machine.makeDevice(
                device, network: formatted.network, layout: device.isMadeOfCPUs ? layout : LaneLayout(),
                precision: formatted.format.precision, tuning: tuning)
        }
    }
}

struct PrecisionOptions: ParsableArguments {
    @Option(
        help: """
            The numbers to compute with: \(NumberFormat.allCases.map(\.rawValue).joined(separator: ", ")); for one \
            device and another DEVICE=PRECISION,…; default fp32, and int8 for a model in 8 bits.
            """)
    var precision: String?

    /// More hardly change the ranges.
    private static let calibrationFrames = 16

    @Option(
        help: """
            A video, a picture or a folder of pictures: --precision int8 takes the ranges of values from its frames; \
            default the built-in clip.
            """)
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
        let formats = try formats(for: devices.map(\.name))
        guard !network.isQuantized else {
            if let other = formats.compactMap(\.self).first(where: { $0 != .int8 }) {
                throw UsageError("'\(network.name)' is in 8 bits: it can't be computed in \(other.rawValue)")
            }
            if calibrate != nil { throw UsageError("'\(network.name)' is in 8 bits: there is nothing to calibrate") }
            return devices.map { _ in FormattedNetwork(network: network, format: .int8) }
        }
        guard formats.contains(.int8) else {
            if calibrate != nil { throw UsageError("--calibrate is for --precision int8") }
            return formats.map { FormattedNetwork(network: network, format: $0 ?? .fp32) }
        }
        let quantized = try self.quantized(network, batch: batch)
        return formats.map { format in
            FormattedNetwork(network: format == .int8 ? quantized : network, format: format ?? .fp32)
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

    /// What is asked for each device; nil where nothing is.
    private func formats(for devices: [String]) throws -> [NumberFormat?] {
        guard let precision else { return devices.map { _ in nil } }
        guard precision.contains("=") else {
            return [NumberFormat?](repeating: try format(precision), count: devices.count)
        }
        var formats: [String: NumberFormat] = [:]
        for item in precision.split(separator: ",") {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else { throw UsageError("--precision: '\(item)' is not DEVICE=PRECISION") }
            guard let device = devices.first(where: { $0.lowercased() == parts[0].lowercased() }) else {
                throw UsageError("--precision: no device '\(parts[0])' (there are: \(devices.joined(separator: ", ")))")
            }
            guard formats.updateValue(try format(parts[1]), forKey: device) == nil else {
                throw UsageError("--precision names '\(device)' twice")
            }
        }
        return devices.map { formats[$0] }
    }

    private func format(_ name: String) throws -> NumberFormat {
        if let format = NumberFormat(rawValue: name.lowercased()) { return format }
        let names = NumberFormat.allCases.map(\.rawValue).joined(separator: ", ")
        throw UsageError("--precision: no precision '\(name)' (there are: \(names))")
    }
}
