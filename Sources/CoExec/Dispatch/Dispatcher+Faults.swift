// What a stream does about devices that fail, hang, come back or leave. Guarded like the rest of the books.

extension Dispatcher {
    /// Whether a lane may be given frames now.
    func isUsable(_ lane: Int) -> Bool {
        let device = devices[view.lanes[lane].device]
        return device.openedLanes == device.laneCount && !lanes[lane].isHung && !lanes[lane].hasEnded
            && !device.isLeaving && device.probeNanoseconds == nil
    }

    /// Brings the policy's view up to date after a change of a device or lane.
    mutating func updateUsability() {
        for lane in lanes.indices { view.lanes[lane].isUsable = isUsable(lane) }
        // What was assigned to a device that can't run it now may run anywhere.
        for device in devices.indices where !assigned[device].isEmpty {
            guard !view.lanes.contains(where: { $0.device == device && $0.isUsable }) else { continue }
            retries += assigned[device]
            assigned[device] = []
        }
        failOrphans()
    }

    mutating func succeeded(_ device: Int) {
        devices[device].failuresInARow = 0
        guard devices[device].probeNanoseconds != nil else { return }
        devices[device].probeNanoseconds = nil
        devices[device].isProbing = false
        devices[device].pauseNanoseconds = 0
        updateUsability()
    }

    mutating func failed(_ device: Int, _ now: Int) {
        devices[device].failedRuns += 1
        devices[device].failuresInARow += 1
        let faults = options.faults
        guard devices[device].isProbing || devices[device].failuresInARow >= faults.failuresBeforeSetAside else {
            return
        }
        setAside(device, now)
    }

    private mutating func setAside(_ device: Int, _ now: Int) {
        let faults = options.faults
        let pause = devices[device].pauseNanoseconds
        devices[device].pauseNanoseconds =
            pause == 0 ? faults.firstPauseNanoseconds : min(2 * pause, faults.longestPauseNanoseconds)
        devices[device].probeNanoseconds = now + devices[device].pauseNanoseconds
        devices[device].isProbing = false
        devices[device].timesSetAside += 1
        updateUsability()
    }

    /// Whether a lane of a device that was set aside may try one frame: its pause is over, or nobody else is left.
    func mayProbe(_ lane: Int, now: Int) -> Bool {
        let device = devices[view.lanes[lane].device]
        guard let probe = device.probeNanoseconds, !device.isLeaving, !lanes[lane].isHung else { return false }
        return !device.isProbing && (now >= probe || !view.lanes.contains { $0.isUsable })
    }

    /// Gives a frame that failed on a device to another one that has not tried it; its error, in its place, if there is
    /// none.
    mutating func runElsewhere(_ ticket: Int, after error: any Error, on device: Int, serviceNanoseconds: Int) {
        let slot = slots[ticket]
        slot.pointee.failedDevices |= 1 << UInt64(device)
        slot.pointee.copies -= 1
        guard slot.pointee.copies == 0 else { return }  // another lane is at it already
        if canRun(ticket) {
            slot.pointee.status = .waiting
            setError(error, of: ticket)
            retriedCount += 1
            retries.append(ticket)
        } else {
            finish(ticket, error: error, device: device, serviceNanoseconds: serviceNanoseconds)
        }
    }

    /// Whether a device may still run this frame. For one that failed before, devices that are set aside don't count:
    /// they were failing too, and the stream would wait for the end of their pause.
    private func canRun(_ ticket: Int) -> Bool {
        let failed = slots[ticket].pointee.failedDevices
        return lanes.indices.contains { lane in
            let device = view.lanes[lane].device
            guard failed & (1 << UInt64(device)) == 0 else { return false }
            let isThere = !devices[device].isLeaving && !lanes[lane].isHung && !lanes[lane].hasEnded
            return isUsable(lane) || (failed == 0 && isThere)
        }
    }

    /// A frame that a lane had grabbed and won't run.
    mutating func putBack(_ ticket: Int) {
        slots[ticket].pointee.status = .waiting
        slots[ticket].pointee.copies = 0
        if canRun(ticket) {
            retries.append(ticket)
        } else {
            finish(ticket, error: NoDeviceLeft(), device: nil, serviceNanoseconds: 0)
        }
    }

    /// The oldest frame to be run again that this lane's device has not failed yet.
    mutating func takeRetry(_ lane: Int) -> Int? {
        let bit = UInt64(1) << UInt64(view.lanes[lane].device)
        guard let position = retries.firstIndex(where: { slots[$0].pointee.failedDevices & bit == 0 }) else {
            return nil
        }
        return retries.remove(at: position)
    }

    /// Frames that were waiting for a device that is no longer in service get their error in their place.
    private mutating func failOrphans() {
        for ticket in retries where !canRun(ticket) {
            retries.removeAll { $0 == ticket }
            let error = slots[ticket].pointee.error ?? NoDeviceLeft()
            finish(ticket, error: error, device: nil, serviceNanoseconds: 0)
        }
    }

    /// Longest time that a lane may take for a frame before it counts as hung.
    func hangLimit(_ lane: Int) -> Int {
        let faults = options.faults
        guard let service = view.lanes[lane].serviceNanoseconds else { return 10 * faults.shortestHangNanoseconds }
        return max(faults.shortestHangNanoseconds, faults.hangFactor * service)
    }

    /// Notes that a lane does not come back from a frame: what it had finished before is booked, that frame runs
    /// elsewhere.
    mutating func hung(_ lane: Int, with ticket: Int, for nanoseconds: Int, now: Int) {
        lanes[lane].isHung = true
        view.lanes[lane].frame = nil
        let device = view.lanes[lane].device
        devices[device].failedRuns += 1
        for other in view.head..<admittedCount where claims[other].pointee.publisher(of: other) == lane {
            finishPublished(other, device, serviceNanoseconds: claims[other].pointee.serviceNanoseconds)
        }
        updateUsability()
        guard isRunning(ticket) else { return }
        let error = LaneHung(device: devices[device].name, nanoseconds: nanoseconds)
        runElsewhere(ticket, after: error, on: device, serviceNanoseconds: nanoseconds)
    }

    /// A hung lane is back; its result is late.
    mutating func returnFromHang(_ lane: Int) {
        lanes[lane].isHung = false
        updateUsability()
    }
}
