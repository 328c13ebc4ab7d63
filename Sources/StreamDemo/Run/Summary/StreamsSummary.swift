// What `run --stream` says of several streams when they have ended, as JSON and as a table.

import CoExec
import Devices
import Kernels
import System

/// The summary of streams that shared the devices: each one's figures, and what the devices did for all.
struct StreamsSummary: Encodable {
    struct StreamRow: Encodable {
        let name: String
        let network: String
        let weights: Weights
        let results: ResultsRow
        let weight: Double
        let priority: Int
        let frames: Int
        let dropped: Int
        let failed: Int
        /// Frames that the input lacks, since they were damaged; none of `frames`.
        let damaged: Int
        let seconds: Double
        let fps: Double
        let latencyMs: Milliseconds
        let devices: [DeviceShare]
        let notes: [String]
        let source: SourceRow
    }

    /// A device's part in a stream.
    struct DeviceShare: Encodable {
        let name: String
        let frames: Int
        /// Of the stream's frames.
        let sharePercent: Double
        /// Of its lanes' time while the stream ran.
        let busyPercent: Double
        let serviceMs: Milliseconds
    }

    struct DeviceRow: Encodable {
        let name: String
        let description: String
        let lanes: Int
        /// Of a lane.
        let threads: Int
        let frames: Int
        /// Of its lanes' time, for all streams.
        let busyPercent: Double
    }

    let streams: [StreamRow]
    let frames: Int
    let seconds: Double
    /// Of all streams together.
    let fps: Double
    let standstillSeconds: Double
    /// The most that the process had, of all streams and their networks; nil where the kernel doesn't tell.
    let peakMemoryMb: OrNull<Double>
    let devices: [DeviceRow]
    /// How far ways to compute were measured meanwhile; none where all was known, or measured first.
    let tuning: [TuningRow]
    let energy: EnergyFigures
    let conditions: Conditions
    let limits: Limits?

    /// - Parameter together: the reports of all as one.
    init(
        _ runs: [StreamRun], together: MeasuredStream, selection: DeviceSelection, tuning: [TuningRow],
        energy: EnergyFigures, conditions: Conditions
    ) {
        (self.energy, self.conditions, limits) = (energy, conditions, conditions.limits)
        self.tuning = tuning
        let report = together.report
        (frames, fps) = (report.frames, report.framesPerSecond)
        seconds = Double(report.durationNanoseconds) / 1e9
        standstillSeconds = Double(report.standstillNanoseconds) / 1e9
        peakMemoryMb = OrNull(ProcessMemory.peakBytes.map { Double($0) / 1e6 })
        streams = runs.map(Self.row)
        devices = selection.devices.indices.map { index in
            let (device, row) = (selection.devices[index], report.devices[index])
            let layout = DeviceLayout(runs[0].devices[index])
            return DeviceRow(
                name: device.name, description: selection.machine.describe(device), lanes: layout.lanes,
                threads: layout.threads, frames: row.frames, busyPercent: 100 * report.busyShares[index])
        }
    }

    private static func row(_ run: StreamRun) -> StreamRow {
        let (report, plan) = (run.stream.report(), run.plan)
        return StreamRow(
            name: plan.name ?? "", network: plan.network.name, weights: plan.weights, results: plan.resultsRow,
            weight: plan.options.weight, priority: plan.options.priority, frames: report.frames,
            dropped: report.droppedFrames,
            failed: report.failedFrames, damaged: run.damagedCount,
            seconds: Double(report.durationNanoseconds) / 1e9, fps: report.framesPerSecond,
            latencyMs: Milliseconds(report.latency),
            devices: report.devices.indices.map { index in
                let device = report.devices[index]
                return DeviceShare(
                    name: device.name, frames: device.frames, sharePercent: report.composition[index],
                    busyPercent: 100 * report.busyShares[index], serviceMs: Milliseconds(device.serviceTime))
            }, notes: run.notes, source: run.sourceRow)
    }

    var text: String {
        var table = Table(
            ["stream", "network", "frames", "dropped", "failed", "frames/s", "p50 ms", "p99 ms"]
                + devices.map { "\($0.name) %" })
        for stream in streams {
            let shares = stream.devices.map { $0.sharePercent.formatted(digits: 1) }
            table.append(
                [
                    stream.name, stream.network, String(stream.frames), String(stream.dropped), String(stream.failed),
                    stream.fps.formatted(digits: 1), stream.latencyMs.p50.threeDigits,
                    stream.latencyMs.p99.threeDigits,
                ] + shares)
        }
        let legends = devices.map { device in
            let layout = DeviceLayout(lanes: device.lanes, threads: device.threads).text
            return "\(device.name): \(device.description), \(layout), \(device.busyPercent.formatted(digits: 1)) % busy"
        }
        var remarks = streams.compactMap { stream in
            stream.weights.note(of: stream.network).map { "\(stream.name): \($0)" }
        }
        remarks += streams.map { "\($0.name): \($0.source.text)" }
        remarks += tuning.map(\.text)
        if standstillSeconds > 0 { remarks.append(Standstill.note(seconds: standstillSeconds)) }
        return """
            \(table.text)
            \(legends.joined(separator: "\n"))
            \(frames) frames in \(seconds.formatted(digits: 2)) s, \(fps.formatted(digits: 1)) frames/s together; \
            memory \(peakMemoryMb.value.map { "\($0.formatted(digits: 0)) MB at most" } ?? "unknown")
            \((remarks + [EnergyFigures.text([(nil, energy)], names: devices.map(\.name))]).joined(separator: "\n"))
            \(conditions.text)
            """
    }
}
