// Signals: every way to end the program has the status that shells know, without a stack trace.

import Foundation
import Testing

@testable import StreamDemo

private let isAddressSanitized = dlsym(nil, "__asan_init") != nil

@Suite(.serialized) struct SignalTests {
    private func lineCount(_ file: String) throws -> Int {
        try String(contentsOfFile: file, encoding: .utf8).count { $0 == "\n" }
    }

    /// Starts a run, sends a signal when it is under way, and waits for the end.
    /// - Returns: the status as `waitpid` tells it, and what went to standard error.
    private func end(by signal: Int32, json: String = "/dev/null") throws -> (status: Int32, errors: String) {
        let folder = try TemporaryFolder()
        let (output, errors) = (try folder.write([], to: "output"), try folder.write([], to: "errors"))
        let program = try RunningProgram(
            ["run", "--devices", "cpu:0@0.2", "--no-tune", "--output", "-", "--json", json], output: output,
            errors: errors)
        while program.status == nil, try lineCount(output) < 3 { usleep(2000) }
        kill(program.id, signal)
        while program.status == nil { usleep(2000) }
        return (try #require(program.status), try String(contentsOfFile: errors, encoding: .utf8))
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func interruptionsDrainAndSaySo(signal: Int32) throws {
        let folder = try TemporaryFolder()
        let summary = folder.file("summary.json")
        let (status, errors) = try end(by: signal, json: summary)
        #expect(status == (128 + signal) << 8)
        #expect(errors.contains("frames in"))
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: summary))) as? [String: Any])
        #expect(json["interrupted"] as? Bool == true && (json["frames"] as? Int ?? 300) < 300)
    }

    /// 131 in a shell.
    @Test func quittingEndsAtOnce() throws {
        let (status, errors) = try end(by: SIGQUIT)
        #expect(status & 0x7f == SIGQUIT && errors.isEmpty, "\(errors)")
    }

    @Test func aCrashIsOneLine() throws {
        let (status, errors) = try end(by: SIGSEGV)
        #expect(status & 0x7f == SIGSEGV)
        #expect(errors == "stream-demo: internal error, this is a fault of the program\n")
    }

    /// As `head -1`, which leaves after the first line.
    @Test func aReaderThatLeavesEndsTheRunQuietly() throws {
        let folder = try TemporaryFolder()
        let (pipe, errors) = (folder.file("pipe"), try folder.write([], to: "errors"))
        try #require(mkfifo(pipe, 0o600) == 0)
        let reader = open(pipe, O_RDONLY | O_NONBLOCK)
        let program = try RunningProgram(
            ["run", "--devices", "cpu:0", "--no-tune", "--output", "-"], output: "/dev/null", errors: errors,
            pipedOutput: pipe)
        var byte: UInt8 = 0
        while program.status == nil, read(reader, &byte, 1) != 1 { usleep(2000) }
        close(reader)
        while program.status == nil { usleep(2000) }
        #expect(try #require(program.status) & 0x7f == SIGPIPE)
        let said = try String(contentsOfFile: errors, encoding: .utf8)
        #expect(said.isEmpty, "\(said)")
    }

    /// Too little to address for anything: an error like any other.
    @Test(.enabled(if: !isAddressSanitized, "AddressSanitizer addresses terabytes, and ends the program itself"))
    func tooLittleMemoryIsOneLine() throws {
        let folder = try TemporaryFolder()
        let errors = try folder.write([], to: "errors")
        let shell = try RunningProgram(
            ["-c", "ulimit -v 450000; exec \"$0\" run --network alexnet --devices cpu:0 --no-tune",
                Program.executable.path], errors: errors, executable: "/bin/sh")
        while shell.status == nil { usleep(2000) }
        // Swift's runtime may have a line of its own about the allocation.
        let lines = try String(contentsOfFile: errors, encoding: .utf8).split(separator: "\n")
        #expect(shell.exitCode == 1 && (1...2).contains(lines.count), "\(lines)")
        #expect(lines.last == "stream-demo: out of memory (see 'ulimit -v' and the machine's limits)", "\(lines)")
    }
}
