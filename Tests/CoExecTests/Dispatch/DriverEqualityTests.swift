// The simulator and the threaded runtime decide alike: what the one asked, at its times and in its order, is asked of the
// other, through all that lies between a lane's thread and the dispatcher, and the answers are compared one by one.

import Testing

@testable import CoExec

@Suite struct DriverEqualityTests {
    @Test func theRuntimeDecidesAsTheSimulatorDoes() throws {
        var seen = Seen()
        for seed in 0..<1000 as Range<UInt64> {
            let scenario = Scenario(seed: seed)
            let (events, result) = scenario.simulate()
            var replay = try RuntimeReplay(scenario)
            for (index, event) in events.enumerated() {
                let difference = replay.difference(event)
                try #require(difference == nil, "seed \(seed), event \(index) \(event): \(difference ?? "")")
                seen.count(event)
            }
            let report = replay.report
            #expect(report.devices.map(\.frames) == result.frames && report.inFlight == 0, "seed \(seed)")
            let declines = report.devices.flatMap(\.lanes).reduce(0) { $0 + $1.declined }
            #expect(declines == result.declines, "seed \(seed)")
            seen.declines += declines
            seen.setAsides += report.devices.reduce(0) { $0 + $1.timesSetAside }
        }
        // None of what is compared is missing from the scenarios.
        let counts = [
            seen.runs, seen.reruns, seen.declines, seen.errors, seen.late, seen.hangs, seen.drops, seen.failures,
            seen.setAsides,
        ]
        #expect(counts.allSatisfy { $0 > 100 }, "\(seen)")
    }

    private struct Seen {
        var runs = 0
        var reruns = 0
        var declines = 0
        var errors = 0
        var late = 0
        var hangs = 0
        var drops = 0
        var failures = 0
        var setAsides = 0

        mutating func count(_ event: DispatchEvent) {
            switch event {
            case .offer(_, .drop): drops += 1
            case .offer(_, .admit(_, _, let dropped)): drops += dropped == nil ? 0 : 1
            case .ask(_, _, .run): runs += 1
            case .ask(_, _, .rerun): reruns += 1
            case .complete(_, _, _, .failed): errors += 1
            case .complete(_, _, _, .late): late += 1
            case .hang: hangs += 1
            case .deliver(_, _, _, let isFailure): failures += isFailure ? 1 : 0
            default: break
            }
        }
    }
}

/// A stream's runtime whose lanes have no threads: they are asked here, one at a time.
private struct RuntimeReplay {
    private let runtime: StreamRuntime
    private var logs: [LaneThreadState] = []

    init(_ scenario: Scenario) throws {
        let laneCount = scenario.devices.reduce(0) { $0 + $1.laneCount }
        runtime = try StreamRuntime(options: scenario.conditions.options, laneCount: laneCount, pool: nil)
        for device in scenario.devices {
            let (index, first) = (runtime.state.devices.count, runtime.state.lanes.count)
            let place = Dispatcher.Place(device: index, firstLane: first)
            _ = runtime.state.addDevice(device.name, laneCount: device.laneCount, at: place)
            runtime.deviceNames.append(device.name)
            for index in 0..<device.laneCount {
                let (lane, poolLane) = (place.firstLane + index, PoolLane(device: device.name, index: index, of: 1))
                runtime.lanes.append(LaneSharedState())
                runtime.poolLanes.append(poolLane)
                poolLane.members.append(LaneMember(stream: runtime, lane: lane) { _, _ in })
                logs.append(LaneThreadState(lane, runtime.lanes[lane], poolLane))
                runtime.state.laneOpened(lane, prior: device.priorNanoseconds, now: 0)
            }
        }
    }

    var report: StreamReport { runtime.state.report }

    /// Asks or tells the runtime what the simulator's dispatcher was asked or told.
    /// - Returns: what is different, nil where nothing is.
    mutating func difference(_ event: DispatchEvent) -> String? {
        switch event {
        case .offer(let now, let expected):
            let offer = runtime.offer(now: now)
            return offer == expected ? nil : "\(offer)"
        case .end:
            runtime.finish()
            return nil
        case .ask(let lane, let now, let expected):
            return ask(lane, now, expected)
        case .complete(let lane, let ticket, let now, let expected):
            return complete(lane, ticket, now, expected)
        case .hang(let lane, let ticket, let now, let nanoseconds):
            runtime.hung(lane, with: ticket, for: nanoseconds, now: now)
            return nil
        case .deliver(let now, let sequence, let device, let isFailure):
            var isEqual = false
            let isThere = runtime.takeHead(now: now) { record in
                isEqual = record.sequence == sequence && record.device == device && record.isFailure == isFailure
            }
            return isThere && isEqual ? nil : isThere ? "another delivery" : "nothing to deliver"
        }
    }

    private mutating func ask(_ lane: Int, _ now: Int, _ expected: LaneAssignment?) -> String? {
        logs[lane].now = now
        let turn = runtime.turn(for: lane, now: now, true)
        let isBatch = !runtime.lanes[lane].pointee.deque.isEmpty
        switch (turn, expected) {
        case (nil, nil): return nil
        case (.run(let ticket), .run(let tickets)) where ticket == tickets.lowerBound && tickets.count == 1 && !isBatch:
            runtime.start(ticket, &logs[lane])
            return nil
        case (.rerun(let ticket), .rerun(let other)) where ticket == other:
            return runtime.startRerun(ticket, &logs[lane], copy: {}) ? nil : "a re-run that is done already"
        default: return "\(turn.map { "\($0)" } ?? "nothing")"
        }
    }

    private mutating func complete(
        _ lane: Int, _ ticket: Int, _ now: Int, _ expected: LaneRun.Outcome
    ) -> String? {
        if expected == .failed {
            runtime.discard(ticket, &logs[lane], error: SimulatedError(), end: now)
        } else {
            let isClaimed = runtime.claim(ticket)
            guard isClaimed == (expected == .published) else { return isClaimed ? "not late" : "late" }
            if isClaimed {
                runtime.publish(ticket, &logs[lane], end: now)
            } else {
                runtime.discard(ticket, &logs[lane], error: nil, end: now)
            }
        }
        runtime.book(&logs[lane])
        runtime.lanes[lane].pointee.ticket.value.store(-1, ordering: .relaxed)
        return nil
    }
}
