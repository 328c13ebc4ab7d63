import Testing

@testable import CoExec

@Suite struct PolicyTests {
    /// A lane that is idle, or runs `frame` since `start`.
    private func lane(
        _ device: Int, _ service: Int?, frame: Int? = nil, start: Int = 0, isUsable: Bool = true
    ) -> SchedulingView.Lane {
        var lane = SchedulingView.Lane(device: device, serviceNanoseconds: service, startNanoseconds: start)
        (lane.frame, lane.isUsable) = (frame, isUsable)
        return lane
    }

    private func view(
        _ lanes: [SchedulingView.Lane], now: Int = 0, window: Int = 32, head: Int = 0, next: Int = 0, end: Int? = nil
    ) -> SchedulingView {
        SchedulingView(nowNanoseconds: now, window: window, head: head, next: next, end: end, lanes: lanes)
    }

    // MARK: work stealing

    @Test func aLaneWithoutOthersTakesEveryFrame() {
        let view = view([lane(0, 1_000_000)], next: 9, end: 10)
        #expect(WorkStealing().decision(for: 0, in: view) == .take)
    }

    @Test func aLaneOfUnknownSpeedTakesItsFirstFrame() {
        let view = view([lane(0, nil), lane(1, 10)], next: 9, end: 10)
        #expect(WorkStealing().decision(for: 0, in: view) == .take)
    }

    /// The fast device is busy for 10 more; then it does a frame in 10: two frames are done by 30.
    @Test(arguments: [(service: 30, decision: LaneDecision.take), (31, .decline), (1000, .decline), (5, .take)])
    func atTheEndASlowLaneTakesAFrameOnlyIfTheOthersAreNotSooner(service: Int, decision: LaneDecision) {
        let view = view([lane(0, service), lane(1, 10, frame: 7)], next: 8, end: 10)
        #expect(WorkStealing().decision(for: 0, in: view) == decision)
    }

    /// Amid a stream the window is what the others can run meanwhile: 32 frames of 10.
    @Test(arguments: [(service: 320, decision: LaneDecision.take), (321, .decline)])
    func amidAStreamALaneDeclinesWhatTheWindowCannotCover(service: Int, decision: LaneDecision) {
        let view = view([lane(0, service), lane(1, 10)])
        #expect(WorkStealing().decision(for: 0, in: view) == decision)
    }

    @Test func devicesThatAreSetAsideCountForNothing() {
        let view = view([lane(0, 1000), lane(1, 10, isUsable: false)], next: 9, end: 10)
        #expect(WorkStealing().decision(for: 0, in: view) == .take)
    }

    @Test func aStragglerIsRerunOnlyWhereThatIsSooner() {
        // Frame 9, the last, has 90 of 100 to go on lane 1.
        let lanes = [lane(0, 20), lane(1, 100, frame: 9)]
        let view = view(lanes, now: 10, head: 9, next: 10, end: 10)
        #expect(WorkStealing().decision(for: 0, in: view) == .rerun(frame: 9))
        // With 15 to go it is left where it is.
        var later = view
        later.nowNanoseconds = 85
        #expect(WorkStealing().decision(for: 0, in: later) == .decline)
    }

    @Test func aStragglerIsNotRerunTwiceOnADeviceNorLateByTheSlowerOne() {
        var view = view(
            [lane(0, 20), lane(1, 100, frame: 9), lane(0, 20, frame: 9)], now: 10, head: 9, next: 10, end: 10)
        #expect(WorkStealing().decision(for: 0, in: view) == .decline)
        // A third device would be done sooner than this one: leave it to that one.
        view.lanes[2] = lane(2, 5)
        #expect(WorkStealing().decision(for: 0, in: view) == .decline)
        #expect(WorkStealing().decision(for: 2, in: view) == .rerun(frame: 9))
    }

    @Test func whereTheWindowIsFullOnlyTheHeadIsRerun() {
        let lanes = [lane(0, 10), lane(1, 500, frame: 0), lane(2, 500, frame: 1)]
        let view = view(lanes, now: 20, window: 4, head: 0, next: 4)
        #expect(WorkStealing().decision(for: 0, in: view) == .rerun(frame: 0))
    }

    /// The closed form against the plain greedy schedule that it stands for.
    @Test func whatOthersCanRunIsTheGreedySchedule() {
        var random = SplitMix64(seed: 11)
        for _ in 0..<2000 {
            let now = Int.random(in: 0...50, using: &random)
            let lanes = (0..<Int.random(in: 2...5, using: &random)).map { device in
                let isBusy = Bool.random(using: &random)
                return lane(
                    device, Bool.random(using: &random) ? Int.random(in: 1...40, using: &random) : nil,
                    frame: isBusy ? device : nil, start: Int.random(in: 0...now, using: &random))
            }
            let view = view(lanes, now: now)
            let (frames, deadline) = (
                Int.random(in: 1...20, using: &random), now + Int.random(in: 0...200, using: &random)
            )
            let finish = greedyFinish(view, than: 0, frames: frames)
            #expect(view.canOthers(than: 0, run: frames, before: deadline) == finish.map { $0 < deadline })
        }
    }

