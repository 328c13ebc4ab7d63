import Foundation
import Testing

@testable import Devices

@Suite struct ClockGuardianTests {
    private func guardian(_ entries: [(path: String, value: String)]) throws -> ClockGuardian {
        let lock = fcntl(open("/dev/null", O_RDONLY | O_CLOEXEC), F_DUPFD_CLOEXEC, 10)
        return try ClockGuardian(restoring: entries.map { .init(path: $0.path, value: $0.value) }, holding: lock)
    }

    @Test func nothingIsMeaningfulToTheShell() throws {
        let root = try FixtureRoot()
        let values = ["$(touch x)", "`id`", "a  b", "'", "\"; exit", "-n", "%s\\n", "*", "\\"]
        let entries = values.enumerated().map { index, value in
            (path: "\(root.path)/\(index) $HOME'\"*", value: value)
        }
        for entry in entries { try Data("other\n".utf8).write(to: URL(fileURLWithPath: entry.path)) }
        #expect(try guardian(entries).finish().isEmpty)
        for entry in entries {
            #expect(try String(contentsOfFile: entry.path, encoding: .utf8) == entry.value + "\n")
        }
    }

    @Test func makesNoFile() throws {
        let root = try FixtureRoot()
        #expect(try guardian([("\(root.path)/none", "1")]).finish() == ["\(root.path)/none"])
        #expect(!root.files.exists("none"))
    }

    @Test func whatHoldsItsValueIsNotWritten() throws {
        #expect(try guardian([("/proc/sys/kernel/ostype", "Linux")]).finish().isEmpty)
        #expect(try guardian([("/proc/sys/kernel/ostype", "Minix")]).finish() == ["/proc/sys/kernel/ostype"])
    }

    /// As of a highest frequency while the machine is hot. The kernel keeps 15 bytes of a process's name.
    @Test func aNumberThatIsTakenAndHeldLowerIsRestored() throws {
        let file = "/proc/self/comm"  // the shell's own
        #expect(try guardian([(file, "12345678901234567")]).finish().isEmpty)
        #expect(try guardian([(file, "a word of more than 15")]).finish() == [file])
    }

    @Test func isReplacedWhenItIsKilled() throws {
        let root = try FixtureRoot(["sys/value": "changed"])
        let guardian = try guardian([("\(root.path)/sys/value", "former")])
        kill(try #require(guardian.processID), SIGKILL)
        #expect(guardian.finish().isEmpty)
        #expect(try root.read("sys/value") == "former")
    }

    @Test func signalsThatStopProgramsDoNotStopIt() throws {
        let root = try FixtureRoot(["sys/value": "changed"])
        let guardian = try guardian([("\(root.path)/sys/value", "former")])
        let id = try #require(guardian.processID)
        #expect(getsid(id) == id)
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] { kill(id, signal) }
        #expect(kill(id, 0) == 0)
        #expect(try root.read("sys/value") == "changed")
        #expect(guardian.finish().isEmpty)
        #expect(try root.read("sys/value") == "former")
    }

    /// A child of this process that outlives it must not keep the guardian waiting.
    @Test func childrenDoNotInheritItsConnection() throws {
        let root = try FixtureRoot(["sys/value": "changed"])
        let guardian = try guardian([("\(root.path)/sys/value", "former")])
        #expect(fcntl(try #require(guardian.socket), F_GETFD) & FD_CLOEXEC != 0)
        // A copy that a child made without running another program holds up no orderly end either.
        let copy = dup(try #require(guardian.socket))
        defer { close(copy) }
        #expect(guardian.finish().isEmpty)
        #expect(try root.read("sys/value") == "former")
    }
}
