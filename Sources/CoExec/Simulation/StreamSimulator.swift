// A stream in virtual time: the runtime's own policy, window and reorder buffer, without threads. Replays a board's
// hours in milliseconds, the same way each time.

/// A device that a simulation has instead of hardware.
public struct SimulatedDevice: Sendable {
    public let name: String
    public let laneCount: Int
    /// Mean time of a frame, nanoseconds.
    public let serviceNanoseconds: Double
    /// Standard deviation of a frame's time, as a share of the mean.
    public let jitter: Double
    /// What the runtime would know from warm-up runs; nil to let the policy find out.
    public let priorNanoseconds: Int?
    /// Index of the device whose cores its host thread runs on, nil for none, and the share of that device which the
    /// host thread takes while this device is running a frame.
    public let host: (device: Int, share: Double)?

    /// - Precondition: positive times, `0 ≤ jitter`, a share in 0 ..< 1.
    public init(
        name: String, laneCount: Int = 1, serviceNanoseconds: Double, jitter: Double = 0, priorNanoseconds: Int? = nil,
        host: (device: Int, share: Double)? = nil
    ) {
        precondition(laneCount > 0 && serviceNanoseconds > 0 && jitter >= 0)
        precondition(host.map { $0.share >= 0 && $0.share < 1 } ?? true)
        (self.name, self.laneCount, self.serviceNanoseconds) = (name, laneCount, serviceNanoseconds)
        (self.jitter, self.priorNanoseconds, self.host) = (jitter, priorNanoseconds, host)
    }
}

/// What happened in a simulated stream.
public struct SimulationResult: Sendable {
    /// From the start to the last delivery.
    public let durationNanoseconds: Int
    /// Frames whose result came from each device, in order.
    public let frames: [Int]
    /// Time that each device's lanes were running frames, those that were rerun included.
    public let busyNanoseconds: [Int]
    /// Frames that were run twice.
    public let rerunFrames: Int
    /// How often a lane left a frame to others.
    public let declines: Int
    /// Admission to delivery.
    public let latency: Distribution

    public var framesPerSecond: Double { Double(frames.reduce(0, +)) * 1e9 / Double(max(durationNanoseconds, 1)) }

    /// Share of the frames that each device ran, in percent.
    public var composition: [Double] {
        let total = Double(max(frames.reduce(0, +), 1))
        return frames.map { 100 * Double($0) / total }
    }
}

/// Runs a stream of frames that are all there from the start, as from a file, on simulated devices.
public struct StreamSimulator {
    private struct Running {
        let frame: Int
        /// What is left of it, at the device's full speed.
        var remainingNanoseconds: Double
    }

    private let devices: [SimulatedDevice]
    private let policy: Policy
    private let frameCount: Int
    private var random: SplitMix64
    private var view: SchedulingView
    private var running: [Running?]
    private var estimates: [ServiceEstimate]
    /// Frames that are not yet taken, by the device that must run them, under policies that assign.
    private var assigned: [[Int]]
    private var assignedCounts: [Int]
    private var isDone: [Bool]
    private var admission: [Int]
    private var admittedCount = 0
    private var results: [Int]
    private var busy: [Int]
    private var reruns = 0
    private var declines = 0
    private var latency = DistributionRecorder()

    /// Simulates a stream of `frames` frames.
    /// - Parameters:
    ///   - window: most frames in flight.
    ///   - seed: of the jitter and of the order in which idle lanes ask.
    /// - Precondition: at least one device, one frame and a positive window.
    public static func run(
        devices: [SimulatedDevice], frames: Int, window: Int, policy: Policy = .workStealing, seed: UInt64 = 1
    ) -> SimulationResult {
        precondition(!devices.isEmpty && frames > 0 && window > 0)
        var simulator = StreamSimulator(devices, frames, window, policy, seed)
        return simulator.run()
    }

    private init(_ devices: [SimulatedDevice], _ frames: Int, _ window: Int, _ policy: Policy, _ seed: UInt64) {
        (self.devices, self.policy, frameCount) = (devices, policy, frames)
        random = SplitMix64(seed: seed)
        let lanes = devices.enumerated().flatMap { index, device in
            Array(
                repeating: SchedulingView.Lane(device: index, serviceNanoseconds: device.priorNanoseconds),
                count: device.laneCount)
        }
        view = SchedulingView(nowNanoseconds: 0, window: window, head: 0, next: 0, end: frames, lanes: lanes)
        running = lanes.map { _ in nil }
        estimates = lanes.map { ServiceEstimate(prior: $0.serviceNanoseconds) }
        assigned = devices.map { _ in [] }
        assignedCounts = devices.map { _ in 0 }
        isDone = Array(repeating: false, count: frames)
        admission = Array(repeating: 0, count: frames)
        results = devices.map { _ in 0 }
        busy = devices.map { _ in 0 }
    }

