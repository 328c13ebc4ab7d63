// `run --metrics`: what is served while frames run, and what can't be.

import Foundation
import FoundationNetworking
import MediaFixtures
import Testing

@testable import Sessions
@testable import StreamDemo

@Suite(.serialized) struct MetricsServerTests {
    @Test(arguments: [
        ("9100", "127.0.0.1", 9100), ("127.0.0.1:1", "127.0.0.1", 1), ("localhost:80", "127.0.0.1", 80),
        ("0.0.0.0:65535", "0.0.0.0", 65535), ("[::1]:9100", "::1", 9100),
    ])
    func addresses(text: String, host: String, port: Int) {
        let address = MetricsAddress(argument: text)
        #expect(address?.host == host && address.map { Int($0.port) } == port)
    }

    @Test(arguments: ["", "0", "65536", ":", ":80", "example.org:80", "::1:80", "127.0.0.1", "1.2.3.4:x", "[::1]", "-1"])
    func noAddresses(text: String) { #expect(MetricsAddress(argument: text) == nil) }

    /// A port that was free a moment ago.
    private func freePort() throws -> Int {
        let server = try TinyServer { _ in }
        defer { server.stop() }
        return server.port
    }

    @Test func figuresAreServedWhileFramesRun() throws {
        let port = try freePort()
        let program = try RunningProgram([
            "run", "--network", "mobilenet_v1_0.25", "--devices", "cpu:0", "--no-tune", "--loop", "--duration", "20",
            "--metrics", "\(port)",
        ])
        defer { program.end() }
        var text = ""
        for _ in 0..<400 where !text.contains("coexec_received_total") {
            usleep(50_000)
            let url = try #require(URL(string: "http://127.0.0.1:\(port)/metrics"))
            text = (try? String(contentsOf: url, encoding: .utf8)) ?? ""
        }
        #expect(text.contains("coexec_received_total{number=\"0\",session=\"mobilenet_v1_0.25\"}"))
        #expect(text.contains("coexec_device_busy_ratio{device=\"cpu\"}"))
        let report = try #require(URL(string: "http://127.0.0.1:\(port)/report"))
        let json = try JSONSerialization.jsonObject(with: Data(contentsOf: report)) as? [String: Any]
        let sessions = json?["sessions"] as? [[String: Any]]
        #expect((sessions?.first?["submitted"] as? Int ?? 0) > 0)
        let nowhere = try #require(URL(string: "http://127.0.0.1:\(port)/nowhere"))
        #expect((try? String(contentsOf: nowhere, encoding: .utf8)) ?? "" == "")
    }

    @Test func aPortThatIsTakenIsSaid() throws {
        let server = try TinyServer { _ in }
        let result = try Program.run([
            "run", "--network", "mobilenet_v1_0.25", "--devices", "cpu:0", "--no-tune", "--frames", "1", "--metrics",
            "\(server.port)",
        ])
        #expect(result.exitCode == 1)
        #expect(result.errorLines.last?.contains("--metrics: can't listen at 127.0.0.1, port \(server.port)") == true)
    }
}
