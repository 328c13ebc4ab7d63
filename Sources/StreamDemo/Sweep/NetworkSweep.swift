// Which variants of a network a sweep measures, and how: each alone, in turns, so that drift of the machine hits all
// alike. (Protocol of V. Peluso et al., "Inference on the Edge: Performance Analysis of an Image Classification Task
// Using Off-The-Shelf CPUs and Open-Source ConvNets", 2019, section IV-A.)

import CoExec
import Devices
import Foundation
import Kernels

/// One network in one number format on one device.
private struct SweptDevice {
    let alpha: Double
    let variant: FormattedNetwork
    let device: NetworkDevice<FrameBatch>
    var rounds: [MeasuredStream] = []

    var label: String { "\(variant.network.name) \(variant.format.rawValue) on \(device.name)" }
}

struct NetworkSweep {
    let family: NetworkFamily
    let selection: DeviceSelection
    /// Of CPU clusters.
    let layout: LaneLayout
    let frames: Int
    let rounds: Int
    /// Before each stream, in seconds.
    let pause: Double
    let instruments: Instruments

    /// Frames of each stream that are run before it and don't count.
    private static let warmupFrames = 10

    /// - Returns: nil when the user interrupted before the first round was whole.
    func measure(quantizing precision: PrecisionOptions, tuning tuningOptions: TuningOptions) throws -> SweepResult? {
        var swept = try prepare(precision, tuningOptions)
        swept.forEach { instruments.announce([$0.device]) }
        let clip = FrameBatch.builtInClip()
        for round in 1...rounds {
            var streams: [MeasuredStream] = []
            for item in swept {
                Measurement.pause(seconds: pause)
                let label = "\(item.label), round \(round)/\(rounds)"
                _ = try Measurement.run(
                    clip, count: Self.warmupFrames, devices: [item.device], label: "\(label), warm-up")
                streams.append(
                    try Measurement.run(
                        clip, count: frames, devices: [item.device],
                        instruments: instruments.streams(of: item.variant.network.name), label: label))
            }
            if Interrupt.isRequested { break }
            for index in swept.indices { swept[index].rounds.append(streams[index]) }
        }
        guard !swept[0].rounds.isEmpty else { return nil }
        let layouts = Dictionary(swept.map { ($0.device.name, DeviceLayout($0.device).text) }) { first, _ in first }
        return SweepResult(
            devices: selection.devices.map { device in
                (device.name, "\(selection.machine.describe(device)), \(layouts[device.name]!)")
            },
            points: swept.map { item in
                SweepResult.Point(
                    alpha: item.alpha, item.variant,
                    top1: family.accuracy.top1(alpha: item.alpha, item.variant.format)!, rounds: item.rounds,
                    notes: instruments.notes)
            }, accuracySource: family.accuracy.source, conditions: instruments.conditions)
    }

    private func prepare(_ precision: PrecisionOptions, _ tuningOptions: TuningOptions) throws -> [SweptDevice] {
        let variants = try family.alphas.flatMap { alpha in
            let network = try NetworkCatalog.make(family.networkName(alpha: alpha))
            let quantized = try precision.quantized(network)
            return family.formats.map { format in
                (alpha, FormattedNetwork(network: format == .int8 ? quantized : network, format: format))
            }
        }
        return try tuningOptions.withTuning { tuning in
            try variants.flatMap { alpha, variant in
                try selection.makeDevices(selection.devices.map { _ in variant }, layout: layout, tuning: tuning).map {
                    SweptDevice(alpha: alpha, variant: variant, device: $0)
                }
            }
        }
    }
}
