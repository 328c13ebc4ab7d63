// The books of a stream: which frames are in flight, what became of them, what each device did. A value without
// threads; `FrameStream` guards it with its lock.

/// Frames are counted by tickets: the order of admission. A frame that was dropped at the door has no ticket, but a
/// place in the stream; the sequence number that the consumer sees counts both.
struct StreamState<Frame: Sendable, Output: Sendable> {
    struct Slot {
        enum Status { case free, waiting, taken, done }
        var status = Status.free
        var admittedNanoseconds = 0
        /// Frames dropped at the door just before this one.
        var droppedBefore = 0
        /// Lanes that are running it.
        var copies = 0
        /// Devices on which it failed, by bit.
        var failedDevices: UInt64 = 0
        var result: Result<Output, any Error>?
        var device: Int?
        var serviceNanoseconds = 0
    }

    struct DeviceState {
        let name: String
        let laneCount: Int
        var openedLanes = 0
        var isLeaving = false
        /// When a device that was set aside may try a frame again; nil while it is in service.
        var probeNanoseconds: Int?
        var isProbing = false
        var pauseNanoseconds = 0
        var failuresInARow = 0
        var frames = 0
        var failedRuns = 0
        var timesSetAside = 0
        var busyNanoseconds = 0
        var serviceTime = DistributionRecorder()
    }

    struct LaneState {
        var estimate = ServiceEstimate()
        var isHung = false
        var hasEnded = false
        var frames = 0
        var busyNanoseconds = 0
        var stolen = 0
        var declined = 0
        var reruns = 0
        var lateResults = 0
    }

    let options: StreamOptions
    let window: Int
    private let mask: Int
    var slots: [Slot]
    var devices: [DeviceState] = []
    var lanes: [LaneState] = []
    /// What the policy sees. `next` is the oldest frame that no lane has taken; lanes' frames are filled in when asked.
    var view: SchedulingView
    /// Tickets given so far.
    var admittedCount = 0
    /// Tickets done so far.
    var completedCount = 0
    /// Frames to be run again after a failure, oldest first.
    var retries: [Int] = []
    /// Under policies that assign: the frames of each device, oldest first, and how many it was given.
    var assigned: [[Int]] = []
    var assignedCounts: [Int] = []
    /// Frames dropped at the door since the last ticket.
    var pendingDrops = 0
    var isCancelled = false

    // What was delivered.
    var deliveredCount = 0
    var failedCount = 0
    var droppedCount = 0
    var retriedCount = 0
    var firstAdmissionNanoseconds: Int?
    var latestDeliveryNanoseconds = 0
    var latency = DistributionRecorder()
    var greatestOccupancy = 0
    var events: [TraceEvent] = []

    init(options: StreamOptions, window: Int, capacity: Int) {
        (self.options, self.window) = (options, window)
        mask = capacity - 1
        slots = Array(repeating: Slot(), count: capacity)
        view = SchedulingView(nowNanoseconds: 0, window: window, head: 0, next: 0, end: nil, lanes: [])
        retries.reserveCapacity(capacity)
        events.reserveCapacity(options.traceCapacity)
    }

    /// Keeps a run of a frame for the trace, as long as there is room.
    mutating func trace(_ ticket: Int, lane: Int, start: Int, end: Int) {
        guard events.count < options.traceCapacity else { return }
        events.append(
            TraceEvent(frame: ticket, lane: lane, startNanoseconds: start, endNanoseconds: end))
    }

    func slot(of ticket: Int) -> Int { ticket & mask }
    var room: Int { window - (admittedCount - view.head) }
    /// Whether lanes have nothing left to do, ever.
    var isFinished: Bool { isCancelled || view.end == completedCount }
    /// Admitted frames that no lane has taken.
    var untakenCount: Int {
        options.policy.assignsFrames ? assigned.reduce(retries.count) { $0 + $1.count } : admittedCount - view.next
    }
    /// Whether a lane that found nothing to take should ask the source: there is nothing for others either, or, under
    /// policies that assign, not much.
    func isHungry(_ lane: Int) -> Bool {
        options.policy.assignsFrames ? untakenCount < 2 * lanes.count : view.next == admittedCount
    }
    var isHeadReady: Bool { slots[slot(of: view.head)].status == .done }
    /// Whether the consumer has had everything.
    var isDelivered: Bool { view.end == view.head && pendingDrops == 0 }

    // MARK: In

    /// Gives a frame a ticket.
    /// - Precondition: there is room.
    mutating func admit(now: Int) -> Int {
        let ticket = admittedCount
        admittedCount += 1
        if firstAdmissionNanoseconds == nil { firstAdmissionNanoseconds = now }
        slots[slot(of: ticket)] = Slot(status: .waiting, admittedNanoseconds: now, droppedBefore: pendingDrops)
        pendingDrops = 0
        if options.policy.assignsFrames { assign(ticket, now) }
        return ticket
    }

    private mutating func assign(_ ticket: Int, _ now: Int) {
        view.nowNanoseconds = now
        let backlogs = devices.indices.map { device in
            assigned[device].count + view.lanes.filter { $0.device == device && $0.frame != nil }.count
        }
        guard let device = options.policy.device(for: ticket, in: view, assigned: assignedCounts, backlogs: backlogs)
        else {
            retries.append(ticket)  // no device is usable now: whichever comes back first
            return
        }
        assigned[device].append(ticket)
        assignedCounts[device] += 1
    }

