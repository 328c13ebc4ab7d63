// The process that puts files back when this one ends, however it ends. Owned by a `ClockControl`, used by one thread.

import Glibc

/// A small shell process that waits for the end of what it reads from this process, and then writes files' former
/// values.
///
/// A normal end, Ctrl-C, SIGKILL and a crash all bring that end, so there is one way only in which files are restored.
/// The shell has a session of its own and ignores what a terminal sends to stop programs. What ends both at once, such
/// as a container that is killed whole, it cannot outlive.
final class ClockGuardian {
    /// A file and the value to put back.
    struct Entry: Hashable {
        let path: String
        let value: String
    }

    private let entries: [Entry]
    private let lock: Int32
    private var process: Process?
    var processID: pid_t? { process?.id }
    /// The connection's end on this side.
    var socket: Int32? { process?.socket }

    private struct Process {
        let id: pid_t
        /// This side of a pair of sockets; the other side is the process's input and output.
        let socket: Int32
    }

    /// Reads its arguments in pairs: file, value. Kernels refuse a minimum above the maximum, so that what cannot be
    /// written in one order is written in the second round. A limit of frequency that the kernel takes, but shows lower
    /// because of heat, is restored. Reports by position, at the end of all "done"; to standard
    /// error where this process is no more.
    private static let script = """
        trap '' INT TERM HUP QUIT PIPE
        echo ready
        while read -r _; do :; done
        holds() { now=; { read -r now < "$1"; } 2>/dev/null; [ "$now" = "$2" ]; }
        put() { [ -f "$1" ] && { printf '%s\\n' "$2" > "$1"; } 2>/dev/null; }
        limited() { put "$@" && ! holds "$@" && [ "$now" -lt "$2" ] 2>/dev/null; }
        restore() { while [ $# -gt 1 ]; do holds "$1" "$2" || put "$1" "$2"; shift 2; done; }
        restore "$@"
        restore "$@"
        index=0
        status=0
        while [ $# -gt 1 ]; do
            if ! holds "$1" "$2" && ! limited "$1" "$2"; then
                status=1
                { echo $index; } 2>/dev/null ||
                    printf "%s: warning: could not restore '%s'\\n" "$0" "$1" >&2
            fi
            index=$((index + 1))
            shift 2
        done
        { echo done; } 2>/dev/null
        exit $status
        """

    /// POSIX_SPAWN_SETSID of glibc's and musl's spawn.h, which Swift doesn't see without _GNU_SOURCE.
    private static let newSession: Int32 = 0x80

    /// Starts the process and waits until it is ready.
    /// - Parameter lock: a descriptor that the process keeps open until it has restored everything.
    /// - Throws: `ClockError.noGuardian`.
    init(restoring entries: [Entry], holding lock: Int32) throws(ClockError) {
        (self.entries, self.lock) = (entries, lock)
        try start()
    }

    deinit { _ = finish() }

    /// Has everything restored, and waits for that.
    /// - Returns: the files that don't hold their former values.
    func finish() -> [String] {
        guard process != nil else { return [] }
        if let failed = end() { return failed.map { entries[$0].path } }
        // Somebody killed it. Another one does its work at once.
        guard (try? start()) != nil, let failed = end() else { return entries.map(\.path) }
        return failed.map { entries[$0].path }
    }

    private static var programName: String {
        CommandLine.arguments.first?.split(separator: "/").last.map(String.init) ?? "CoExec"
    }

    private func start() throws(ClockError) {
        let sockets = try SocketPair.make()
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_adddup2(&actions, sockets.theirs, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, sockets.theirs, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, lock, 3)
        var blocked = sigset_t()
        sigemptyset(&blocked)
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] { sigaddset(&blocked, signal) }
        posix_spawnattr_setsigmask(&attributes, &blocked)
        posix_spawnattr_setflags(&attributes, Int16(Self.newSession | Int32(POSIX_SPAWN_SETSIGMASK)))

        let words = ["sh", "-c", Self.script, Self.programName] + entries.flatMap { [$0.path, $0.value] }
        var arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var environment: [UnsafeMutablePointer<CChar>?] = [nil]
        var id: pid_t = 0
        let status = posix_spawn(&id, "/bin/sh", &actions, &attributes, &arguments, &environment)
        guard status == 0 else { throw .noGuardian(reason: "/bin/sh: \(String(cString: strerror(status)))") }
        let ours = sockets.takeOurs()
        process = Process(id: id, socket: ours)
        guard nextLine(of: ours) == "ready" else {
            _ = end()
            throw .noGuardian(reason: "/bin/sh ended at once")
        }
    }

    /// Ends the process.
    /// - Returns: positions of the entries that could not be restored; nil if it didn't live to tell.
    private func end() -> [Int]? {
        guard let process else { return nil }
        self.process = nil
        shutdown(process.socket, Int32(SHUT_WR))
        var failed: [Int] = []
        var isDone = false
        while let line = nextLine(of: process.socket) {
            if let index = Int(line), entries.indices.contains(index) { failed.append(index) }
            isDone = line == "done"
        }
        close(process.socket)
        while waitpid(process.id, nil, 0) < 0 && errno == EINTR {}
        return isDone ? failed : nil
    }

    /// Byte by byte: there are few. nil at the end.
    private func nextLine(of descriptor: Int32) -> String? {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while true {
            let count = read(descriptor, &byte, 1)
            if count < 0 && errno == EINTR { continue }
            guard count == 1 else { return nil }
            if byte == UInt8(ascii: "\n") { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(byte)
        }
    }
}

/// Two connected sockets, closed in every child that others start, so that the connection ends with this process.
private struct SocketPair: ~Copyable {
    private let ours: Int32
    /// Above the numbers that a shell is given, so that giving it this one overwrites nothing.
    let theirs: Int32

    private init(ours: Int32, theirs: Int32) { (self.ours, self.theirs) = (ours, theirs) }

    static func make() throws(ClockError) -> SocketPair {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else {
            throw .noGuardian(reason: String(cString: strerror(errno)))
        }
        defer { close(ends[1]) }
        let theirs = fcntl(ends[1], F_DUPFD_CLOEXEC, 10)
        guard theirs >= 0 else {
            let code = errno
            close(ends[0])
            throw .noGuardian(reason: String(cString: strerror(code)))
        }
        return SocketPair(ours: ends[0], theirs: theirs)
    }

    /// This process's side, which the caller closes; the other one is closed.
    consuming func takeOurs() -> Int32 {
        close(theirs)
        let ours = ours
        discard self
        return ours
    }

    deinit {
        close(ours)
        close(theirs)
    }
}
