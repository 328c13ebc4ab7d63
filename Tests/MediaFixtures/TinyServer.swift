// Servers on loopback for tests of streams: what they answer is a closure's. A thread accepts, and each connection has
// one.

import Foundation

/// Listens on 127.0.0.1 until it is stopped, or goes.
package final class TinyServer: @unchecked Sendable {  // its descriptor is closed once, under the lock
    package let port: Int
    private let listener: Int32
    private let lock = NSLock()
    private var isOpen = true

    /// - Parameters:
    ///   - port: 0 for one that is free.
    ///   - answer: called for each connection, which ends with it.
    package init(port: Int = 0, _ answer: @escaping @Sendable (TinyConnection) -> Void) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var one: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, address, &length) == 0
            }
        }
        guard isListening else {
            close(listener)
            throw FixtureError(description: "no port on loopback")
        }
        (self.listener, self.port) = (listener, Int(in_port_t(bigEndian: address.sin_port)))
        Thread.detachNewThread {
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                Thread.detachNewThread { answer(TinyConnection(connection)) }
            }
        }
    }

    deinit { stop() }

    /// From now on nobody answers on its port.
    package func stop() {
        lock.withLock {
            guard isOpen else { return }
            isOpen = false
            shutdown(listener, Int32(SHUT_RDWR))
            close(listener)
        }
    }

    /// An HTTP server of a folder's files, with their lengths.
    package static func files(_ folder: TemporaryFolder, type: String = "video/mp4") throws -> TinyServer {
        try TinyServer { connection in
            let path = connection.request().split(separator: " ").dropFirst().first.map(String.init) ?? "/"
            guard let data = try? Data(contentsOf: URL(fileURLWithPath: folder.path + path)) else {
                return connection.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            }
            connection.send(
                "HTTP/1.1 200 OK\r\nContent-Type: \(type)\r\nContent-Length: \(data.count)\r\nConnection: close\r\n\r\n"
            )
            connection.send(data)
        }
    }
}

/// One connection to a `TinyServer`; closed with this object.
package final class TinyConnection {
    private let descriptor: Int32

    init(_ descriptor: Int32) { self.descriptor = descriptor }
    deinit { close(descriptor) }

    /// Bytes up to an empty line.
    package func request() -> String {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while read(descriptor, &byte, 1) == 1 {
            bytes.append(byte)
            if bytes.suffix(4) == [13, 10, 13, 10] { break }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    package func send(_ text: String) { send(Data(text.utf8)) }

    /// Ends early where nobody reads.
    /// - Returns: whether all was sent.
    @discardableResult
    package func send(_ data: Data) -> Bool {
        var rest = data[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    package func sendLiveHeader(type: String = "video/mp2t") {
        send("HTTP/1.0 200 OK\r\nContent-Type: \(type)\r\n\r\n")
    }

    /// Reads the request, and sends what has no length that anybody is told.
    package func answerLive(_ data: Data) {
        _ = request()
        sendLiveHeader()
        send(data)
    }
}
