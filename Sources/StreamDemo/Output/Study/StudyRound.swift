// One round of a study, measured or simulated: what `StudyResult` takes medians of.

import CoExec
import Devices

/// One round of one network: each device alone, in the order of the devices, then all together.
struct StudyRound {
    /// The combined stream.
    struct Combined {
        let framesPerSecond: Double
        /// Share of the frames that each device ran, in percent.
        let composition: [Double]
        /// Time that each device ran frames, as a share of what its lanes had.
        let busyShares: [Double]
        let latency: Distribution
        /// Share of the memory bus that was used; nil where there is none, and for what was measured.
        let busLoad: Double?
        /// What each device took of the host; nil for those whose lanes compute, and in simulations.
        let hostUses: [HostUse?]
    }

    let deviceNames: [String]
    /// Throughput of each device alone.
    let isolated: [Double]
    let combined: Combined
    /// What measured energy; nil without a meter, as are the energies then.
    let meter: String?
    /// Of each device's stream alone.
    let isolatedEnergy: [StreamEnergy?]
    let combinedEnergy: StreamEnergy?
    /// Of its streams; nil for a simulated round, where nothing depends on it.
    let shortestSeconds: Double?
    /// Cores that other programs kept busy, in the stream where they took most; nil where that isn't known.
    let otherCores: Double?
    /// How long the process was stopped meanwhile.
    let standstillSeconds: Double

    /// A measured round.
    init(isolated: [MeasuredStream], combined measured: MeasuredStream) {
        let combined = measured.report
        deviceNames = combined.devices.map(\.name)
        self.isolated = isolated.map(\.report.framesPerSecond)
        self.combined = Combined(
            framesPerSecond: combined.framesPerSecond, composition: combined.composition,
            busyShares: combined.busyShares, latency: combined.latency, busLoad: nil, hostUses: measured.hostUses)
        meter = measured.meter
        isolatedEnergy = isolated.map(\.energy)
        combinedEnergy = measured.energy
        let streams = isolated + [measured]
        shortestSeconds = Double(streams.map(\.report.durationNanoseconds).min()!) / 1e9
        otherCores = streams.compactMap(\.otherCores).max()
        standstillSeconds = Double(streams.reduce(0) { $0 + $1.report.standstillNanoseconds }) / 1e9
    }

    /// A simulated round.
    init(
        devices: [SimulatedDevice], isolated: [SimulationResult], combined: SimulationResult, meter: ModelEnergyMeter
    ) {
        deviceNames = devices.map(\.name)
        self.isolated = isolated.map(\.framesPerSecond)
        self.combined = Combined(
            framesPerSecond: combined.framesPerSecond, composition: combined.composition,
            busyShares: zip(combined.busyNanoseconds, devices).map {
                Double($0) / Double(max(combined.durationNanoseconds, 1) * $1.laneCount)
            },
            latency: combined.latency, busLoad: combined.busLoad, hostUses: devices.map { _ in nil })
        self.meter = meter.name
        isolatedEnergy = devices.map { meter.energy(names: [$0.name], busyShares: [1]) }
        combinedEnergy = meter.energy(names: deviceNames, busyShares: self.combined.busyShares)
        (shortestSeconds, otherCores, standstillSeconds) = (nil, nil, 0)
    }
}