    private func greedyFinish(_ view: SchedulingView, than lane: Int, frames: Int) -> Int? {
        var free: [(at: Int, service: Int)] = []
        for (index, other) in view.lanes.enumerated() where index != lane {
            guard let service = other.serviceNanoseconds else { continue }
            let busyUntil = other.frame == nil ? view.nowNanoseconds : other.startNanoseconds + service
            free.append((max(busyUntil, view.nowNanoseconds), service))
        }
        guard !free.isEmpty else { return nil }
        var finish = view.nowNanoseconds
        for _ in 0..<frames {
            let first = free.indices.min { free[$0].at + free[$0].service < free[$1].at + free[$1].service }!
            free[first].at += free[first].service
            finish = max(finish, free[first].at)
        }
        return finish
    }

    // MARK: the other policies

    @Test func singleLeavesTheOtherDevicesIdle() {
        let view = view([lane(0, 10), lane(1, 10)])
        #expect(SingleDevice(1).decision(for: 0, in: view) == .decline)
        #expect(SingleDevice(1).decision(for: 1, in: view) == .take)
    }

    @Test func roundRobinGoesRoundTheUsableDevices() {
        let view = view([lane(0, 10), lane(1, 10), lane(2, 10)])
        func devices(_ usable: [Int]) -> [Int?] {
            (0..<6).map { RoundRobin().device(for: $0, among: usable, in: view) }
        }
        #expect(devices([0, 1, 2]) == [0, 1, 2, 0, 1, 2])
        #expect(devices([0, 2]) == [0, 2, 0, 2, 0, 2])
    }

    private func view(_ lanes: [SchedulingView.Lane], assigned: [Int] = [], backlogs: [Int]) -> SchedulingView {
        var view = view(lanes)
        view.devices = backlogs.map { backlog in
            var device = SchedulingView.Device()
            device.backlog = backlog
            return device
        }
        for (device, count) in assigned.enumerated() { view.devices[device].assigned = count }
        return view
    }

    @Test func fixedSharesKeepsToItsWeightsAtEveryFrame() {
        let weights = [1.0, 3.0, 4.0]
        var view = view([lane(0, 10), lane(1, 10), lane(2, 10)], backlogs: [0, 0, 0])
        for frame in 0..<80 {
            let device = FixedShares(weights).device(for: frame, among: [0, 1, 2], in: view)
            view.devices[device!].assigned += 1
            for (device, weight) in zip(view.devices, weights) {
                #expect(abs(Double(device.assigned) - weight / 8 * Double(frame + 1)) <= 1)
            }
        }
        #expect(view.devices.map(\.assigned) == [10, 30, 40])
    }

    @Test func earliestCompletionCountsBacklogsAndLanes() {
        func device(_ lanes: [SchedulingView.Lane], _ backlogs: [Int]) -> Int? {
            EarliestCompletion().device(for: 0, among: [0, 1], in: view(lanes, backlogs: backlogs))
        }
        let one = [lane(0, 10), lane(1, 25)]
        #expect(device(one, [0, 0]) == 0)
        #expect(device(one, [1, 0]) == 0)
        #expect(device(one, [2, 0]) == 1)
        // Two lanes of 25 against one of 10.
        #expect(device([lane(0, 10), lane(1, 25), lane(1, 25)], [4, 1]) == 1)
    }

    /// What spares lanes a look at each other never decides otherwise than the policy would.
    @Test func takingUnseenAgreesWithThePolicy() {
        var random = SplitMix64(seed: 7)
        var unseen = 0
        for _ in 0..<20_000 {
            let head = Int.random(in: 0...50, using: &random)
            let next = head + Int.random(in: 0...20, using: &random)
            let now = 1_000_000
            let lanes = (0..<Int.random(in: 1...5, using: &random)).map { lane in
                let isBusy = Bool.random(using: &random)
                return SchedulingView.Lane(
                    device: lane,
                    serviceNanoseconds: Int.random(in: 0...9, using: &random) == 0
                        ? nil : Int.random(in: 1...100_000, using: &random),
                    frame: isBusy ? Int.random(in: head...next, using: &random) : nil,
                    startNanoseconds: now - Int.random(in: 0...200_000, using: &random),
                    isUsable: Int.random(in: 0...4, using: &random) > 0)
            }
            let view = SchedulingView(
                nowNanoseconds: now, window: Int.random(in: 1...24, using: &random), head: head, next: next,
                end: Bool.random(using: &random) ? next + Int.random(in: 0...20, using: &random) : nil, lanes: lanes)
            if view.mayTakeUnseen(0) {
                unseen += 1
                #expect(WorkStealing().decision(for: 0, in: view) == .take)
            }
        }
        #expect(unseen > 1000)
    }
}
