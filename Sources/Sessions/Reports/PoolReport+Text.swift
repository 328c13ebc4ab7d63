// A pool's report for those who watch it: as JSON, and in Prometheus' text format, version 0.0.4.

import FoundationEssentials

extension PoolReport {
    /// Keys as the properties are called.
    public var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Numbers are finite, so nothing can fail.
        guard let data = try? encoder.encode(self) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }

    /// Times are seconds. Counters begin with the session.
    public var prometheus: String {
        var text = MetricText()
        text.add(
            "coexec_device_busy_ratio", .gauge, "Share of a device's lanes' time spent on pictures.",
            devices.map { (["device": $0.name], $0.busyShare) })
        func each(_ value: (SessionReport) -> Double) -> [([String: String], Double)] {
            sessions.map { (["session": $0.name, "number": "\($0.number)"], value($0)) }
        }
        text.add("coexec_submitted_total", .counter, "Pictures submitted.", each { Double($0.submitted) })
        text.add("coexec_received_total", .counter, "Results received.", each { Double($0.received) })
        text.add("coexec_dropped_total", .counter, "Pictures dropped.", each { Double($0.dropped) })
        text.add("coexec_failed_total", .counter, "Pictures that no device could run.", each { Double($0.failed) })
        text.add("coexec_in_flight", .gauge, "Pictures submitted and not received.", each { Double($0.inFlight) })
        text.add("coexec_frames_per_second", .gauge, "Results over the last second.", each(\.framesPerSecond))
        text.add(
            "coexec_latency_seconds", .gauge, "Latency of the last 1000 results.",
            sessions.flatMap { session in
                [("0.5", session.latencyP50Nanoseconds), ("0.99", session.latencyP99Nanoseconds)].map {
                    (["session": session.name, "number": "\(session.number)", "quantile": $0], Double($1) / 1e9)
                }
            })
        let parts = sessions.flatMap { session in session.devices.map { (session.number, session.name, $0) } }
        func ofDevices(_ value: (DeviceFigures) -> Double) -> [([String: String], Double)] {
            parts.map { (["session": $1, "number": "\($0)", "device": $2.name], value($2)) }
        }
        text.add("coexec_device_frames_total", .counter, "Results of a device.", ofDevices { Double($0.frames) })
        text.add(
            "coexec_device_failures_total", .counter, "Runs that failed or hung.", ofDevices { Double($0.failures) })
        text.add(
            "coexec_device_service_seconds", .gauge, "Median time of a picture on a lane.",
            ofDevices { Double($0.serviceP50Nanoseconds) / 1e9 })
        text.add(
            "coexec_device_set_aside", .gauge, "Whether a device gets no pictures, since it failed.",
            ofDevices { $0.isSetAside ? 1 : 0 })
        return text.text
    }
}

/// Writes metrics.
private struct MetricText {
    enum Kind: String { case counter, gauge }
    private(set) var text = ""

    mutating func add(
        _ name: String, _ kind: Kind, _ help: String, _ samples: [(labels: [String: String], value: Double)]
    ) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
        for sample in samples {
            let labels = sample.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(Self.escaped($0.value))\"" }
            text += "\(name){\(labels.joined(separator: ","))} \(sample.value)\n"
        }
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
