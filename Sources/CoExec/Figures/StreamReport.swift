// What happened in a stream: throughput, latency, and each device's and lane's share.

/// Figures of a stream from its first admitted frame to its latest delivered one.
public struct StreamReport: Sendable {
    /// Frames delivered, failed and dropped ones included.
    public let frames: Int
    /// Frames that were delivered with an error of their devices.
    public let failedFrames: Int
    /// Frames that were dropped, at the door or past their deadline.
    public let droppedFrames: Int
    /// Failed runs of frames that ran elsewhere then.
    public let retries: Int
    /// Frames admitted and not yet delivered.
    public let inFlight: Int
    /// Most results that ever waited for one before them.
    public let greatestReorderOccupancy: Int
    /// From the first admission to the latest delivery, without standstills.
    public let durationNanoseconds: Int
    /// From the first admission to the end of the latest run or delivery, without standstills. Longer than the duration
    /// where lanes were still running frames that nobody wanted any more.
    public let workNanoseconds: Int
    /// How long the process stood still meanwhile: stopped, or in a frozen cgroup. No other time has that in it.
    public let standstillNanoseconds: Int
    /// Admission to delivery of the frames that succeeded.
    public let latency: Distribution
    /// In the order in which the stream got them, those that have left included.
    public let devices: [DeviceReport]

    /// Throughput of frames that were run; 0 before the first delivery.
    public var framesPerSecond: Double {
        durationNanoseconds > 0 ? Double(frames - droppedFrames) * 1e9 / Double(durationNanoseconds) : 0
    }

    /// Share of its lanes' time that each device was busy, from 0 to 1, in `devices` order.
    public var busyShares: [Double] {
        devices.map { Double($0.busyNanoseconds) / Double(max(workNanoseconds, 1) * $0.laneCount) }
    }

    /// Share of the frames that each device ran, in percent, in `devices` order.
    public var composition: [Double] {
        let total = devices.reduce(0) { $0 + $1.frames }
        return devices.map { total == 0 ? 0 : 100 * Double($0.frames) / Double(total) }
    }
}

/// One device's part in a stream.
public struct DeviceReport: Sendable {
    public let name: String
    public let laneCount: Int
    /// Frames delivered with its result.
    public let frames: Int
    /// Runs that threw or hung.
    public let failedRuns: Int
    /// How often it was set aside after failures.
    public let timesSetAside: Int
    /// Whether it is now: it gets no frames but now and then one to try.
    public let isSetAside: Bool
    /// Time that its lanes spent inside `run`, summed.
    public let busyNanoseconds: Int
    /// Time that a frame took on a lane.
    public let serviceTime: Distribution
    public let lanes: [LaneReport]

    /// CPU time that its host threads took, summed.
    public var cpuNanoseconds: Int { lanes.reduce(0) { $0 + $1.cpuNanoseconds } }
}

/// One lane's part in a stream.
public struct LaneReport: Sendable {
    /// Frames that it ran, whatever became of the results.
    public let frames: Int
    public let busyNanoseconds: Int
    /// Time without a frame while the stream ran.
    public let idleNanoseconds: Int
    /// CPU time that its thread took since it was open: for a CPU's lane the computing itself, for an accelerator's
    /// what that costs the host. Threads that a device starts itself are not in it.
    public let cpuNanoseconds: Int
    /// Frames taken from another lane's deque.
    public let stolen: Int
    /// How often it left a frame to others.
    public let declined: Int
    /// Frames that it ran although another lane was at them.
    public let reruns: Int
    /// Results that came after another lane's.
    public let lateResults: Int
}

/// One run of a frame on a lane.
public struct TraceEvent: Sendable {
    /// Place in the stream, as `Delivery.sequence`.
    public let frame: Int
    /// Index of the lane; `FrameStream.laneNames` names it.
    public let lane: Int
    public let startNanoseconds: Int
    public let endNanoseconds: Int
}

extension FrameStream {
    /// What has happened so far. Callable at any time, from any thread; takes a fraction of a millisecond of the lock.
    public func report() -> StreamReport { core.runtime.pool.withLock { core.runtime.state.report } }

    /// The runs of frames so far, in the order in which they ended, as many as `StreamOptions.traceCapacity` keeps.
    public func trace() -> [TraceEvent] { core.runtime.pool.withLock { core.runtime.state.events } }

    /// A name for each lane: its device's, and its number there.
    public var laneNames: [String] {
        core.runtime.pool.withLock {
            core.runtime.state.devices.flatMap { device in (0..<device.laneCount).map { "\(device.name)/\($0)" } }
        }
    }
}

extension Dispatcher {
    var report: StreamReport {
        let latestRun = lanes.reduce(0) { max($0, $1.latestRunNanoseconds) }
        return StreamReport(
            frames: deliveredCount - flushedCount, failedFrames: failedCount, droppedFrames: droppedCount,
            retries: retriedCount,
            inFlight: admittedCount - view.head, greatestReorderOccupancy: greatestOccupancy,
            durationNanoseconds: duration(to: latestDeliveryNanoseconds),
            workNanoseconds: duration(to: max(latestDeliveryNanoseconds, latestRun)),
            standstillNanoseconds: standstill.totalNanoseconds,
            latency: latency.distribution,
            devices: departed + devices.indices.map { report(of: $0) })
    }

    func report(of position: Int) -> DeviceReport {
        let device = devices[position]
        return DeviceReport(
            name: device.name, laneCount: device.laneCount, frames: device.frames,
            failedRuns: device.failedRuns, timesSetAside: device.timesSetAside,
            isSetAside: device.probeNanoseconds != nil,
            busyNanoseconds: device.busyNanoseconds, serviceTime: device.serviceTime.distribution,
            lanes: lanes.indices.filter { view.lanes[$0].device == position }.map { report(of: lanes[$0]) })
    }

    /// From the first admission to a time, without standstills.
    private func duration(to end: Int) -> Int {
        guard let first = firstAdmissionNanoseconds else { return 0 }
        return max(end - first - standstill.totalNanoseconds + standstill.nanoseconds(from: end, to: .max), 0)
    }

    private func report(of lane: LaneState) -> LaneReport {
        LaneReport(
            frames: lane.frames, busyNanoseconds: lane.busyNanoseconds, idleNanoseconds: idleTime(of: lane),
            cpuNanoseconds: lane.cpuTime.nanoseconds, stolen: lane.stolen, declined: lane.declined, reruns: lane.reruns,
            lateResults: lane.lateResults)
    }

    /// From the first admission, or the lane's opening if that was later, to the latest delivery, or the lane's end if
    /// that was earlier, less the time that it was busy.
    private func idleTime(of lane: LaneState) -> Int {
        guard let opened = lane.openedNanoseconds, let first = firstAdmissionNanoseconds else { return 0 }
        let (start, end) = (max(opened, first), min(lane.endedNanoseconds ?? .max, latestDeliveryNanoseconds))
        return max(end - start - standstill.nanoseconds(from: start, to: end) - lane.busyNanoseconds, 0)
    }
}
