// What `run` and `bench` say of a stream when it has ended, as JSON and as a table.

import CoExec
import Devices
import Foundation
import Kernels

/// The summary of a run: throughput, latency, and each device's share.
struct RunSummary: Encodable {
    struct DeviceRow: Encodable {
        let name: String
        /// What the device is: its CPUs, whether it is emulated.
        let description: String
        /// The numbers it computed with.
        let precision: String
        let lanes: Int
        /// Of a lane.
        let threads: Int
        let frames: Int
        let sharePercent: Double
        /// Share of the run's time that its lanes spent running frames.
        let busyPercent: Double
        let serviceMs: Milliseconds
        /// nil for devices whose lanes compute.
        let hostUse: HostUse?

        var legend: String {
            let layout = DeviceLayout(lanes: lanes, threads: threads).text
            let parts = [description, precision, layout, hostUse?.text].compactMap(\.self)
            return "\(name): \(parts.joined(separator: ", "))"
        }
    }

    let network: String
    let weights: Weights
    let pixels: PixelsRow
    let resample: ImageResampling
    let results: ResultsRow
    /// nil without `--draw`.
    let drawn: DrawnRow?
    let frames: Int
    let failedFrames: Int
    /// Frames that were not run, for want of room or since they were too old; they count among `frames`.
    let droppedFrames: Int
    /// Frames that the input lacks, since they were damaged; none of `frames`.
    let damagedFrames: Int
    /// How far ways to compute were measured meanwhile; none where all was known, or measured first.
    let tuning: [TuningRow]
    /// What a user should know of the input and of the labels.
    let notes: [String]
    let source: SourceRow
    let seconds: Double
    let fps: Double
    /// How long the process was stopped meanwhile; part of no other figure.
    let standstillSeconds: Double
    let latencyMs: Milliseconds
    let devices: [DeviceRow]
    let energy: EnergyFigures
    let conditions: Conditions
    let limits: Limits?
    let sharedCores: [SharedCoresRow]
    private let overlapText: String

    private enum CodingKeys: CodingKey {
        case network, weights, pixels, resample, results, drawn, frames, failedFrames, droppedFrames, damagedFrames
        case tuning, notes, source, seconds, standstillSeconds, fps
        case latencyMs, devices, sharedCores, energy, conditions, limits
    }

    /// - Parameters layouts, formats: of the selection's devices, as are the report's.
    init(
        network: String, weights: Weights, pixels: PixelsRow, resample: ImageResampling, results: ResultsRow,
        selection: DeviceSelection, layouts: [DeviceLayout], formats: [NumberFormat], measured: MeasuredStream,
        energy: EnergyFigures, conditions: Conditions, damagedFrames: Int, tuning: [TuningRow], notes: [String],
        source: SourceRow, drawn: DrawnRow?
    ) {
        (self.damagedFrames, self.notes, self.source) = (damagedFrames, notes, source)
        self.tuning = tuning
        (self.energy, self.conditions, limits) = (energy, conditions, conditions.limits)
        let report = measured.report
        (self.network, self.weights, self.pixels, self.resample) = (network, weights, pixels, resample)
        (self.results, self.drawn) = (results, drawn)
        frames = report.frames
        (failedFrames, droppedFrames) = (report.failedFrames, report.droppedFrames)
        seconds = Double(report.durationNanoseconds) / 1e9
        standstillSeconds = Double(report.standstillNanoseconds) / 1e9
        fps = report.framesPerSecond
        latencyMs = Milliseconds(report.latency)
        let overlap = DeviceOverlap(selection)
        (sharedCores, overlapText) = (overlap.sharedCores, overlap.text)
        devices = selection.devices.indices.map { index in
            let (device, row) = (selection.devices[index], report.devices[index])
            return DeviceRow(
                name: device.name, description: selection.machine.describe(device),
                precision: formats[index].rawValue, lanes: layouts[index].lanes, threads: layouts[index].threads,
                frames: row.frames, sharePercent: report.composition[index],
                busyPercent: 100 * report.busyShares[index],
                serviceMs: Milliseconds(row.serviceTime), hostUse: measured.hostUses[index])
        }
    }

    var text: String {
        var table = Table(["device", "frames", "share %", "busy %", "service p50 ms", "p99 ms"])
        for device in devices {
            table.append([
                device.name, String(device.frames), device.sharePercent.formatted(digits: 1),
                device.busyPercent.formatted(digits: 1), device.serviceMs.p50.threeDigits,
                device.serviceMs.p99.threeDigits,
            ])
        }
        let mixture =
            Set(devices.map(\.precision)).count > 1
            ? "\ndevices compute in different numbers: a frame's figures depend a little on where it ran" : ""
        let still = standstillSeconds > 0 ? Standstill.note(seconds: standstillSeconds) : nil
        let notes: [String] = [weights.note(of: network), still].compactMap(\.self)
        let remarks = (notes + tuning.map(\.text)).map { "\n" + $0 }.joined()
        let failed = failedFrames > 0 ? ", \(failedFrames) of them failed" : ""
        let dropped = droppedFrames > 0 ? ", \(droppedFrames) of them dropped" : ""
        let damaged = damagedFrames > 0 ? ", \(damagedFrames) more damaged" : ""
        return """
            \(table.text)
            \(devices.map(\.legend).joined(separator: "\n"))\(mixture)\(overlapText)
            \(network): \(frames) frames in \(seconds.formatted(digits: 2)) s\(failed)\(dropped)\(damaged), \
            \(fps.formatted(digits: 1)) frames/s together; \(resample.text)
            \(pixels.text)
            \(results.text)\(drawn.map { "\n" + $0.text } ?? "")
            \(source.text)
            latency: \(latencyMs.text)\(remarks)
            \(EnergyFigures.text([(nil, energy)], names: devices.map(\.name)))
            \(conditions.text)
            """
    }
}
