// Measures a profile of this machine: each device alone with each network, its throughput and its power.

import CoExec
import Devices
import Kernels

/// What one device did with one network.
struct DeviceMeasurement {
    let network: String
    let device: String
    let lanes: Int
    let framesPerSecond: Double
    /// Standard deviation of a frame's time, as a share of its median.
    let jitter: Double
    /// nil without a meter.
    let power: PowerFigure?
    /// What its host threads take, in cores; nil where they compute themselves.
    let hostCores: Double?

    init(network: String, measured: MeasuredStream) {
        let (report, device) = (measured.report, measured.report.devices[0])
        (self.network, self.device, lanes) = (network, device.name, device.laneCount)
        framesPerSecond = report.framesPerSecond
        // Of a normal distribution; outliers, which have other causes, don't count.
        let spread = Double(device.serviceTime.p90 - device.serviceTime.p50) / 1.2816
        jitter = spread / Double(max(device.serviceTime.p50, 1))
        power = measured.energy?.own[device.name]
        hostCores = measured.hostUses[0].map { $0.hostPercent / 100 }
    }
}

extension BoardProfile {
    /// The profile of a machine whose devices ran alone.
    /// - Parameters:
    ///   - meter: what measured power, nil for nothing.
    /// - Throws: `BoardProfileFault`.
    init(measuring selection: DeviceSelection, _ measurements: [DeviceMeasurement], meter: String?) throws {
        let rails = selection.devices.map { device in
            measurements.first { $0.device == device.name }?.power?.rails ?? []
        }
        let devices = zip(selection.devices, rails).map { device, own in
            let isShared = rails.count { !Set($0).isDisjoint(with: own) } > 1
            return BoardDevice(
                device, of: selection, measurements.filter { $0.device == device.name }, isPowerShared: isShared,
                meter: meter)
        }
        try self.init(
            name: selection.machine.topology.inventory.modelName ?? "this machine",
            source: "measured by stream-demo devices --profile, each device alone"
                + (meter.map { ", power by \($0)" } ?? ", no power: there was no meter"),
            devices: devices)
    }
}

extension BoardDevice {
    /// - Parameters:
    ///   - measurements: of the device, at least one.
    ///   - isPowerShared: the rails feed other devices, too, so that only what the device's own work adds is its power.
    fileprivate init(
        _ device: ResolvedDevice, of selection: DeviceSelection, _ measurements: [DeviceMeasurement],
        isPowerShared: Bool, meter: String?
    ) {
        let powers = measurements.compactMap { measurement in
            measurement.power.flatMap { isPowerShared ? $0.activeWatts : $0.watts }.map { (measurement.network, $0) }
        }.filter { $0.1 > 0 }
        let idle = isPowerShared ? nil : measurements.compactMap { $0.power?.idleWatts }.first.map { max($0, 0) }
        var power: BoardPower?
        if !powers.isEmpty {
            let source = "\(meter ?? "") " + (isPowerShared ? "less the idle power" : "on its own rails")
            // A meter's noise may put a light load beneath idleness.
            let watts = powers.map { ($0.0, max($0.1, idle ?? 0)) }
            power = BoardPower(
                activeWatts: Samples(watts.map(\.1)).median,
                activeWattsByNetwork: Dictionary(uniqueKeysWithValues: watts), idleWatts: idle, source: source)
        }
        self.init(
            name: device.name, unit: selection.machine.describe(device),
            framesPerSecond: Dictionary(uniqueKeysWithValues: measurements.map { ($0.network, $0.framesPerSecond) }),
            lanes: min(measurements[0].lanes, 64), jitter: min(Samples(measurements.map(\.jitter)).median, 1),
            power: power,
            hosts: Self.host(of: device, among: selection.devices, measurements).map { [$0] })
    }

    /// The device whose cores the host threads run on, and what they take of it.
    private static func host(
        of device: ResolvedDevice, among devices: [ResolvedDevice], _ measurements: [DeviceMeasurement]
    ) -> BoardHost? {
        let cores = measurements.compactMap(\.hostCores)
        guard !cores.isEmpty, !device.cpus.isEmpty,
            let host = devices.first(where: { $0.name != device.name && device.cpus.isSubset(of: $0.cpus) })
        else { return nil }
        let share = min(Samples(cores).median / Double(host.cpus.count), 0.9)
        return share < 0.001 ? nil : BoardHost(device: host.name, share: share, source: "CPU time of its host threads")
    }
}