    /// Drops the oldest frame that no lane has taken; false when there is none.
    mutating func dropOldest(now: Int) -> Bool {
        guard !options.policy.assignsFrames, view.next < admittedCount else { return false }
        drop(view.next, .overflow)
        view.next += 1
        return true
    }

    // MARK: Taken

    /// Notes that a lane has this frame.
    mutating func start(_ ticket: Int) -> Int {
        let index = slot(of: ticket)
        slots[index].status = .taken
        slots[index].copies = 1
        return ticket
    }

    /// Whether a frame is with a lane, and its result still wanted.
    func isRunning(_ ticket: Int) -> Bool { ticket >= view.head && slots[slot(of: ticket)].status == .taken }

    /// The oldest frame that was assigned to a lane's device.
    mutating func takeAssigned(_ lane: Int, now: Int) -> Int? {
        let device = view.lanes[lane].device
        while !assigned[device].isEmpty {
            let ticket = assigned[device].removeFirst()
            if isLate(ticket, now) { drop(ticket, .late) } else { return start(ticket) }
        }
        return nil
    }

    /// Drops the frames at the front of the stream that are past their deadline.
    mutating func dropLate(now: Int) {
        while view.next < admittedCount, isLate(view.next, now) {
            drop(view.next, .late)
            view.next += 1
        }
    }

    private func isLate(_ ticket: Int, _ now: Int) -> Bool {
        guard let deadline = options.deadlineNanoseconds else { return false }
        return now - slots[slot(of: ticket)].admittedNanoseconds > deadline
    }

    mutating func drop(_ ticket: Int, _ reason: DroppedFrame.Reason) {
        finish(ticket, .failure(DroppedFrame(reason: reason)), device: nil, serviceNanoseconds: 0)
    }

    // MARK: Results

    /// Books a lane's result.
    mutating func complete(
        _ ticket: Int, _ result: Result<Output, any Error>, lane: Int, serviceNanoseconds: Int, now: Int
    ) {
        let device = view.lanes[lane].device
        lanes[lane].frames += 1
        lanes[lane].busyNanoseconds += serviceNanoseconds
        devices[device].busyNanoseconds += serviceNanoseconds
        lanes[lane].estimate.record(serviceNanoseconds)
        view.lanes[lane].serviceNanoseconds = lanes[lane].estimate.nanoseconds
        if lanes[lane].isHung { returnFromHang(lane) }
        switch result {
        case .success: succeeded(device)
        case .failure: failed(device, now)
        }
        let index = slot(of: ticket)
        guard ticket >= view.head, slots[index].status == .taken else {
            lanes[lane].lateResults += 1
            return
        }
        switch result {
        case .success:
            devices[device].serviceTime.record(serviceNanoseconds)
            finish(ticket, result, device: device, serviceNanoseconds: serviceNanoseconds)
        case .failure(let error): runElsewhere(ticket, after: error, on: device, serviceNanoseconds: serviceNanoseconds)
        }
    }

    mutating func finish(
        _ ticket: Int, _ result: Result<Output, any Error>, device: Int?, serviceNanoseconds: Int
    ) {
        let index = slot(of: ticket)
        slots[index].status = .done
        slots[index].result = result
        slots[index].device = device
        slots[index].serviceNanoseconds = serviceNanoseconds
        completedCount += 1
        greatestOccupancy = max(greatestOccupancy, completedCount - view.head)
    }

    // MARK: Out

    /// The next delivery in stream order; nil while it is missing.
    /// - Parameter frames: where the frames in flight are kept, by slot.
    mutating func nextDelivery(_ frames: UnsafeMutablePointer<Frame?>, now: Int) -> Delivery<Frame, Output>? {
        let index = slot(of: view.head)
        if view.head == admittedCount {
            guard pendingDrops > 0 else { return nil }
            pendingDrops -= 1
            return droppedAtTheDoor()
        }
        if slots[index].droppedBefore > 0 {
            slots[index].droppedBefore -= 1
            return droppedAtTheDoor()
        }
        guard slots[index].status == .done, let result = slots[index].result.take() else { return nil }
        let slot = slots[index]
        slots[index].status = .free
        view.head += 1
        let latencyNanoseconds = now - slot.admittedNanoseconds
        latestDeliveryNanoseconds = now
        defer { deliveredCount += 1 }
        switch result {
        case .success: latency.record(latencyNanoseconds)
        case .failure(let error): if error is DroppedFrame { droppedCount += 1 } else { failedCount += 1 }
        }
        if let device = slot.device { devices[device].frames += 1 }
        return Delivery(
            sequence: deliveredCount, frame: frames[index].take(), result: result,
            device: slot.device.map { devices[$0].name }, serviceNanoseconds: slot.serviceNanoseconds,
            latencyNanoseconds: latencyNanoseconds)
    }

    private mutating func droppedAtTheDoor() -> Delivery<Frame, Output> {
        defer { deliveredCount += 1 }
        droppedCount += 1
        return Delivery(
            sequence: deliveredCount, frame: nil, result: .failure(DroppedFrame(reason: .overflow)), device: nil,
            serviceNanoseconds: 0, latencyNanoseconds: 0)
    }
}
