import Testing

@testable import Devices

@Suite struct ClockSettingsTests {
    private func assigned(_ settings: ClockSettings, _ targets: [ClockTarget] = ClockFixtures.targets) throws
        -> [String: ClockAssignment]
    {
        let root = try ClockFixtures.board()
        let all = try settings.assignments(to: ClockDomain.all(of: root.files), for: targets)
        return Dictionary(uniqueKeysWithValues: all.map { ($0.domain.name, $0) })
    }

    private func frequencies(_ text: String, _ targets: [ClockTarget] = ClockFixtures.targets) throws
        -> [String: Double]
    {
        try assigned(ClockSettings(frequency: text), targets).compactMapValues(\.megahertz)
    }

    @Test func readsFrequencies() throws {
        #expect(try ClockSettings().isEmpty)
        #expect(try ClockSettings(frequency: "1800").frequencies == [.init(name: nil, megahertz: 1800)])
        #expect(
            try ClockSettings(frequency: "big=1804.8, gpu = 600").frequencies
                == [.init(name: "big", megahertz: 1804.8), .init(name: "gpu", megahertz: 600)])
    }

    @Test(arguments: ["", "x", "big=", "=5", "big=1800,", "1800,1000", "big=0", "-5", "nan", "inf", "1e9", "a=b=5"])
    func refusesWhatIsNoFrequency(text: String) {
        #expect { try ClockSettings(frequency: text) } throws: { ($0 as? ClockError)?.isUsageError == true }
    }

    @Test func refusesANameTwice() {
        #expect(throws: ClockError.listedTwice("BIG")) { try ClockSettings(frequency: "big=600,BIG=1000") }
    }

    @Test func aFrequencyAloneIsForTheCPUs() throws {
        #expect(try frequencies("1000") == ["policy0": 1000, "policy4": 1000])
        let big = [ClockTarget(name: "cpu", cpus: [5]), ClockTarget(name: "LITTLE", cpus: [0], isUsed: false)]
        #expect(try frequencies("1000", big) == ["policy4": 1000])
        #expect(try frequencies("600", [ClockFixtures.targets[2]]) == ["fb000000.gpu": 600])
    }

    @Test func namesAreDevicesWhateverTheirCase() throws {
        #expect(
            try frequencies("BIG=1805,little=600,gpu=300")
                == ["policy4": 1804.8, "policy0": 600, "fb000000.gpu": 300])
        let unused = [ClockTarget(name: "gpu", cpus: [], kind: .gpu, isUsed: false)]
        #expect(try frequencies("gpu=600", unused) == ["fb000000.gpu": 600])
    }

    @Test func saysWhatIsAvailable() throws {
        #expect(throws: ClockError.unknownName("npu", available: ["big", "LITTLE", "gpu"])) {
            try frequencies("npu=600")
        }
        #expect {
            try frequencies("big=1200")
        } throws: {
            "\($0)" == "policy4 has no frequency of 1200 MHz (available: 600, 1000, 1400, 1804.8)"
        }
        #expect(throws: ClockError.self) { try frequencies("1804.8") }  // LITTLE hasn't that
        #expect(throws: ClockError.noClock("mid")) {
            try frequencies("mid=600", [ClockTarget(name: "mid", cpus: [9])])
        }
        #expect(throws: ClockError.noClock(nil)) {
            try ClockSettings(governor: "performance").assignments(to: [], for: ClockFixtures.targets)
        }
    }

    @Test func oneClockHasOneFrequency() throws {
        let halves = [ClockTarget(name: "big", cpus: [4, 5]), ClockTarget(name: "LITTLE", cpus: [6, 7])]
        #expect(throws: ClockError.conflict(domain: "policy4", cpus: [4, 5, 6, 7])) {
            try frequencies("big=600,LITTLE=1000", halves)
        }
        #expect(try frequencies("big=600,LITTLE=600", halves) == ["policy4": 600])
    }

    @Test func aGovernorIsForWhatHasIt() throws {
        let performance = try assigned(ClockSettings(governor: "performance"))
        #expect(performance.mapValues(\.governor).count == 3)
        let schedutil = try assigned(ClockSettings(governor: "schedutil"))
        #expect(Set(schedutil.keys) == ["policy0", "policy4"])
        #expect(
            throws: ClockError.unknownGovernor(
                "simple_ondemand", domain: "policy0",
                available: ["conservative", "userspace", "performance", "schedutil"])
        ) { try assigned(ClockSettings(governor: "simple_ondemand")) }
        let alone = try assigned(ClockSettings(governor: "simple_ondemand"), [ClockFixtures.targets[2]])
        #expect(Set(alone.keys) == ["fb000000.gpu"])
    }
}
