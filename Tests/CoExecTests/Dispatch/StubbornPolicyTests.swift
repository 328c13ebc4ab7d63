import Testing

@testable import CoExec

/// What an embedder's policy may get wrong, and what the stream does then: the same in both drivers.
@Suite struct StubbornPolicyTests {
    /// Leaves every frame to others, or wants frames run again that nobody runs.
    struct Stubborn: Policy {
        static let form = "stubborn"
        var answer = LaneDecision.decline
        init(_ answer: LaneDecision) { self.answer = answer }
        init?(argument: String?) { nil }
        func decision(for lane: Int, in view: SchedulingView) -> LaneDecision { answer }
    }

    /// Gives frames to a device that isn't there.
    struct Lost: Policy {
        static let form = "lost"
        let device: Int
        init(_ device: Int) { self.device = device }
        init?(argument: String?) { nil }
        var assignsFrames: Bool { true }
        func device(for frame: Int, among usable: [Int], in view: SchedulingView) -> Int? { device }
    }

    private static let policies: [any Policy] = [
        Stubborn(.decline), Stubborn(.rerun(frame: 0)), Stubborn(.rerun(frame: -7)), Stubborn(.rerun(frame: 1 << 40)),
        Lost(7), Lost(-1),
    ]

    @Test(arguments: policies.indices)
    func everyFrameIsRunOnAMachine(index: Int) throws {
        let stream = try FrameStream(
            devices: [FakeDevice(name: "a", laneCount: 2), FakeDevice(name: "b")],
            options: StreamOptions(window: 4, policy: Self.policies[index]))
        var next = 0
        try stream.run(source: counting(to: 20)) { delivery in
            let output = try delivery.result.get()
            #expect(delivery.frame == next && output == 2 * next)
            next += 1
        }
        #expect(next == 20)
    }

    @Test(arguments: policies.indices)
    func everyFrameIsRunInVirtualTime(index: Int) {
        let devices = [
            SimulatedDevice(name: "a", laneCount: 2, serviceNanoseconds: 1e6),
            SimulatedDevice(name: "b", serviceNanoseconds: 3e6),
        ]
        let result = StreamSimulator.run(devices: devices, frames: 20, window: 4, policy: Self.policies[index])
        #expect(result.frames.reduce(0, +) == 20)
    }

    /// A lane that is slow leaves the frame to a fast one that is at another stream's, however often it is asked.
    @Test func aFrameWaitsForALaneThatIsElsewhere() {
        var options = StreamOptions(window: 4, policy: Stubborn(.decline))
        options.admission = .wait
        var dispatcher = Dispatcher(options: options, window: 4)
        for index in 0..<2 {
            _ = dispatcher.addDevice("\(index)", laneCount: 1, at: .init(device: index, firstLane: index))
            dispatcher.laneOpened(index, prior: 1000, now: 0)
        }
        _ = dispatcher.offer(now: 0)
        for _ in 0..<3 { #expect(dispatcher.take(1, now: 1) == nil) }
        dispatcher.view.lanes[1].elsewhereUntilNanoseconds = 100
        for _ in 0..<10 { #expect(dispatcher.take(0, now: 50) == nil) }
        #expect(dispatcher.take(0, now: 101) == .run(0..<1))
    }
}
