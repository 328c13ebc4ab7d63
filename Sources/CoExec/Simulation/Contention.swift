// How fast a simulation's devices are beside each other: host threads take cores, and all move their bytes over one
// bus. A value, made once a simulation.

/// What a simulated device's frames move between it and memory.
public struct SimulatedTraffic: Sendable {
    public let bytesPerFrame: Double
    /// The most that the device moves when nothing else does; nil for as much as the bus takes.
    public let bytesPerSecond: Double?
    /// Whether its accesses go before those of others, and don't keep it waiting: a GPU has enough of them under way.
    public let goesFirst: Bool

    /// - Precondition: no bytes or some, and a positive bandwidth.
    public init(bytesPerFrame: Double, bytesPerSecond: Double? = nil, goesFirst: Bool = false) {
        precondition(bytesPerFrame >= 0 && bytesPerSecond.map { $0 > 0 } ?? true)
        (self.bytesPerFrame, self.bytesPerSecond, self.goesFirst) = (bytesPerFrame, bytesPerSecond, goesFirst)
    }
}

/// What devices leave of each other's speed.
///
/// A frame computes for a part of its time, and for the rest moves its bytes at the device's bandwidth. Host threads
/// stretch the first part, others' bytes the second: accesses wait as in a queue of two priorities (Cobham, "Priority
/// Assignment in Waiting Line Problems", 1954), 1 ÷ ((1 − ρ₁)(1 − ρ)) times as long, where ρ₁ is the load of those that
/// go first, and ρ that of all others. Loads of several devices are taken for independent: (1 − ρa)(1 − ρb), not
/// 1 − ρa − ρb, which would be nothing where they ask for more than there is. Devices that go first lose nothing until
/// all of them ask for more than the bus has, and then all the same part; so do the others of what these leave. Loads are
/// those at full speed.
package struct Contention: Sendable {
    /// One device's use of the bus.
    private struct Use {
        /// Part of the bus that each lane asks for.
        let laneLoad: Double
        /// Part of a frame's time in which its bytes move.
        let memoryShare: Double
        let goesFirst: Bool
    }

    private let hosts: [[(device: Int, share: Double)]]
    /// Of each device; nil without a bus.
    private let uses: [Use]?
    /// Bytes of each device's frame; what it could not have moved in its time isn't counted.
    let bytesPerFrame: [Double]
    /// However much others take.
    private static let leastSpeed = 0.01

    /// - Parameter busBytesPerSecond: of all devices together; nil for no bus.
    /// - Precondition: a positive bandwidth.
    package init(_ devices: [SimulatedDevice], busBytesPerSecond: Double?) {
        precondition(busBytesPerSecond.map { $0 > 0 } ?? true)
        hosts = devices.map(\.hosts)
        guard let bus = busBytesPerSecond else {
            (uses, bytesPerFrame) = (nil, devices.map { _ in 0 })
            return
        }
        let moved: [(bytes: Double, bandwidth: Double)] = devices.map { device in
            let bandwidth = min(device.traffic?.bytesPerSecond ?? bus, bus)
            let most = bandwidth / Double(device.laneCount) * device.serviceNanoseconds / 1e9
            return (min(device.traffic?.bytesPerFrame ?? 0, most), bandwidth)
        }
        bytesPerFrame = moved.map(\.bytes)
        uses = zip(devices, moved).map { device, moved in
            let laneBytesPerSecond = moved.bytes / device.serviceNanoseconds * 1e9
            return Use(
                laneLoad: laneBytesPerSecond / bus,
                memoryShare: min(laneBytesPerSecond * Double(device.laneCount) / moved.bandwidth, 1),
                goesFirst: device.traffic?.goesFirst ?? false)
        }
    }

    /// Speed of each device, relative to its own alone.
    /// - Parameter busyLanes: how many lanes of each device run frames.
    package func speeds(busyLanes: [Int]) -> [Double] {
        var cores = hosts.map { _ in 1.0 }
        for device in hosts.indices where busyLanes[device] > 0 {
            for host in hosts[device] { cores[host.device] -= host.share }
        }
        for device in cores.indices { cores[device] = max(cores[device], Self.leastSpeed) }
        guard let uses else { return cores }
        let loads = uses.indices.map { min(uses[$0].laneLoad * Double(busyLanes[$0]), 1) }
        let first = uses.indices.reduce(0.0) { $0 + (uses[$1].goesFirst ? loads[$1] : 0) }
        let rest = uses.indices.reduce(0.0) { $0 + (uses[$1].goesFirst ? 0 : loads[$1]) }
        let most = max(1 - first, Self.leastSpeed) / max(rest, .leastNormalMagnitude)
        return uses.indices.map { device in
            if uses[device].goesFirst { return cores[device] / max(first, 1) }
            var free = 1.0
            for other in uses.indices where other != device {
                free *= (1 - loads[other]) * (uses[other].goesFirst ? 1 - loads[other] : 1)
            }
            let memory = uses[device].memoryShare
            // As what is lost, so that a device which loses nothing is exactly as fast as alone.
            let lost = (1 - memory) * (1 / cores[device] - 1) + memory * (1 / max(free, Self.leastSpeed) - 1)
            return min(1 / (1 + lost), most)
        }
    }
}
