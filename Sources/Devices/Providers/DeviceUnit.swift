// One unit of a machine, as its provider has found it: what can be asked of it, and how a device is made of it.

import Kernels

/// A unit that a device can be made of. A value, used on any thread.
public protocol DeviceUnit: Sendable {
    /// What choosing devices needs to know of it.
    var summary: UnitSummary { get }

    /// What it is, in words for tables, as a device of it runs: its processor, its CPUs, what it stands in for.
    /// - Parameter device: of this unit.
    func describe(_ device: ResolvedDevice) -> [String]

    /// What `devices` says of it, in the columns of its provider's report.
    var row: UnitReport.Row { get }

    /// Whether it computes in a precision.
    func supports(_ precision: Precision) -> Bool

    /// Whether it can run a network, as far as that is known without compiling it. What only compiling tells, the
    /// engine throws, best as `UnsupportedNodeError`.
    func supports(_ network: Network) -> NetworkSupport

    /// The kind of clock that it has; `.cpu` for the clocks of a device's CPUs.
    var clock: ClockDomain.Kind { get }

    /// Which rails feed a device of it, as positions; none where no rail is its own.
    func rails(of device: ResolvedDevice, among rails: [PowerRail]) -> [Int]

    /// Makes a device that runs a network.
    ///
    /// The precision and the network are such as it supports. The engine compiles when a stream prepares the device, on a
    /// thread that is bound as lane 0's.
    /// - Throws: `LaneLayoutError`, `LibraryError`, or the provider's own error.
    func makeDevice<Frame: ImageFrame>(_ order: DeviceOrder) throws -> NetworkDevice<Frame>
}

extension DeviceUnit {
    public var row: UnitReport.Row {
        let text = describe(ResolvedDevice(summary)).joined(separator: ", ")
        return UnitReport.Row(cells: [summary.name, text], json: ["name": summary.name, "description": text])
    }
    public func supports(_ precision: Precision) -> Bool { precision == .fp32 }
    public func supports(_ network: Network) -> NetworkSupport { .whole }
    public var clock: ClockDomain.Kind { .cpu }
    public func rails(of device: ResolvedDevice, among rails: [PowerRail]) -> [Int] { [] }
}

/// Whether a unit can run a network.
public enum NetworkSupport: Sendable, Hashable {
    case whole
    /// The first node that it cannot run, in the order of the network, and why.
    case not(node: Network.NodeID, reason: String)
}

/// A network that a device cannot run.
public struct UnsupportedNodeError: Error, Hashable, CustomStringConvertible {
    public let device: String
    public let network: String
    /// The first that it cannot run.
    public let node: String
    public let reason: String

    public init(device: String, network: String, node: String, reason: String) {
        (self.device, self.network, self.node, self.reason) = (device, network, node, reason)
    }

    public var description: String { "device '\(device)' cannot run node '\(node)' of '\(network)': \(reason)" }
}

/// What a device is to be made of and for.
public struct DeviceOrder: Sendable {
    public let device: ResolvedDevice
    public let topology: Topology
    public let network: Network
    public let layout: LaneLayout
    public let precision: Precision
    /// Whose kernels compute on a CPU cluster; nil for the fastest.
    public let library: CPUEngine.Library?
    public let tuning: Tuning

    /// A device on an engine, its lanes' threads bound to the device's CPUs.
    /// - Parameters:
    ///   - lanes: unless the user says how many.
    ///   - threads: that a lane computes with.
    ///   - computing: whose threads compute.
    ///   - busyThreads: host threads that compute at once.
    /// - Throws: for numbers that can't be, and a network that takes other than these frames.
    public func makeDevice<Frame: ImageFrame>(
        _ engine: any Engine, lanes: Int, threads: Int = 1, computing: ComputingThreads, busyThreads: Int
    ) throws(NetworkDeviceError) -> NetworkDevice<Frame> {
        try NetworkDevice(
            name: device.name, laneCount: layout.lanes ?? lanes, threadsPerLane: threads, speed: device.speed,
            network: network, engine: engine, computing: computing, busyThreads: busyThreads,
            binding: LaneBinding(topology: topology, device: device.name, cpus: [device.cpus]))
    }
}
