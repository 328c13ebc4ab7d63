// `run --metrics`: what a run has done so far, over HTTP while it runs. Threads: the server's own, and whoever started it.

import ArgumentParser
import Dispatch
import FlyingFox
import FlyingSocks
import Foundation
import Sessions
import Synchronization

/// Where figures are served: a port of this machine alone, unless an address is given.
struct MetricsAddress: ExpressibleByArgument, Hashable {
    static let form = "PORT, 127.0.0.1:PORT or [::1]:PORT"
    let host: String
    let port: UInt16

    init?(argument: String) {
        let split = argument.lastIndex(of: ":")
        let host = split.map { argument[..<$0] } ?? "127.0.0.1"
        let digits = split.map { argument[argument.index(after: $0)...] } ?? argument[...]
        guard let port = UInt16(digits), port > 0, !host.isEmpty else { return nil }
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        guard isBracketed || !host.contains(":") else { return nil }
        self.host = isBracketed ? String(host.dropFirst().dropLast()) : host == "localhost" ? "127.0.0.1" : String(host)
        self.port = port
        // Only what is an address: names aren't looked up.
        guard (try? socketAddress()) != nil else { return nil }
    }

    func socketAddress() throws -> any SocketAddress {
        host.contains(":") ? try sockaddr_in6.inet6(ip6: host, port: port) : try sockaddr_in.inet(ip4: host, port: port)
    }
}

/// Serves `/metrics` for Prometheus, and `/report` as JSON.
final class MetricsServer: Sendable {
    private let server: HTTPServer

    /// - Throws: `MetricsError` where it can't listen there.
    init(_ address: MetricsAddress, report: @escaping @Sendable () -> PoolReport) throws {
        let server = Self.make(try address.socketAddress())
        self.server = server
        let isSettled = DispatchSemaphore(value: 0)
        let state = Outcome(isSettled: isSettled)
        Task {
            await server.appendRoute("GET /metrics") { _ in
                Self.response(report().prometheus, "text/plain; version=0.0.4; charset=utf-8")
            }
            await server.appendRoute("GET /report") { _ in Self.response(report().json + "\n", "application/json") }
            do {
                try await server.run()
            } catch {
                state.end(error)
            }
        }
        Task {
            try? await server.waitUntilListening(timeout: 5)
            state.end(nil)
        }
        isSettled.wait()
        if let failure = state.error { throw MetricsError(address: address, underlying: failure) }
    }

    private static func make(_ address: some SocketAddress) -> HTTPServer {
        HTTPServer(address: address, timeout: 5, logger: .disabled)
    }

    private static func response(_ text: String, _ type: String) -> HTTPResponse {
        HTTPResponse(statusCode: .ok, headers: [.contentType: type], body: Data(text.utf8))
    }

    func stop() { Task { [server] in await server.stop() } }
}

/// Whether a server listens.
private final class Outcome: Sendable {
    private let failure = Mutex<(any Error)?>(nil)
    private let isSettled: DispatchSemaphore
    var error: (any Error)? { failure.withLock { $0 } }

    init(isSettled: DispatchSemaphore) { self.isSettled = isSettled }

    func end(_ error: (any Error)?) {
        failure.withLock { $0 = $0 ?? error }
        isSettled.signal()
    }
}

/// Figures that can't be served.
struct MetricsError: Error, CustomStringConvertible {
    let address: MetricsAddress
    let underlying: any Error
    var description: String {
        let reason =
            if case .failed(_, let code, let text) = underlying as? SocketError { "\(text) (\(code))" } else { "\(underlying)" }
        return "--metrics: can't listen at \(address.host), port \(address.port): \(reason)"
    }
}
