// A stream in virtual time: the runtime's own `Dispatcher`, asked at the times at which a machine would ask it, without
// threads. Replays a board's hours in milliseconds, the same way each time.

/// Runs a stream of frames on simulated devices.
public struct StreamSimulator: ~Copyable {
    private struct Run {
        let ticket: Int
        let start: Int
        let fault: SimulatedFault?
        /// What is left of it, at the device's full speed.
        var remaining: Double
        /// When it counts as hung; nil for one that isn't, or is known to be.
        var hangNanoseconds: Int?
    }

    private let devices: [SimulatedDevice]
    private let contention: Contention
    private let busBytesPerSecond: Double?
    private let conditions: SimulatedConditions
    private let frameCount: Int
    private var random: SplitMix64
    private(set) var dispatcher: Dispatcher
    private var now = 0
    /// Of each lane.
    private var runs: [Run?]
    /// Frames that the source has given, and how often each device has started one.
    private var given = 0
    private var runCounts: [Int]
    /// What runs that have ended moved.
    private var busBytes = 0.0
    /// How often in a row lanes were asked without anything that they could wait for.
    private var vainRounds = 0
    /// Told of all that is asked and decided, for comparing drivers.
    private let observe: ((DispatchEvent) -> Void)?

    /// Simulates a stream of frames that are all there from the start, as from a file.
    /// - Parameters:
    ///   - window: most frames in flight.
    ///   - seed: of the jitter and of the order in which idle lanes ask.
    ///   - busBytesPerSecond: what the devices' traffic shares; nil to have all of them move theirs unhindered.
    /// - Precondition: at least one device, one frame, a positive window and bandwidth.
    public static func run(
        devices: [SimulatedDevice], frames: Int, window: Int, policy: any Policy = WorkStealing(), seed: UInt64 = 1,
        busBytesPerSecond: Double? = nil
    ) -> SimulationResult {
        let conditions = SimulatedConditions(options: StreamOptions(window: window, policy: policy))
        var simulator = StreamSimulator(devices, frames, conditions, seed, busBytesPerSecond: busBytesPerSecond)
        return simulator.run()
    }

    init(
        _ devices: [SimulatedDevice], _ frames: Int, _ conditions: SimulatedConditions, _ seed: UInt64,
        busBytesPerSecond: Double? = nil, observe: ((DispatchEvent) -> Void)? = nil
    ) {
        let laneCount = devices.reduce(0) { $0 + $1.laneCount }
        let window = conditions.options.window(laneCount: laneCount)
        precondition(!devices.isEmpty && frames > 0 && window > 0)
        (self.devices, self.conditions, frameCount, self.observe) = (devices, conditions, frames, observe)
        contention = Contention(devices, busBytesPerSecond: busBytesPerSecond)
        self.busBytesPerSecond = busBytesPerSecond
        random = SplitMix64(seed: seed)
        dispatcher = Dispatcher(options: conditions.options, window: window)
        for device in devices {
            let first = dispatcher.lanes.count
            let place = Dispatcher.Place(device: dispatcher.devices.count, firstLane: first)
            _ = dispatcher.addDevice(device.name, laneCount: device.laneCount, at: place)
            for lane in first..<first + device.laneCount {
                dispatcher.laneOpened(lane, prior: device.priorNanoseconds, now: 0)
            }
        }
        if conditions.isLengthKnown { dispatcher.view.end = frames }
        runs = Array(repeating: nil, count: laneCount)
        runCounts = devices.map { _ in 0 }
    }

    mutating func run() -> SimulationResult {
        while !dispatcher.isDelivered {
            admit()
            for lane in runs.indices.shuffled(using: &random) where runs[lane] == nil { ask(lane) }
            // Frames that lanes found to be too late leave room for others at once.
            let hasRoomAppeared = deliver()
            if !hasRoomAppeared, !dispatcher.isDelivered { advance() }
        }
        let seconds = Double(max(dispatcher.latestDeliveryNanoseconds, 1)) / 1e9
        return SimulationResult(
            durationNanoseconds: dispatcher.latestDeliveryNanoseconds, frames: dispatcher.devices.map(\.frames),
            busyNanoseconds: dispatcher.devices.map(\.busyNanoseconds),
            rerunFrames: dispatcher.lanes.reduce(0) { $0 + $1.reruns },
            declines: dispatcher.lanes.reduce(0) { $0 + $1.declined }, latency: dispatcher.latency.distribution,
            busLoad: busBytesPerSecond.map { busBytes / seconds / $0 })
    }

    // MARK: Source

    /// When the next frame is there; nil after the last one.
    private var arrival: Int? { given < frameCount ? given * (conditions.frameInterval ?? 0) : nil }

    private mutating func admit() {
        while let arrival, arrival <= now {
            let offer = dispatcher.offer(now: now)
            if offer == .wait { break }
            given += 1
            observe?(.offer(now: now, offer))
        }
        if given == frameCount, dispatcher.view.end == nil {
            dispatcher.view.end = dispatcher.admittedCount
            observe?(.end)
        }
    }

    // MARK: Lanes

