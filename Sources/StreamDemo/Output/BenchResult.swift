// What `bench` says of one network on one device.

import CoExec
import Devices
import Kernels

/// The contract's JSON of `bench`, and its table.
struct BenchResult: Encodable {
    struct Layer: Encodable {
        let name: String
        let op: String
        let ms: Double
        /// 2 × multiply–accumulates ÷ time; nil for layers that have none.
        let gflops: OrNull<Double>
        /// Operational intensity; nil where `gflops` is.
        let flopPerByte: OrNull<Double>
    }

    let device: String
    /// Says what the device is, and whether it is emulated.
    let deviceDescription: String
    let engine: String
    let network: String
    let weights: Weights
    let precision: String
    let threads: Int
    let lanes: Int
    let batch: Int
    /// Width and height of what a run is given.
    let pictures: String
    let pixels: PixelsRow
    let resample: ImageResampling
    /// Frames measured: runs × batch.
    let frames: Int
    let fps: Double
    /// How long the process was stopped meanwhile; part of no other figure.
    let standstillSeconds: Double
    /// Admission to delivery of one run, for the whole batch: includes waiting for the lane.
    let latencyMs: Milliseconds
    /// Time of one run on a lane.
    let serviceMs: Milliseconds
    /// nil for devices whose lanes compute.
    let hostUse: HostUse?
    let energy: EnergyFigures
    let conditions: Conditions
    let limits: Limits?
    /// Of one frame.
    let macs: Int
    let params: Int
    let layers: [Layer]?

    init(
        device: NetworkDevice<FrameBatch>, description: String, network formatted: FormattedNetwork, weights: Weights,
        batch: Int, pictures: ImageSize, pixels: PixelsRow, resample: ImageResampling, measured: MeasuredStream,
        energy: EnergyFigures, conditions: Conditions, timings: [NodeTiming]?
    ) {
        let (report, network) = (measured.report, formatted.network)
        self.device = device.name
        deviceDescription = description
        engine = device.engine.name
        (self.network, self.weights) = (network.name, weights)
        standstillSeconds = Double(report.standstillNanoseconds) / 1e9
        precision = formatted.format.rawValue
        (threads, lanes, self.batch) = (device.threadsPerLane, device.laneCount, batch)
        (self.pictures, self.pixels, self.resample) = (pictures.text, pixels, resample)
        frames = report.frames * batch
        fps = report.framesPerSecond * Double(batch)
        latencyMs = Milliseconds(report.latency)
        serviceMs = Milliseconds(report.devices[0].serviceTime)
        hostUse = measured.hostUses[0]
        (self.energy, self.conditions, limits) = (energy, conditions, conditions.limits)
        macs = network.multiplyAccumulates / batch
        params = network.parameterCount
        layers = timings?.map { timing in
            let node = network.nodes[timing.node]
            let partner = timing.partner.map { network.nodes[$0] }
            let operations =
                2 * [node, partner].compactMap(\.self).reduce(0) { $0 + network.multiplyAccumulates(of: $1) }
            return Layer(
                name: [node.name, partner?.name].compactMap(\.self).joined(separator: " + "), op: node.operation.name,
                ms: timing.nanoseconds.milliseconds,
                gflops: OrNull(operations > 0 ? Double(operations) / Double(max(timing.nanoseconds, 1)) : nil),
                flopPerByte: OrNull(network.operationalIntensity(of: node, in: formatted.format.precision)))
        }
    }

    var text: String {
        var text = ""
        if let layers {
            var table = Table(["layer", "op", "ms", "GFLOPS", "FLOP/byte"])
            for layer in layers {
                table.append([
                    layer.name, layer.op, layer.ms.threeDigits, layer.gflops.value?.formatted(digits: 1) ?? "",
                    layer.flopPerByte.value?.formatted(digits: 1) ?? "",
                ])
            }
            let total = layers.reduce(0) { $0 + $1.ms }
            text += "\(table.text)\nsum of layers: \(total.threeDigits) ms\n\n"
        }
        let millions = (Double(macs) / 1e6).formatted(digits: 1)
        text += """
            \(network) (\(millions) M multiply–accumulates, \(params) parameters, \(precision)) \
            on \(device) (\(deviceDescription))
            engine: \(engine), \(DeviceLayout(lanes: lanes, threads: threads).text), batch \(batch)
            \(fps.formatted(digits: 1)) frames/s over \(frames) pictures of \(pictures); \(resample.text)
            \(pixels.text)
            service time of a run: \(serviceMs.text)
            """
        if let note = weights.note(of: network) { text += "\n" + note }
        if standstillSeconds > 0 { text += "\n" + Standstill.note(seconds: standstillSeconds) }
        if let hostUse { text += "\n" + hostUse.text }
        return [text, EnergyFigures.text([(nil, energy)], names: [device]), conditions.text].joined(separator: "\n")
    }
}