    private mutating func run() -> SimulationResult {
        while view.head < frameCount {
            admit()
            for lane in view.lanes.indices.shuffled(using: &random) where running[lane] == nil { askPolicy(lane) }
            advance()
        }
        return SimulationResult(
            durationNanoseconds: view.nowNanoseconds, frames: results, busyNanoseconds: busy, rerunFrames: reruns,
            declines: declines, latency: latency.distribution)
    }

    /// Admits a frame for each lane, more would only wait; under policies that assign frames fills the window, since a
    /// slow device's frames would keep those of fast ones out.
    private mutating func admit() {
        let room = policy.assignsFrames ? view.window : min(view.next - view.head + view.lanes.count, view.window)
        while admittedCount < min(frameCount, view.head + room) {
            admission[admittedCount] = view.nowNanoseconds
            if policy.assignsFrames {
                let backlogs = devices.indices.map { device in
                    assigned[device].count + view.lanes.filter { $0.device == device && $0.frame != nil }.count
                }
                let device = policy.device(
                    for: admittedCount, in: view, assigned: assignedCounts, backlogs: backlogs)!
                assigned[device].append(admittedCount)
                assignedCounts[device] += 1
            }
            admittedCount += 1
        }
    }

    private mutating func askPolicy(_ lane: Int) {
        if policy.assignsFrames {
            let device = view.lanes[lane].device
            if !assigned[device].isEmpty { start(assigned[device].removeFirst(), on: lane) }
            return
        }
        switch policy.decision(for: lane, in: view) {
        case .take:
            start(view.next, on: lane)
            view.next += 1
        case .rerun(let frame):
            reruns += 1
            start(frame, on: lane)
        case .decline:
            declines += 1
        }
    }

    private mutating func start(_ frame: Int, on lane: Int) {
        let device = devices[view.lanes[lane].device]
        let service = device.serviceNanoseconds * max(1 + device.jitter * random.nextGaussian(), 0.1)
        view.start(frame, on: lane)
        running[lane] = Running(frame: frame, remainingNanoseconds: service)
    }

    /// Speed of each device now, relative to its full one: host threads of busy devices take their share of its cores.
    private func speeds() -> [Double] {
        var speeds = devices.map { _ in 1.0 }
        for (index, device) in devices.enumerated() {
            guard let host = device.host else { continue }
            if view.lanes.contains(where: { $0.device == index && $0.frame != nil }) {
                speeds[host.device] -= host.share
            }
        }
        return speeds.map { max($0, 0.01) }
    }

    /// Goes on to the next time a lane is done; delivers what is complete then.
    private mutating func advance() {
        let speeds = speeds()
        func remaining(_ lane: Int) -> Double? {
            running[lane].map { $0.remainingNanoseconds / speeds[view.lanes[lane].device] }
        }
        guard let step = running.indices.compactMap(remaining).min() else {
            preconditionFailure("a stream with frames left must keep a lane busy")
        }
        let elapsed = max(Int(step.rounded(.up)), 1)
        let now = view.nowNanoseconds + elapsed
        view.nowNanoseconds = now
        for lane in running.indices where running[lane] != nil {
            running[lane]!.remainingNanoseconds -= Double(elapsed) * speeds[view.lanes[lane].device]
        }
        for lane in running.indices {
            guard let run = running[lane], run.remainingNanoseconds <= 0 else { continue }
            let service = now - view.lanes[lane].startNanoseconds
            busy[view.lanes[lane].device] += service
            estimates[lane].record(service)
            view.lanes[lane].serviceNanoseconds = estimates[lane].nanoseconds
            running[lane] = nil
            let isSuperseded = view.lanes[lane].isSuperseded
            view.finish(lane)
            guard !isSuperseded else { continue }
            isDone[run.frame] = true
            results[view.lanes[lane].device] += 1
        }
        while view.head < frameCount && isDone[view.head] {
            latency.record(now - admission[view.head])
            view.head += 1
        }
    }
}

/// A small seeded generator (G. L. Steele et al., "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014).
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// Mean 0, standard deviation 1: the sum of 12 uniform numbers, less 6; never beyond ±6.
    mutating func nextGaussian() -> Double {
        (0..<12).reduce(-6.0) { sum, _ in sum + Double.random(in: 0..<1, using: &self) }
    }
}
