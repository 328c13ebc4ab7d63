// The books of a stream: which frames are in flight, what became of them, what each device did. A value without
// threads; `StreamRuntime` guards it with its lock.

import Glibc
import System

/// Frames are counted by tickets: the order of admission. A frame that was dropped at the door has no ticket, but a
/// place in the stream; the sequence number that the consumer sees counts both.
struct StreamState: ~Copyable {
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
        /// Nothing is expected after one frame only, which may have been slow because it was the first.
        var expectedServiceNanoseconds: Int? { estimate.count > 1 || hasPrior ? estimate.nanoseconds : nil }
        var hasPrior = false
        var latestRunNanoseconds = 0
        var isHung = false
        var isParked = false
        /// nil while it is not open.
        var openedNanoseconds: Int?
        /// nil until its thread is about to end.
        var endedNanoseconds: Int?
        var hasEnded: Bool { endedNanoseconds != nil }
        /// Of its thread, from when it was open until that thread is about to end.
        var cpuTime = ThreadCPUTime.stopped(nanoseconds: 0)
        var frames = 0
        var busyNanoseconds = 0
        var stolen = 0
        var declined = 0
        var reruns = 0
        var lateResults = 0
    }

    // What every turn of a lane changes comes first, close together: lanes on other cores pay for each cache line.

    /// What the policy sees. `next` is the oldest frame that no lane has taken; lanes' frames are filled in when asked.
    var view: SchedulingView
    /// Tickets given so far.
    var admittedCount = 0
    /// Tickets done so far.
    var completedCount = 0
    var deliveredCount = 0
    var latestDeliveryNanoseconds = 0
    var greatestOccupancy = 0
    /// Frames dropped at the door since the last ticket, and before it.
    var pendingDrops = 0
    private var doorDropCount = 0
    /// Lanes that wait for something to do, asleep or awake, and whether a producer or the consumer waits.
    var parkedLanes = 0
    var spinningLanes = 0
    var waitingProducers = 0
    var isConsumerWaiting = false
    var isCancelled = false
    /// Which ends of the stream lanes are at, under `runOnLanes`.
    var ends: LaneEnds?
    var latency = DistributionRecorder()
    var standstill = StandstillLog(coreCount: max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1))

    let slots: TicketTable<FrameSlot>
    let claims: TicketTable<FrameClaim>
    var devices: [DeviceState] = []
    var lanes: [LaneState] = []
    /// Frames to be run again after a failure, oldest first.
    var retries: [Int] = []
    /// Under policies that assign: the frames of each device, oldest first, and how many it was given.
    var assigned: [[Int]] = []
    var assignedCounts: [Int] = []
    let options: StreamOptions
    let window: Int
    var failedCount = 0
    var droppedCount = 0
    var retriedCount = 0
    var firstAdmissionNanoseconds: Int?
    var events: [TraceEvent] = []

    init(options: StreamOptions, window: Int, capacity: Int) {
        (self.options, self.window) = (options, window)
        slots = TicketTable(capacity: capacity) { FrameSlot() }
        claims = TicketTable(capacity: capacity) { FrameClaim() }
        view = SchedulingView(nowNanoseconds: 0, window: window, head: 0, next: 0, end: nil, lanes: [])
        retries.reserveCapacity(capacity)
        events.reserveCapacity(options.traceCapacity)
    }

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
    var isHeadReady: Bool { isDone(view.head) || hasDoorDrop }
    func isDone(_ ticket: Int) -> Bool { ticket < admittedCount && slots[ticket].pointee.status == .done }
    /// Whether the next thing to deliver is a frame that was dropped at the door.
    var hasDoorDrop: Bool {
        view.head == admittedCount ? pendingDrops > 0 : slots[view.head].pointee.droppedBefore > 0
    }
    /// Whether the consumer has had everything.
    var isDelivered: Bool { view.end == view.head && pendingDrops == 0 }

    // MARK: In

    /// Gives a frame a ticket.
    /// - Precondition: there is room.
    mutating func admit(now: Int) -> Int {
        let ticket = admittedCount
        admittedCount += 1
        if firstAdmissionNanoseconds == nil {
            firstAdmissionNanoseconds = now
            standstill.restartCount(at: now)
        }
        let slot = slots[ticket]
        // Its place in the stream counts the frames before it that were dropped at the door, too.
        claims[ticket].pointee.open(ticket, sequence: ticket + doorDropCount)
        slot.pointee.admit(droppedBefore: Int32(pendingDrops), now: now)
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

    /// Drops a frame that did not get in.
    mutating func dropAtTheDoor() {
        pendingDrops += 1
        doorDropCount += 1
    }

    /// Drops the oldest frame that no lane has taken: those behind it move up by one ticket, and the next of them
    /// reports it.
    /// - Returns: the tickets whose frames are now those of the next ticket; nil when there is no frame to drop.
    mutating func dropOldest() -> Range<Int>? {
        guard !options.policy.assignsFrames, view.next < admittedCount else { return nil }
        let oldest = view.next
        admittedCount -= 1
        doorDropCount += 1
        let drops = slots[oldest].pointee.droppedBefore + 1
        for ticket in oldest..<admittedCount {
            let slot = slots[ticket]
            let follower = slots[ticket + 1]
            claims[ticket].pointee.open(ticket, sequence: claims[ticket + 1].pointee.sequence)
            slot.pointee.admit(
                droppedBefore: follower.pointee.droppedBefore, now: follower.pointee.admittedNanoseconds)
        }
        slots[admittedCount].pointee.status = .free
        let next = slots[oldest]
        if oldest < admittedCount { next.pointee.droppedBefore += drops } else { pendingDrops += Int(drops) }
        return oldest..<admittedCount
    }

    // MARK: Taken

    /// Notes that a lane has this frame.
    mutating func start(_ ticket: Int) -> Int {
        let slot = slots[ticket]
        slot.pointee.status = .taken
        slot.pointee.copies = 1
        return ticket
    }

    /// Whether a lane has left its frames to others for so long that its estimate should be brought up to date: it may
    /// have been measured in a bad moment. One frame in fifty, and none once the end of the stream is known.
    func isDueForMeasuring(_ lane: Int, now: Int) -> Bool {
        guard view.end == nil, lanes[lane].frames > 0, let service = view.lanes[lane].serviceNanoseconds else {
            return false
        }
        return now - lanes[lane].latestRunNanoseconds > max(50 * service, 100_000_000)
    }

    /// Notes that one more lane has this frame.
    mutating func startCopy(_ ticket: Int, on lane: Int) {
        let slot = slots[ticket]
        slot.pointee.copies += 1
        lanes[lane].reruns += 1
    }

    /// Whether a frame is with a lane, and its result still wanted.
    func isRunning(_ ticket: Int) -> Bool { ticket >= view.head && slots[ticket].pointee.status == .taken }

    /// The oldest frame that was assigned to a lane's device.
    mutating func takeAssigned(_ lane: Int, now: Int) -> Int? {
        let device = view.lanes[lane].device
        while !assigned[device].isEmpty {
            let ticket = assigned[device].removeFirst()
            if isLate(ticket, now) { dropLate(ticket) } else { return start(ticket) }
        }
        return nil
    }

    /// Drops the frames at the front of the stream that are past their deadline.
    mutating func dropLate(now: Int) {
        while view.next < admittedCount, isLate(view.next, now) {
            dropLate(view.next)
            view.next += 1
        }
    }

    private func isLate(_ ticket: Int, _ now: Int) -> Bool {
        guard let deadline = options.deadlineNanoseconds else { return false }
        return now - slots[ticket].pointee.admittedNanoseconds > deadline
    }

    private mutating func dropLate(_ ticket: Int) {
        finish(ticket, error: DroppedFrame(reason: .late), device: nil, serviceNanoseconds: 0)
    }
}
