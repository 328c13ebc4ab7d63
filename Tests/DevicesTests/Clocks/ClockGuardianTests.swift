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

    /// A child that lives longer than this process must not keep the guardian waiting.
    @Test func childrenDoNotInheritItsConnection() throws {
        let root = try FixtureRoot(["sys/value": "changed"])
        let guardian = try guardian([("\(root.path)/sys/value", "former")])
        let child = Process()
        child.executableURL = URL(fileURLWithPath: "/bin/sh")
        child.arguments = ["-c", "for f in /proc/self/fd/*; do readlink $f; done"]
        let output = Pipe()
        child.standardOutput = output
        child.standardInput = FileHandle.nullDevice
        try child.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        child.waitUntilExit()
        let socket = try #require(guardian.socketName)
        #expect(socket.hasPrefix("socket:") && !text.isEmpty && !text.contains(socket), "\(text)")
        #expect(guardian.finish().isEmpty)
    }
}

extension ClockGuardian {
    /// As /proc names it: "socket:[123]".
    fileprivate var socketName: String? {
        socket.flatMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)") }
    }
}
