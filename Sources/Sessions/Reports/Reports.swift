// What sessions and their pool have done. Values.

import CoExec
import Devices

/// A session so far. Times are nanoseconds.
public struct SessionReport: Sendable, Codable {
    /// Among those that its pool has had, from 0.
    public let number: Int
    public let name: String
    public let submitted: Int
    /// Results that were received, those of dropped and failed pictures included.
    public let received: Int
    public let dropped: Int
    public let failed: Int
    public let inFlight: Int
    /// Of the last 1,000 that succeeded, from submission until the result could be had; 0 before the first.
    public let latencyP50Nanoseconds: Int
    public let latencyP99Nanoseconds: Int
    /// Of a picture submitted now: as the latest did, or two frames of the slowest lane before there are some.
    public let expectedLatencyNanoseconds: Int
    /// Results over the last second.
    public let framesPerSecond: Double
    public let devices: [DeviceFigures]
}

extension SessionReport {
    /// - Parameters:
    ///   - serviceNanoseconds: what a frame is expected to take on the slowest lane; nil where nobody knows.
    ///   - devices: without figures.
    package init(
        number: Int, name: String, submitted: Int, _ stream: StreamReport, _ recent: RecentFigures, serviceNanoseconds: Int?,
        devices: [DeviceFigures]
    ) {
        (self.number, self.name, self.submitted) = (number, name, submitted)
        (received, dropped) = (stream.frames, stream.droppedFrames)
        (failed, inFlight) = (stream.failedFrames, stream.inFlight)
        (latencyP50Nanoseconds, latencyP99Nanoseconds) = (recent.latency(0.5), recent.latency(0.99))
        // Too few results say little; then a lane's frame before it, and its own.
        expectedLatencyNanoseconds = recent.resultCount >= 20 ? recent.latency(0.99) : 2 * (serviceNanoseconds ?? 0)
        framesPerSecond = recent.rate(now: monotonicNanoseconds())
        self.devices = devices.map { device in
            guard let part = stream.devices.last(where: { $0.name == device.name }) else { return device }
            var device = device
            (device.frames, device.failures) = (part.frames, part.failedRuns)
            (device.serviceP50Nanoseconds, device.isSetAside) = (part.serviceTime.p50, part.isSetAside)
            return device
        }
    }
}

/// A device's part in a session.
public struct DeviceFigures: Sendable, Codable {
    public let name: String
    public let description: String
    public let lanes: Int
    /// Results of it that were received.
    public fileprivate(set) var frames = 0
    /// Runs that failed or hung.
    public fileprivate(set) var failures = 0
    public fileprivate(set) var serviceP50Nanoseconds = 0
    /// Whether it gets no pictures at the moment, since it failed.
    public fileprivate(set) var isSetAside = false
    /// It stands in for a unit that isn't there, or its speed isn't its own.
    public let isEmulated: Bool

    package init(name: String, description: String, lanes: Int, isEmulated: Bool) {
        (self.name, self.description, self.lanes, self.isEmulated) = (name, description, lanes, isEmulated)
    }
}

/// A pool's devices and open sessions.
public struct PoolReport: Sendable, Codable {
    public struct Device: Sendable, Codable {
        public let name: String
        public let description: String
        public let isEmulated: Bool
        /// Share of its lanes' time that it was busy with pictures of any session, from 0 to 1, since an earlier report at
        /// least a second ago, or the first.
        public let busyShare: Double
    }
    public let devices: [Device]
    public let sessions: [SessionReport]

    /// - Parameter lanes: of the pool, now.
    package init(
        _ selection: DeviceSelection, lanes: [PoolLaneReport], _ busy: inout BusyShares, sessions: [SessionReport]
    ) {
        let shares = busy.shares(lanes, now: monotonicNanoseconds())
        devices = selection.devices.map { device in
            Device(
                name: device.name, description: selection.machine.describe(device), isEmulated: device.isEmulated,
                busyShare: shares[device.name] ?? 0)
        }
        self.sessions = sessions
    }
}

/// How busy devices were between reports.
package struct BusyShares: Sendable {
    private struct Look {
        let time: Int
        /// By lane.
        let busy: [String: Int]
    }
    private var looks: [Look] = []
    private static let shortest = 1_000_000_000

    package init() {}

    mutating func shares(_ lanes: [PoolLaneReport], now: Int) -> [String: Double] {
        let busy = lanes.map { ($0.name, $0.busyNanoseconds) }
        let look = Look(time: now, busy: Dictionary(busy, uniquingKeysWith: { first, _ in first }))
        let before = looks.last { now - $0.time >= Self.shortest } ?? looks.first
        looks = looks.filter { $0.time >= (before?.time ?? 0) } + [look]
        guard let before, now > before.time else { return [:] }
        var sums: [String: (busy: Int, lanes: Int)] = [:]
        for (lane, busy) in look.busy {
            let device = String(lane.prefix { $0 != "/" })
            // A lane whose thread began anew counts from 0.
            let earlier = before.busy[lane] ?? 0
            sums[device, default: (0, 0)].busy += busy >= earlier ? busy - earlier : busy
            sums[device, default: (0, 0)].lanes += 1
        }
        return sums.mapValues { min(Double($0.busy) / Double($0.lanes * (now - before.time)), 1) }
    }
}
