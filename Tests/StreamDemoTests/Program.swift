// Runs the built program as a user would: another process, its output and its exit code.

import Foundation
import Testing

/// What a finished run of `stream-demo` left.
struct ProgramResult {
    let exitCode: Int32
    let output: String
    let errors: String

    var outputLines: [Substring] { output.split(separator: "\n") }
    var errorLines: [Substring] { errors.split(separator: "\n") }

    /// The whole standard output as JSON.
    func json() throws -> [String: Any] { try Self.json(output[...]) }

    /// Each line of standard output as JSON.
    func jsonLines() throws -> [[String: Any]] { try outputLines.map(Self.json) }

    /// The classes of the first line's frame in their order, greatest first, whatever their values are called.
    func firstFrameValues() throws -> [(index: Int, value: Double)] {
        let top = try #require(try jsonLines().first?["top"] as? [[String: Any]])
        return try top.map { entry in
            let value = entry["p"] ?? entry["value"]
            return (index: try #require(entry["index"] as? Int), value: try #require(value as? Double))
        }
    }

    private static func json(_ text: Substring) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }
}

enum Program {
    /// The executable that was built with the tests.
    static let executable: URL = {
        // The test bundle, or its runner, lies beside the products.
        let testProduct = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: testProduct).deletingLastPathComponent().appendingPathComponent("stream-demo")
    }()

    /// Runs the program to its end. What it remembers goes with it, unless `environment` names another cache folder.
    /// - Parameters:
    ///   - standardInput: a file that the program reads as standard input; nil for none.
    ///   - interruptAfterLines: SIGINT is sent once standard output has so many lines.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], standardInput: String? = nil,
        interruptAfterLines lineCount: Int? = nil
    ) throws -> ProgramResult {
        // Files rather than pipes: nothing blocks however much the program writes.
        let folder = try TemporaryFolder()
        let (output, errors) = (try folder.write([], to: "output"), try folder.write([], to: "errors"))
        let inherited = ProcessInfo.processInfo.environment
        var ours = ["XDG_CACHE_HOME": folder.file("cache")]
        // PoCL would look for its compiled kernels there too, and compile them each time.
        if let base = inherited["XDG_CACHE_HOME"] ?? inherited["HOME"].map({ $0 + "/.cache" }) {
            ours["POCL_CACHE_DIR"] = inherited["POCL_CACHE_DIR"] ?? base + "/pocl/kcache"
        }
        let program = try RunningProgram(
            arguments, environment: ours.merging(environment) { $1 }, input: standardInput ?? "/dev/null",
            output: output, errors: errors)
        if let lineCount {
            while program.status == nil,
                try String(contentsOfFile: output, encoding: .utf8).filter({ $0 == "\n" }).count < lineCount
            {
                usleep(20_000)
            }
            kill(program.id, SIGINT)
        }
        while program.status == nil { usleep(2000) }
        return ProgramResult(
            exitCode: try #require(program.exitCode, "ended by a signal"),
            output: try String(contentsOfFile: output, encoding: .utf8),
            errors: try String(contentsOfFile: errors, encoding: .utf8))
    }
}

/// The program while it runs; ended with this object. It is waited for by its number, where Foundation's `Process`
/// waits for a descriptor that children of the program inherit.
final class RunningProgram {
    let id: pid_t
    private var waited: Int32?

    /// - Parameters:
    ///   - environment: besides this process's own.
    ///   - input: a file, as are the others, which exist.
    ///   - pipedOutput: a named pipe that takes `output`'s place, opened for writing alone.
    ///   - executable: in place of `stream-demo`.
    init(
        _ arguments: [String], environment: [String: String] = [:], input: String = "/dev/null",
        output: String = "/dev/null", errors: String = "/dev/null", pipedOutput: String? = nil,
        executable path: String = Program.executable.path
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(
            &actions, STDOUT_FILENO, pipedOutput ?? output, pipedOutput == nil ? O_RDWR : O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors, O_RDWR, 0)
        // Other tests' pipes would stay open in it.
        for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            if let descriptor = Int32(name), descriptor > STDERR_FILENO {
                posix_spawn_file_actions_addclose(&actions, descriptor)
            }
        }
        var words = ([path] + arguments).map { strdup($0) } + [nil]
        // hwloc is told of another machine's dump by variables, while a test reads one.
        let inherited = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("HWLOC_") }
        let variables = inherited.merging(environment) { $1 }
        var pairs = variables.map { strdup("\($0)=\($1)") } + [nil]
        defer { for word in words + pairs { free(word) } }
        var id: pid_t = 0
        try #require(posix_spawn(&id, path, &actions, nil, &words, &pairs) == 0)
        self.id = id
    }

    deinit { end() }

    /// As `waitpid` tells it, 0 for success; nil while it runs.
    var status: Int32? {
        var status: Int32 = 0
        if waited == nil, waitpid(id, &status, WNOHANG) == id { waited = status }
        return waited
    }

    /// nil while it runs, and where a signal ended it.
    var exitCode: Int32? { status.flatMap { $0 & 0x7f == 0 ? $0 >> 8 & 0xff : nil } }

    func end() {
        guard status == nil else { return }
        kill(id, SIGKILL)
        var status: Int32 = 0
        waitpid(id, &status, 0)
        waited = status
    }
}
