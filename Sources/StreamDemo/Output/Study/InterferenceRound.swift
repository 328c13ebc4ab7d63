// One round of measuring what devices lose beside each other: every device alone, every pair, all together.

import CoExec
import Devices

/// Throughputs of one round of one network.
struct InterferenceRound {
    /// Devices that ran a stream together.
    struct Group {
        /// Positions among the round's devices.
        let members: [Int]
        /// Frames/s of each member: its frames ÷ the stream's duration.
        let framesPerSecond: [Double]
    }

    let deviceNames: [String]
    /// Of each device alone.
    let alone: [Double]
    let groups: [Group]

    /// - Parameters:
    ///   - isolated: each device alone.
    ///   - combined: all of them, in the same order.
    ///   - pairs: what `pairs` returned, in the same round.
    init(isolated: [MeasuredStream], combined: MeasuredStream, pairs: [Group]) {
        deviceNames = combined.report.devices.map(\.name)
        alone = isolated.map(\.report.framesPerSecond)
        groups = pairs + (isolated.count > 1 ? [Group(Array(isolated.indices), combined.report)] : [])
    }

    init(deviceNames: [String], alone: [Double], groups: [Group]) {
        (self.deviceNames, self.alone, self.groups) = (deviceNames, alone, groups)
    }

    /// Streams through every pair of three or more devices; of two, all together is the pair.
    static func pairs(
        of devices: [NetworkDevice<FrameBatch>], _ clip: [FrameBatch], count: Int, window: Int?, label: String
    ) throws -> [Group] {
        guard devices.count > 2 else { return [] }
        var groups: [Group] = []
        for first in devices.indices {
            for second in devices.indices.dropFirst(first + 1) where !Interrupt.isRequested {
                let pair = [devices[first], devices[second]]
                let measured = try Measurement.run(
                    clip, count: count, devices: pair, window: window,
                    label: "\(label), \(pair.map(\.name).joined(separator: " and "))")
                groups.append(Group([first, second], measured.report))
            }
        }
        return groups
    }
}

extension InterferenceRound.Group {
    /// - Parameter report: of a stream of these devices, in this order.
    init(_ members: [Int], _ report: StreamReport) {
        let seconds = Double(max(report.durationNanoseconds, 1)) / 1e9
        self.init(members: members, framesPerSecond: report.devices.map { Double($0.frames) / seconds })
    }
}
