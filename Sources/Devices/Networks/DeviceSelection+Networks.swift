// From the devices that a user chose, and networks, to what runs them.

import Kernels

extension DeviceSelection {
    /// Its devices.
    /// - Parameters:
    ///   - networks: of each.
    ///   - layout: of the CPU clusters.
    /// - Throws: what `Machine.makeDevice` throws.
    package func makeDevices<Frame: ImageFrame>(
        _ networks: [FormattedNetwork], layout: LaneLayout = LaneLayout(), tuning: Tuning
    ) throws -> [NetworkDevice<Frame>] {
        try zip(devices, networks).map { device, formatted in
            try makeDevice(device, formatted, layout: device.isMadeOfCPUs ? layout : LaneLayout(), tuning: tuning)
        }
    }

    /// Its devices for each of several networks at once, so that these can share lanes: where they want different ones,
    /// a CPU cluster has a lane of one thread a CPU.
    /// - Parameter networks: of each, for each of the devices.
    /// - Throws: what `Machine.makeDevice` throws.
    package func makeDevices<Frame: ImageFrame>(
        sharingLanes networks: [[FormattedNetwork]], tuning: Tuning
    ) throws -> [[NetworkDevice<Frame>]] {
        var made: [[NetworkDevice<Frame>]] = try networks.map { try makeDevices($0, tuning: tuning) }
        for index in devices.indices where made.contains(where: { !$0[index].hasLanes(of: made[0][index]) }) {
            let layout = LaneLayout(lanes: devices[index].cpus.count, threads: 1)
            for network in made.indices {
                made[network][index] = try makeDevice(
                    devices[index], networks[network][index], layout: layout, tuning: tuning)
            }
        }
        return made
    }

    private func makeDevice<Frame: ImageFrame>(
        _ device: ResolvedDevice, _ formatted: FormattedNetwork, layout: LaneLayout, tuning: Tuning
    ) throws -> NetworkDevice<Frame> {
        try machine.makeDevice(
            device, network: formatted.network, layout: layout, precision: formatted.format.precision, tuning: tuning)
    }
}

extension NetworkDevice {
    fileprivate func hasLanes(of other: NetworkDevice) -> Bool {
        laneCount == other.laneCount && threadsPerLane == other.threadsPerLane
    }
}