    private mutating func ask(_ lane: Int) {
        let assignment = dispatcher.take(lane, now: now)
        observe?(.ask(lane: lane, now: now, assignment))
        switch assignment {
        case nil: return
        case .run(let tickets):
            // Frames that lanes grab several of are shorter than what is simulated; the rest goes back.
            for ticket in tickets.dropFirst() { dispatcher.putBack(ticket) }
            start(tickets.lowerBound, on: lane)
        case .rerun(let ticket): start(ticket, on: lane)
        }
    }

    private mutating func start(_ ticket: Int, on lane: Int) {
        let device = dispatcher.view.lanes[lane].device
        let jitter = devices[device].jitter
        var service = devices[device].serviceNanoseconds
        if jitter > 0 { service *= max(1 + jitter * random.nextGaussian(), 0.1) }
        let fault = conditions.fault(device, runCounts[device])
        runCounts[device] += 1
        var run = Run(ticket: ticket, start: now, fault: fault, remaining: service)
        if case .hang(let nanoseconds)? = fault {
            run.remaining = Double(nanoseconds)
            run.hangNanoseconds = now + dispatcher.hangLimit(lane)
        }
        runs[lane] = run
    }

    /// Speed of each device now, relative to its own alone.
    private func speeds() -> [Double] {
        var busyLanes = devices.map { _ in 0 }
        for lane in runs.indices where runs[lane] != nil { busyLanes[dispatcher.view.lanes[lane].device] += 1 }
        return contention.speeds(busyLanes: busyLanes)
    }

    // MARK: Time

    /// Goes on to the next time at which something happens, and books it.
    private mutating func advance() {
        let speeds = runs.isEmpty ? [] : speeds()
        func speed(_ lane: Int) -> Double { speeds[dispatcher.view.lanes[lane].device] }
        var events: [Int] = []
        for lane in runs.indices {
            guard let run = runs[lane] else { continue }
            events.append(now + max(Int((run.remaining / speed(lane)).rounded(.up)), 1))
            if let hang = run.hangNanoseconds { events.append(max(hang, now + 1)) }
        }
        if let arrival, arrival > now { events.append(arrival) }
        for device in dispatcher.devices { if let probe = device.probeNanoseconds, probe > now { events.append(probe) } }
        guard let next = events.min() else {
            // Where a policy leaves a frame to nobody, lanes are asked until the dispatcher gives it to one.
            vainRounds += 1
            precondition(vainRounds <= 2, "a stream with frames left must keep a lane busy")
            return
        }
        vainRounds = 0
        let elapsed = Double(next - now)
        now = next
        for lane in runs.indices where runs[lane] != nil { runs[lane]!.remaining -= elapsed * speed(lane) }
        for lane in runs.indices { settle(lane) }
        deliver()
    }

    /// Books a run that has ended, or that counts as hung by now.
    private mutating func settle(_ lane: Int) {
        guard let run = runs[lane] else { return }
        if run.remaining <= 0 {
            runs[lane] = nil
            complete(run, on: lane)
        } else if let hang = run.hangNanoseconds, hang <= now {
            runs[lane]!.hangNanoseconds = nil
            observe?(.hang(lane: lane, ticket: run.ticket, now: now, nanoseconds: now - run.start))
            dispatcher.hung(lane, with: run.ticket, for: now - run.start, now: now)
        }
    }

    private mutating func complete(_ run: Run, on lane: Int) {
        busBytes += contention.bytesPerFrame[dispatcher.view.lanes[lane].device]
        var error: (any Error)?
        if case .error? = run.fault { error = SimulatedError() }
        var outcome = LaneRun.Outcome.failed
        if error == nil {
            let claim = dispatcher.claims[run.ticket]
            outcome = claim.pointee.claim(run.ticket) ? .published : .late
            if outcome == .published {
                claim.pointee.publish(run.ticket, by: lane, serviceNanoseconds: now - run.start)
            }
        }
        observe?(.complete(lane: lane, ticket: run.ticket, now: now, outcome))
        let sequence = dispatcher.claims[run.ticket].pointee.sequence
        dispatcher.book(
            [LaneRun(ticket: run.ticket, sequence: sequence, start: run.start, end: now, outcome: outcome)],
            error: error, of: lane)
    }

    /// - Returns: whether there was something to deliver.
    @discardableResult
    private mutating func deliver() -> Bool {
        let count = dispatcher.deliveredCount
        while let record = dispatcher.takeHead(now: now) {
            observe?(.deliver(now: now, sequence: record.sequence, device: record.device, isFailure: record.isFailure))
            if record.ticket != nil { dispatcher.advanceHead(by: 1) }
        }
        return dispatcher.deliveredCount > count
    }
}

/// What a simulated device's run throws.
struct SimulatedError: Error {}

/// Something that a driver asks a dispatcher or tells it, and what is decided.
enum DispatchEvent {
    case offer(now: Int, Dispatcher.Offer)
    case end
    case ask(lane: Int, now: Int, LaneAssignment?)
    case complete(lane: Int, ticket: Int, now: Int, LaneRun.Outcome)
    case hang(lane: Int, ticket: Int, now: Int, nanoseconds: Int)
    case deliver(now: Int, sequence: Int, device: Int?, isFailure: Bool)
}
