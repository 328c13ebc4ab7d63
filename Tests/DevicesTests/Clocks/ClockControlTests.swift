import Foundation
import Testing

@testable import Devices

@Suite struct ClockControlTests {
    private let root: FixtureRoot
    private let files = ["scaling_governor", "scaling_min_freq", "scaling_max_freq"]

    init() throws { root = try ClockFixtures.board() }

    private func state(_ policy: String) throws -> [String] { try files.map { try root.read("\(policy)/\($0)") } }

    private func set(_ settings: ClockSettings) throws -> ClockControl {
        try ClockControl(settings, for: ClockFixtures.targets, files: root.files)
    }

    /// Makes a file of the board another one, as no permission bits stop root.
    private func link(_ file: String, to target: String) throws {
        try root.remove(file)
        try FileManager.default.createSymbolicLink(atPath: "\(root.path)/\(file)", withDestinationPath: target)
    }

    @Test func setsAndRestores() throws {
        let former = try (state(ClockFixtures.little), state(ClockFixtures.big))
        let control = try set(ClockSettings(governor: "performance", frequency: "big=1805,LITTLE=600,gpu=300"))
        #expect(control.fixedMegahertz == ["policy4": 1804.8, "policy0": 600, "fb000000.gpu": 300])
        #expect(try state(ClockFixtures.big) == ["performance", "1804800", "1804800"])
        #expect(try state(ClockFixtures.little) == ["performance", "600000", "600000"])
        #expect(try root.read("\(ClockFixtures.gpu)/governor") == "performance")
        #expect(try root.read("\(ClockFixtures.gpu)/max_freq") == "300000000")
        #expect(control.restore().isEmpty && control.restore().isEmpty)
        #expect(try (state(ClockFixtures.little), state(ClockFixtures.big)) == former)
        #expect(try root.read("\(ClockFixtures.gpu)/governor") == "simple_ondemand")
        #expect(try root.read("\(ClockFixtures.gpu)/max_freq") == "1000000000")
    }

    @Test func restoresWhenItIsForgotten() throws {
        let former = try state(ClockFixtures.big)
        do {
            let control = try set(ClockSettings(governor: "performance"))
            #expect(try state(ClockFixtures.big)[0] == "performance")
            withExtendedLifetime(control) {}
        }
        #expect(try state(ClockFixtures.big) == former)
    }

    /// A kernel may refuse a minimum above the maximum.
    @Test func writesInAnOrderThatTheKernelAccepts() throws {
        func order(_ megahertz: Double) throws -> [String] {
            let domain = try #require(ClockDomain.all(of: root.files).first { $0.name == "policy4" })
            let assignment = ClockAssignment(domain: domain, megahertz: megahertz)
            return try ClockControl.changes(assignment, root.files).map {
                String($0.file.dropFirst(ClockFixtures.big.count + 1))
            }
        }
        #expect(try order(1400) == ["scaling_min_freq", "scaling_max_freq"])
        try root.write("1000000", "\(ClockFixtures.big)/scaling_max_freq")
        #expect(try order(1400) == ["scaling_max_freq", "scaling_min_freq"])
        #expect(try order(1000) == ["scaling_min_freq"])
    }

    @Test func whatIsAlreadySetNeedsNoChange() throws {
        let control = try set(ClockSettings(governor: "schedutil"))
        try root.write("performance", "\(ClockFixtures.big)/scaling_governor")
        #expect(control.restore().isEmpty)
        #expect(try state(ClockFixtures.big)[0] == "performance")
    }

    @Test func aValueThatDoesNotTakeUndoesTheRest() throws {
        let former = try state(ClockFixtures.little)
        try link("\(ClockFixtures.big)/scaling_max_freq", to: "/dev/null")
        let path = "\(root.path)/\(ClockFixtures.big)/scaling_max_freq"
        #expect(throws: ClockError.didNotTake(path: path, wanted: "1000000", holds: "")) {
            try set(ClockSettings(governor: "performance", frequency: "1000"))
        }
        #expect(try state(ClockFixtures.little) == former)
        #expect(try state(ClockFixtures.big) == ["schedutil", "600000", ""])
    }

    @Test func aFileThatCannotBeWrittenChangesNothing() throws {
        try link("\(ClockFixtures.big)/scaling_governor", to: "/proc/sys/kernel/ostype")  // read-only, for root too
        let path = "\(root.path)/\(ClockFixtures.big)/scaling_governor"
        let expected = ClockError.file(SystemFileError(path: path, problem: .system(code: EACCES)))
        #expect(throws: expected) { try set(ClockSettings(governor: "performance")) }
        #expect(expected.description.hasSuffix("scaling_governor': Permission denied; clocks are set by root"))
        #expect(!expected.isUsageError)
        #expect(try state(ClockFixtures.little)[0] == "schedutil")
    }

    @Test func aFileThatIsGoneIsNamed() throws {
        try root.remove("\(ClockFixtures.big)/scaling_min_freq")
        let path = "\(root.path)/\(ClockFixtures.big)/scaling_min_freq"
        #expect(throws: ClockError.file(SystemFileError(path: path, problem: .system(code: ENOENT)))) {
            try set(ClockSettings(frequency: "big=600"))
        }
    }

    @Test func whatCannotBeRestoredIsNamed() throws {
        let control = try set(ClockSettings(governor: "performance", frequency: "1000"))
        let (gone, stuck) = ("\(ClockFixtures.big)/scaling_governor", "\(ClockFixtures.little)/scaling_min_freq")
        try root.remove(gone)
        try link(stuck, to: "/proc/sys/kernel/ostype")
        #expect(control.restore() == ["\(root.path)/\(stuck)", "\(root.path)/\(gone)"])
        #expect(try state(ClockFixtures.little)[2] == "1400000")
        #expect(!root.files.exists(gone))
    }

    @Test func theGovernorUserspaceGetsItsFrequencyBack() throws {
        try root.write("userspace", "\(ClockFixtures.big)/scaling_governor")
        try root.write("1400000", "\(ClockFixtures.big)/scaling_setspeed")
        let control = try set(ClockSettings(governor: "performance"))
        try root.write("<unsupported>", "\(ClockFixtures.big)/scaling_setspeed")
        #expect(control.restore().isEmpty)
        #expect(try root.read("\(ClockFixtures.big)/scaling_setspeed") == "1400000")
    }

    @Test func aThrottledClockIsNotHeld() throws {
        try root.write("1400000", "\(ClockFixtures.big)/scaling_max_freq")
        try root.write("1", "\(ClockFixtures.cpuCooler)/cur_state")
        #expect(throws: ClockError.throttled(domain: "policy4", cooler: "cpufreq-cpu4, state 1")) {
            try set(ClockSettings(frequency: "1000"))
        }
        // Its governor doesn't touch the limit, and a limit of the user's is put back.
        #expect(try set(ClockSettings(governor: "performance")).restore().isEmpty)
        try root.write("0", "\(ClockFixtures.cpuCooler)/cur_state")
        #expect(try set(ClockSettings(frequency: "1000")).restore().isEmpty)
        #expect(try state(ClockFixtures.big)[2] == "1400000")
    }

    @Test func oneRunAtATime() throws {
        let first = try set(ClockSettings(governor: "performance"))
        #expect(throws: ClockError.inUse(path: "\(root.path)/sys")) { try set(ClockSettings(governor: "userspace")) }
        #expect(first.restore().isEmpty)
        let second = try set(ClockSettings(governor: "userspace"))
        #expect(second.restore().isEmpty)
        #expect(try state(ClockFixtures.big)[0] == "schedutil")
    }
}
