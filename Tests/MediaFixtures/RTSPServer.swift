// A server of RTSP as small as can be, for tests: one transport stream to each client, in RTP packets over the
// connection that the client asked by.

import Foundation

extension TinyServer {
    /// - Parameters:
    ///   - stream: the bytes of an MPEG transport stream.
    ///   - age: in nanoseconds: how long ago, by what the server says, the stream began when it is asked for.
    package static func rtsp(_ stream: Data, age: Int? = nil) throws -> TinyServer {
        try TinyServer { connection in
            while true {
                let request = connection.request()
                let words = request.split(separator: " ")
                guard words.count > 1 else { return }
                let number = request.split(separator: "\r\n").first { $0.hasPrefix("CSeq:") } ?? "CSeq: 0"
                let session = "RTSP/1.0 200 OK\r\n\(number)\r\nSession: 1\r\n"
                switch words[0] {
                case "OPTIONS":
                    connection.send(session + "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n\r\n")
                case "DESCRIBE":
                    let text =
                        "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=test\r\nt=0 0\r\nm=video 0 RTP/AVP 33\r\na=control:0\r\n"
                    connection.send(
                        "RTSP/1.0 200 OK\r\n\(number)\r\nContent-Type: application/sdp\r\nContent-Base: \(words[1])/\r\n"
                            + "Content-Length: \(text.utf8.count)\r\n\r\n" + text)
                case "SETUP": connection.send(session + "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n")
                case "PLAY":
                    connection.send(session + "\r\n")
                    if let age {
                        let wall = Int(Date().timeIntervalSince1970 * 1e9) - age
                        connection.send(interleaved(senderReport(wall), channel: 1))
                    }
                    sendPackets(stream, over: connection)
                    return
                default: return
                }
            }
        }
    }

    /// Seven transport packets each, 90 kHz stamps that go by packets: a demuxer takes times from the transport stream.
    private static func sendPackets(_ stream: Data, over connection: TinyConnection) {
        var (rest, sequence) = (stream[...], UInt16(0))
        while !rest.isEmpty {
            let header: [UInt8] = [0x80, 33] + bytes(sequence) + bytes(UInt32(sequence) * 900) + bytes(UInt32(7))
            guard connection.send(interleaved(Data(header) + rest.prefix(7 * 188), channel: 0)) else { return }
            rest = rest.dropFirst(7 * 188)
            sequence &+= 1
            usleep(2000)
        }
        usleep(200_000)
    }

    private static func interleaved(_ packet: Data, channel: UInt8) -> Data {
        Data([0x24, channel] + bytes(UInt16(packet.count))) + packet
    }

    /// RFC 3550, 6.4.1: that the stamp 0 was at this time of NTP, which counts from 1900.
    private static func senderReport(_ wallNanoseconds: Int) -> Data {
        let seconds = UInt32(truncatingIfNeeded: wallNanoseconds / 1_000_000_000 + 2_208_988_800)
        let fraction = UInt32(UInt64(wallNanoseconds % 1_000_000_000) << 32 / 1_000_000_000)
        let numbers: [UInt32] = [7, seconds, fraction, 0, 0, 0]
        return Data([0x80, 200, 0, 6] + numbers.flatMap(bytes))
    }

    private static func bytes(_ number: UInt16) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 255)] }
    private static func bytes(_ number: UInt32) -> [UInt8] { (0..<4).map { UInt8(number >> (24 - 8 * $0) & 255) } }
}
