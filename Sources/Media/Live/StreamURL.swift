// A URL that the user named, and what may be opened for it. Plain values.

import CFFmpeg
import Glibc

/// Where a stream comes from over a network.
package struct StreamURL: Sendable {
    enum Kind { case rtsp, rtmp, http, srt, udp }

    /// As the user wrote it.
    let text: String
    let kind: Kind
    /// What results call it: without a password.
    package let name: String
    private let host: String
    private var looksUpHost = true

    /// The same where it was open once: nobody could call a look-up back, and one is FFmpeg's already.
    var again: StreamURL {
        var again = self
        again.looksUpHost = false
        return again
    }

    private static let schemes: [String: Kind] = [
        "rtsp": .rtsp, "rtsps": .rtsp, "rtmp": .rtmp, "rtmps": .rtmp, "http": .http, "https": .http, "srt": .srt,
        "udp": .udp,
    ]

    /// nil for what is no URL.
    /// - Throws: `VideoError` for a URL of another scheme.
    package init?(parsing text: String) throws(VideoError) {
        guard let match = text.prefixMatch(of: /([A-Za-z][A-Za-z0-9+.\-]*):\/\//) else { return nil }
        let scheme = match.output.1.lowercased()
        self.text = scheme + text[match.output.1.endIndex...]
        let authority = text[match.range.upperBound...].prefix { !"/?#".contains($0) }
        name = Self.withoutPassword(text, in: authority)
        host = Self.host(in: authority)
        guard let kind = Self.schemes[scheme] else {
            throw VideoError(
                .unreadable, name, "URLs of '\(scheme)' aren't read, only of rtsp, rtmp, http, https, srt and udp")
        }
        self.kind = kind
    }

    /// What lies between the last `@` and the port; an address of IPv6 has brackets.
    private static func host(in authority: Substring) -> String {
        let place = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        if place.hasPrefix("[") { return String(place.dropFirst().prefix { $0 != "]" }) }
        return String(place.prefix { $0 != ":" })
    }

    /// Its library prints what it thinks of each connection, until it is told not to; errors say it in a line.
    static let quietenSRT: Void = {
        guard let symbol = dlsym(nil, "srt_setloglevel") else { return }
        unsafeBitCast(symbol, to: (@convention(c) (Int32) -> Void).self)(LOG_CRIT)
    }()

    /// Whether all goes through TLS.
    private var isEncrypted: Bool { ["rtsps:", "rtmps:", "https:"].contains { text.hasPrefix($0) } }

    /// Why it can't be opened, where FFmpeg says no more than that input or output failed, or that something ended.
    func reason(for code: Int32) -> String? {
        if code == cffmpeg_error_eof {
            return "the server hangs up without an answer\(isEncrypted || kind == .srt ? "" : " (does it want TLS?)")"
        }
        guard code == -EIO else { return nil }
        if let missing = missingHost { return missing }
        if isEncrypted { return "no encrypted connection came about: does the server speak TLS at this port?" }
        if kind == .srt { return "the server refuses the connection: is its passphrase, or its stream id, another?" }
        return nil
    }

    /// That the host can't be found, where it can't.
    private var missingHost: String? {
        guard looksUpHost, !host.isEmpty else { return nil }
        var found: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, nil, nil, &found)
        if status == 0 { freeaddrinfo(found) }
        return status == 0 ? nil : "the host '\(host)' can't be found: \(String(cString: gai_strerror(status)))"
    }

    private static func withoutPassword(_ text: String, in authority: Substring) -> String {
        let user = withoutUsersPassword(text, in: authority)
        return user.replacing(/(?i)((?:pass\w*|pwd?|token|secret|key|auth)=)[^&;#]*/) { "\($0.output.1)***" }
    }

    /// A password with a slash in it ends the authority for FFmpeg, too, but was meant for one.
    private static func withoutUsersPassword(_ text: String, in authority: Substring) -> String {
        let at = authority.lastIndex(of: "@") ?? text[authority.endIndex...].lastIndex(of: "@")
        guard let at, let colon = authority.prefix(upTo: min(at, authority.endIndex)).firstIndex(of: ":") else {
            return text
        }
        return text[...colon] + "***" + text[at...]
    }

    /// The protocols by which FFmpeg may open this URL itself; never files.
    var protocols: String {
        switch kind {
        case .rtsp: "rtsp,rtp,udp,tcp,tls,srtp"
        case .rtmp: "rtmp,rtmps,rtmpt,rtmpts,ffrtmphttp,http,https,tcp,tls"
        case .http: "http,https,httpproxy,tcp,tls"
        case .srt: "srt"
        case .udp: "udp"
        }
    }

    /// And those for what a playlist that it leads to lists: none but of HLS, whose parts may be encrypted.
    var playlistProtocols: String? { kind == .http ? protocols + ",crypto" : nil }

    /// FFmpeg's options of the protocol.
    var options: [String: String] {
        switch kind {
        // Over TCP nothing is lost on the way; where the server knows only UDP, FFmpeg takes that.
        case .rtsp: ["rtsp_flags": "prefer_tcp"]
        // Packets that nobody took in time are lost; the stream goes on.
        case .udp: ["overrun_nonfatal": "1"]
        // In milliseconds: `Patience` says how long it is waited for.
        case .srt: ["connect_timeout": "100000000"]
        default: [:]
        }
    }
}
