// Some of a board's devices working together, as a simulation runs them.

import CoExec
import Kernels

/// Devices of a board that take frames of one stream.
public struct BoardConfiguration: Sendable {
    public let board: BoardProfile
    public let devices: [BoardDevice]
    /// Speed of each device relative to the board's, in (0, 1].
    public let speeds: [Double]

    /// - Parameters:
    ///   - devices: at least one, each of them the board's.
    ///   - speeds: one a device; nil for the board's own.
    package init(board: BoardProfile, devices: [BoardDevice], speeds: [Double]? = nil) {
        precondition(!devices.isEmpty && devices.allSatisfy(board.devices.contains))
        precondition(speeds.map { $0.count == devices.count && $0.allSatisfy { $0 > 0 && $0 <= 1 } } ?? true)
        (self.board, self.devices) = (board, devices)
        self.speeds = speeds ?? devices.map { _ in 1 }
    }

    /// What a study of this board compares: the devices of each published table, or else all devices.
    public static func all(of board: BoardProfile) -> [BoardConfiguration] {
        guard let tables = board.published, !tables.isEmpty else { return [Self(board: board, devices: board.devices)] }
        return tables.map { table in
            Self(board: board, devices: table.devices.compactMap { name in board.devices.first { $0.name == name } })
        }
    }

    /// Networks that every device runs, in alphabetical order.
    public var networks: [String] {
        devices[0].framesPerSecond.keys.filter { network in
            devices.allSatisfy { $0.framesPerSecond[network] != nil }
        }.sorted()
    }

    /// The devices as the simulator takes them, each with what a frame moves. A network of the program's is built for
    /// that, without its weights.
    /// - Precondition: every device runs the network.
    package func simulatedDevices(network: String) -> [SimulatedDevice] {
        let isTold = devices.allSatisfy { $0.memory.map { $0.megabytesPerFrame?[network] != nil } ?? true }
        let structure = isTold ? nil : try? NetworkCatalog.make(network, side: nil, drawsWeights: false)
        return zip(devices, throughputs(network: network)).map { device, framesPerSecond in
            let lanes = device.lanes ?? 1
            return SimulatedDevice(
                name: device.name, laneCount: lanes, serviceNanoseconds: Double(lanes) * 1e9 / framesPerSecond,
                jitter: device.jitter ?? 0, hosts: hosts(of: device),
                traffic: device.memory?.traffic(of: network, structure: structure))
        }
    }

    /// What the board's bus takes; nil for a board without one.
    package var busBytesPerSecond: Double? { board.bus.map { $0.gigabytesPerSecond * 1e9 } }

    /// Throughput that devices leave each other: the sum of the isolated ones, each at the speed that is left to it by
    /// host threads and the bus while all lanes are busy.
    /// - Parameters:
    ///   - devices: from `simulatedDevices`.
    ///   - isolated: throughput of each device alone, in the order of the devices.
    package func framesPerSecondTogether(_ devices: [SimulatedDevice], isolated: [Double]) -> Double {
        precondition(isolated.count == devices.count, "a throughput for each device")
        let contention = Contention(devices, busBytesPerSecond: busBytesPerSecond)
        return zip(isolated, contention.speeds(busyLanes: devices.map(\.laneCount))).reduce(0) { $0 + $1.0 * $1.1 }
    }

    /// What others published of these devices and this network; nil where nobody did, or a speed was changed.
    public func published(network: String) -> (title: String, row: PublishedTable.Row)? {
        guard speeds.allSatisfy({ $0 == 1 }) else { return nil }
        let names = Set(devices.map(\.name))
        for table in board.published ?? [] where Set(table.devices) == names {
            if let row = table.networks[network] { return (table.title, row) }
        }
        return nil
    }

    /// Throughput of each device alone, as the profile has it.
    /// - Precondition: every device runs the network.
    package func throughputs(network: String) -> [Double] {
        zip(devices, speeds).map { device, speed in
            guard let framesPerSecond = device.framesPerSecond[network] else {
                preconditionFailure("'\(device.name)' doesn't run \(network)")
            }
            return framesPerSecond * speed
        }
    }

    /// A host that takes no frames loses none.
    private func hosts(of device: BoardDevice) -> [(device: Int, share: Double)] {
        (device.hosts ?? []).compactMap { host in
            devices.firstIndex { $0.name == host.device }.map { ($0, host.share) }
        }
    }
}
