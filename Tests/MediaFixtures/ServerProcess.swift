// Programs that serve on loopback, for tests of what no server as small as `TinyServer` can speak.

import Foundation

/// A server program that runs until it is killed, or goes.
package final class ServerProcess: @unchecked Sendable {  // one thread uses it after the other
    package enum Transport: String { case tcp, udp }

    private let process = Process()

    /// Waits until it listens.
    /// - Parameters:
    ///   - program: its path.
    ///   - folder: where it runs.
    ///   - port: where it will listen.
    package init(
        _ program: String, _ arguments: [String], in folder: TemporaryFolder, port: Int, _ transport: Transport = .tcp
    ) throws {
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        for _ in 0..<1000 {
            if try Self.isTaken(port, transport) { return }
            guard process.isRunning else { break }
            usleep(20_000)
        }
        kill()
        throw FixtureError(description: "\(program) \(arguments.joined(separator: " "))")
    }

    deinit { kill() }

    /// Leaves it no time to say goodbye.
    package func kill() {
        guard process.isRunning else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// A port that nobody has.
    package static func freePort() throws -> Int {
        let server = try TinyServer { _ in }
        server.stop()
        return server.port
    }

    /// Whether somebody listens on a port (TCP), or has it (UDP).
    private static func isTaken(_ port: Int, _ transport: Transport) throws -> Bool {
        let table = try String(contentsOfFile: "/proc/net/\(transport.rawValue)", encoding: .utf8)
        let digits = String(port, radix: 16, uppercase: true)
        let suffix = ":" + String(repeating: "0", count: 4 - digits.count) + digits
        return table.split(separator: "\n").contains { line in
            let fields = line.split(separator: " ")
            return fields.count > 3 && fields[1].hasSuffix(suffix) && (transport == .udp || fields[3] == "0A")
        }
    }
}

extension ServerProcess {
    /// ffmpeg sends a file again and again, in its own time, to the first who asks.
    package convenience init(
        sending file: String, as format: String, to url: String, in folder: TemporaryFolder, port: Int,
        _ transport: Transport = .tcp, _ options: String...
    ) throws {
        let input = ["-nostdin", "-v", "error", "-re", "-stream_loop", "-1", "-i", file, "-c", "copy", "-f", format]
        try self.init(FFmpegTool.installedPath(), input + options + [url], in: folder, port: port, transport)
    }
}

/// The openssl program, which serves files by HTTPS under a certificate that nobody has signed.
package enum OpenSSLTool {
    package static let path = FFmpegTool.path(of: "openssl")

    /// Serves a folder's files.
    package static func serve(_ folder: TemporaryFolder, port: Int) throws -> ServerProcess {
        guard let path else { throw FixtureError(description: "the openssl program isn't installed") }
        let request = Process()
        request.executableURL = URL(fileURLWithPath: path)
        request.arguments = [
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-days", "2",
            "-subj", "/CN=localhost",
        ]
        request.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        request.standardError = FileHandle.nullDevice
        try request.run()
        request.waitUntilExit()
        return try ServerProcess(
            path, ["s_server", "-accept", "127.0.0.1:\(port)", "-cert", "cert.pem", "-key", "key.pem", "-WWW"],
            in: folder, port: port)
    }
}
