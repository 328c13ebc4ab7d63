// One round of measuring what devices lose beside each other, and what each combination of them reaches: every device
// alone, combinations, all together.

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
    ///   - groups: what `groups` returned, in the same round.
    init(isolated: [MeasuredStream], combined: MeasuredStream, groups: [Group]) {
        deviceNames = combined.report.devices.map(\.name)
        alone = isolated.map(\.report.framesPerSecond)
        self.groups = groups + (isolated.count > 1 ? [Group(Array(isolated.indices), combined.report)] : [])
    }

    init(deviceNames: [String], alone: [Double], groups: [Group]) {
        (self.deviceNames, self.alone, self.groups) = (deviceNames, alone, groups)
    }

    /// Streams through combinations of the devices: all but single ones and all of them, which a study measures anyway.
    /// - Parameter sizes: devices of a combination.
    static func groups(
        of devices: [NetworkDevice<FrameBatch>], sizes: ClosedRange<Int>, _ clip: [FrameBatch], count: Int,
        window: Int?, label: String
    ) throws -> [Group] {
        var groups: [Group] = []
        for members in combinations(of: devices.count, sizes: sizes) where !Interrupt.isRequested {
            let some = members.map { devices[$0] }
            let measured = try Measurement.run(
                clip, count: count, devices: some, window: window,
                label: "\(label), \(some.map(\.name).joined(separator: " and "))")
            groups.append(Group(members, measured.report))
        }
        return groups
    }

    /// Those of two devices at least, and not of all; smaller ones first, then in the devices' order.
    static func combinations(of count: Int, sizes: ClosedRange<Int>) -> [[Int]] {
        sizes.filter { (2..<max(count, 2)).contains($0) }.flatMap { choices(of: $0, from: 0..<count) }
    }

    private static func choices(of size: Int, from range: Range<Int>) -> [[Int]] {
        guard size > 0 else { return [[]] }
        return range.flatMap { first in
            choices(of: size - 1, from: first + 1..<range.upperBound).map { [first] + $0 }
        }
    }
}

extension InterferenceRound.Group {
    /// - Parameter report: of a stream of these devices, in this order.
    init(_ members: [Int], _ report: StreamReport) {
        let seconds = Double(max(report.durationNanoseconds, 1)) / 1e9
        self.init(members: members, framesPerSecond: report.devices.map { Double($0.frames) / seconds })
    }
}
