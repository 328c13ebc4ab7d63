// What is decided about a stream, and the books that decisions are made by: which frames are in flight, what became of
// them, what each device did. A value without threads or clock: `StreamRuntime` asks it with the pool's lock held,
// `StreamSimulator` asks it in virtual time. Decided here, and nowhere else: what is admitted and dropped
// (`+Admission`), which frame an idle lane takes, leaves, or runs again (`+Taking`), what happens after faults
// (`+Faults`), and the order of results (`+Results`).

import Glibc
import System

/// Frames are counted by tickets: the order of admission. A frame that was dropped at the door has no ticket, but a
/// place in the stream; the sequence number that the consumer sees counts both.
struct Dispatcher: ~Copyable {
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
        /// Of its thread while it was at this stream's frames, from when it was open until it let its context go.
        var cpuTime = ThreadCPUTime.stopped(nanoseconds: 0)
        var frames = 0
        var busyNanoseconds = 0
        var stolen = 0
        var declined = 0
        /// The frame that was the next one when it last left that to others, and how often it left that one.
        var declinedNext = -1
        var declinesOfNext = 0
        var reruns = 0
        var lateResults = 0
    }

    // What every turn of a lane changes comes first, close together: lanes on other cores pay for each cache line.

    /// What the policy sees. `next` is the oldest frame that no lane has taken. A frame that a lane has grabbed behind
    /// another, or stolen, doesn't stand here: such frames take microseconds.
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
    var doorDropCount = 0
    /// Its lanes that sleep, and how many producers and consumers wait.
    private(set) var parkedLanes = 0
    var waitingProducers = 0
    var waitingConsumers = 0
    var isCancelled = false
    /// Whether nobody is to wait for the stream now, and how often that was said.
    var isInterrupted = false
    var interruptions = 0
    /// Whether nobody will wait for its lanes to end.
    var isAbandoned = false
    /// Whether no frame follows.
    var isClosed = false
    /// Which ends of the stream lanes are at, under `runOnLanes`.
    var ends: EndsInUse?
    var latency = DistributionRecorder()
    var standstill = StandstillLog(coreCount: max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1))

    var devices: [DeviceState] = []
    var lanes: [LaneState] = []
    /// Why frames failed that were run again: for the driver to let go of, since they are the application's.
    var pastErrors: [any Error] = []
    /// Frames that ended without a result, where the driver wants to know.
    var ended: [Int] = []
    var notesEnded = false
    /// Frames to be run again after a failure, oldest first.
    var retries: [Int] = []
    /// Under policies that assign: the frames of each device, oldest first.
    var assigned: [[Int]] = []
    var options: StreamOptions
    let policy: any Policy
    // Lanes look for these without the lock, so they lie apart from what turns change.
    let slots: TicketTable<FrameSlot>
    let claims: TicketTable<FrameClaim>
    let policyAssigns: Bool
    let policyGoesBySpeed: Bool
    var window: Int { didSet { view.window = window } }
    /// Tickets before this one are forgotten, and places in the stream that were.
    var flushedBefore = 0
    var flushedCount = 0
    /// Reports of devices that have left and whose place another one has.
    var departed: [DeviceReport] = []
    var failedCount = 0
    var droppedCount = 0
    var retriedCount = 0
    var firstAdmissionNanoseconds: Int?
    var events: [TraceEvent] = []

    /// - Parameter window: most frames in flight.
    init(options: StreamOptions, window: Int) {
        let capacity = Self.capacity(window: window, options)
        (self.options, self.window, policy) = (options, window, options.policy)
        (policyAssigns, policyGoesBySpeed) = (policy.assignsFrames, policy.goesBySpeed)
        slots = TicketTable(capacity: capacity) { FrameSlot() }
        claims = TicketTable(capacity: capacity) { FrameClaim() }
        view = SchedulingView(nowNanoseconds: 0, window: window, head: 0, next: 0, end: nil, lanes: [])
        retries.reserveCapacity(capacity)
        events.reserveCapacity(options.traceCapacity)
    }

    /// Whether lanes have nothing left to do, ever.
    var isFinished: Bool { isCancelled || view.end == completedCount && !options.staysOpen }
    /// Whether the consumer has had everything.
    var isDelivered: Bool { view.end == view.head && pendingDrops == 0 }

    /// Places for frames in flight: a power of two, at least the window and what it may become.
    static func capacity(window: Int, _ options: StreamOptions) -> Int {
        var capacity = 1
        while capacity < max(window, options.greatestWindow ?? 0) { capacity *= 2 }
        return capacity
    }

    /// Whether nothing is in flight that lanes could do something about.
    var isIdle: Bool { ends == nil && completedCount == admittedCount }

    mutating func setParked(_ lane: Int, _ isParked: Bool) {
        parkedLanes += isParked ? 1 : -1
        lanes[lane].isParked = isParked
    }

    // MARK: Devices

    /// Where a device's books are: its index, and that of its first lane.
    struct Place {
        let device: Int
        let firstLane: Int
    }

    /// A place for a device: that of one that has left, if no frame in flight tells of it, or a new one. Policies that
    /// go by a device's number mean the device that it was given to, so its place is for one of that name.
    /// - Returns: nil where there would be more lanes than `limit`.
    func placeForDevice(_ name: String, laneCount: Int, limit: Int) -> Place? {
        for device in devices.indices where devices[device].laneCount == laneCount && devices[device].isLeaving {
            guard policyGoesBySpeed || devices[device].name == name,
                !(view.head..<admittedCount).contains(where: { Int(slots[$0].pointee.device) == device }),
                let first = view.lanes.firstIndex(where: { $0.device == device }),
                lanes[first..<first + laneCount].allSatisfy(\.hasEnded)
            else { continue }
            return Place(device: device, firstLane: first)
        }
        return lanes.count + laneCount <= limit ? Place(device: devices.count, firstLane: lanes.count) : nil
    }

    /// Notes a device, whose lanes will open.
    /// - Returns: its index.
    mutating func addDevice(_ name: String, laneCount: Int, at place: Place) -> Int {
        let device = place.device
        if device < devices.count {
            departed.append(report(of: device))
            for ticket in view.head..<admittedCount { forget(device, by: ticket) }
            devices[device] = .init(name: name, laneCount: laneCount)
            for lane in place.firstLane..<place.firstLane + laneCount {
                lanes[lane] = .init()
                view.lanes[lane] = .init(device: device, isUsable: false)
            }
            return device
        }
        devices.append(.init(name: name, laneCount: laneCount))
        assigned.append([])
        view.devices.append(.init())
        for _ in 0..<laneCount {
            lanes.append(.init())
            view.lanes.append(.init(device: device, isUsable: false))
        }
        return device
    }

    private func forget(_ device: Int, by ticket: Int) {
        let slot = slots[ticket]
        slot.pointee.failedDevices &= ~(1 << UInt64(device))
    }

    /// Notes that a lane is open.
    /// - Parameter prior: how long a frame will take, as far as opening it has told.
    mutating func laneOpened(_ lane: Int, prior: Int?, now: Int) {
        devices[view.lanes[lane].device].openedLanes += 1
        lanes[lane].openedNanoseconds = now
        lanes[lane].estimate = ServiceEstimate(prior: prior)
        lanes[lane].hasPrior = prior != nil
        view.lanes[lane].serviceNanoseconds = lanes[lane].expectedServiceNanoseconds
        updateUsability()
    }
}
