// What `simulate` says: the study's rows for each configuration of a board, beside what was published.

import Devices

/// The contract's JSON of `simulate`, and its tables.
struct SimulatedStudy: Encodable {
    let board: String
    /// Of each stream.
    let frames: Int
    let rounds: Int
    let policy: String
    /// Name → what the device is.
    let devices: [String: String]
    let rows: [StudyResult.Row]
    private let results: [StudyResult]
    private let notes: [String]

    private enum CodingKeys: CodingKey { case board, frames, rounds, policy, devices, rows }

    /// - Parameter results: one a configuration.
    init(profile: BoardProfile, results: [StudyResult], frames: Int, rounds: Int, policy: String) {
        (board, self.frames, self.rounds, self.policy) = (profile.name, frames, rounds, policy)
        self.results = results
        devices = results.reduce(into: [:]) { $0.merge($1.devices) { first, _ in first } }
        rows = results.flatMap(\.rows)
        notes = Self.notes(profile, shown: Set(devices.keys), rows: rows)
    }

    var text: String {
        let header = "\(board), simulated: \(frames) frames, policy \(policy)"
        return
            ([header]
            + results.map { result in
                [result.table + result.rowNotes, result.energyTable].compactMap(\.self).joined(separator: "\n\n")
                    + "\n"
            } + notes).joined(separator: "\n")
    }

    /// What the columns mean, what the devices are, and where each figure is from.
    private static func notes(_ profile: BoardProfile, shown: Set<String>, rows: [StudyResult.Row]) -> [String] {
        var notes = ["throughput in frames/s of virtual time; gain over the best device alone"]
        let shownDevices = profile.devices.filter { shown.contains($0.name) }
        let hasHosts = shownDevices.contains { $0.hosts?.contains { shown.contains($0.device) } ?? false }
        if hasHosts || profile.bus != nil {
            let takers = [hasHosts ? "host threads" : nil, profile.bus != nil ? "the bus" : nil].compactMap(\.self)
            notes.append(
                "after host: efficiency against the sum of isolated throughputs less what "
                    + "\(takers.joined(separator: " and ")) take")
        }
        let tables = rows.compactMap(\.paper?.table)
        if !tables.isEmpty {
            let titles = tables.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
            notes.append(
                "paper: the column before it as published, \(titles.joined(separator: " and ")); "
                    + "off: how far the simulated throughput is from the published one")
        }
        if let bus = profile.bus {
            let source = bus.source.map { " (\($0))" } ?? ""
            notes.append("bus: share used of \(bus.gigabytesPerSecond) GB/s for all devices\(source)")
        }
        notes += profile.source.map { ["isolated throughput: \($0)"] } ?? []
        notes.append(
            rows.contains { $0.energy.meter != nil }
                ? "energy: modelled from the power below; devices without a known power have none"
                : "energy: this profile knows no device's power")
        for device in shownDevices {
            var note = "\(device.name): \(device.unit)"
            if let power = device.power {
                note += "; \(power.activeWatts) W active" + (power.idleWatts.map { ", \($0) W idle" } ?? "")
                note += power.source.map { " (\($0))" } ?? ""
            }
            for host in device.hosts ?? [] where shown.contains(host.device) {
                note += "; its host threads take \(host.share) of \(host.device)"
                note += host.source.map { " (\($0))" } ?? ""
            }
            if let memory = device.memory {
                note += "; memory: " + (memory.gigabytesPerSecond.map { "\($0) GB/s alone" } ?? "all of the bus alone")
                note += memory.goesFirst == true ? ", goes first" : ""
                note += memory.source.map { " (\($0))" } ?? ""
            }
            notes.append(note)
        }
        return notes
    }
}
