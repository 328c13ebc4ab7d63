// What a board profile must keep to. The limits keep every time of a simulation far from overflow.

/// What is wrong with a board profile, and where.
public struct BoardProfileFault: Error, Hashable, CustomStringConvertible {
    /// The field, as a path: `devices[2].host.share`. Empty for the whole profile.
    public let field: String
    public let reason: String

    public var description: String { field.isEmpty ? reason : "\(field): \(reason)" }
}

extension BoardProfile {
    private static let throughputs = 0.01...1e6
    private static let deviceCounts = 1...64
    private static let laneCounts = 1...64
    /// What host threads may take of one device, all together.
    private static let largestHostShare = 0.9

    func check() throws(BoardProfileFault) {
        try Self.require(!name.isEmpty, "name", "is empty")
        try Self.require(Self.deviceCounts.contains(devices.count), "devices", "must be 1 to 64 devices")
        for (index, device) in devices.enumerated() {
            try check(device, at: "devices[\(index)]")
            let isRepeated = devices[..<index].contains { $0.name.lowercased() == device.name.lowercased() }
            try Self.require(
                device.name.lowercased() != "combined", "devices[\(index)].name",
                "'combined' is what all devices together are called")
            try Self.require(!isRepeated, "devices[\(index)].name", "'\(device.name)' is there twice")
        }
        for index in devices.indices { try checkHost(index) }
        for (index, table) in (published ?? []).enumerated() { try check(table, at: "published[\(index)]") }
    }

    private func check(_ device: BoardDevice, at field: String) throws(BoardProfileFault) {
        let isName = device.name.first?.isLetter == true && device.name.allSatisfy { $0.isLetter || $0.isNumber }
        try Self.require(isName, "\(field).name", "'\(device.name)' is not a letter, then letters and digits")
        try Self.require(!device.framesPerSecond.isEmpty, "\(field).frames_per_second", "names no network")
        for (network, value) in device.framesPerSecond.sorted(by: { $0.key < $1.key }) {
            try Self.require(
                Self.throughputs.contains(value), "\(field).frames_per_second.\(network)",
                "\(value) is not from 0.01 to 1000000")
        }
        try Self.require(
            Self.laneCounts.contains(device.lanes ?? 1), "\(field).lanes", "\(device.lanes ?? 1) is not from 1 to 64")
        let jitter = device.jitter ?? 0
        try Self.require((0...1).contains(jitter), "\(field).jitter", "\(jitter) is not from 0 to 1")
        if let power = device.power { try check(power, at: "\(field).power") }
    }

    private func check(_ power: BoardPower, at field: String) throws(BoardProfileFault) {
        let byNetwork = (power.activeWattsByNetwork ?? [:]).sorted { $0.key < $1.key }
        for (key, watts) in [("active_watts", power.activeWatts)]
            + byNetwork.map({ ("active_watts_by_network.\($0)", $1) })
        {
            try Self.require(watts > 0 && watts <= 1e6, "\(field).\(key)", "\(watts) is not above 0")
            let idle = power.idleWatts ?? 0
            try Self.require(
                (0...watts).contains(idle), "\(field).idle_watts", "\(idle) is not from 0 to \(key)")
        }
    }

    /// The host is another device of this board, has cores to give, and needs no host thread on this one in turn.
    private func checkHost(_ index: Int) throws(BoardProfileFault) {
        guard let host = devices[index].host else { return }
        let field = "devices[\(index)].host"
        try Self.require(
            host.share > 0 && host.share <= Self.largestHostShare, "\(field).share",
            "\(host.share) is not above 0 and at most \(Self.largestHostShare)")
        try Self.require(
            device(host.device) != nil, "\(field).device",
            "no device '\(host.device)' (there are \(devices.map(\.name).joined(separator: ", ")))")
        let all = devices.reduce(0) { $0 + ($1.host?.device == host.device ? $1.host!.share : 0) }
        try Self.require(
            all <= Self.largestHostShare + 1e-9, "\(field).share",
            "host threads take \(all) of '\(host.device)' together, more than \(Self.largestHostShare)")
        var next = host.device
        for _ in devices {
            try Self.require(
                next != devices[index].name, "\(field).device", "'\(devices[index].name)' would host itself")
            guard let further = device(next)?.host else { return }
            next = further.device
        }
    }

    private func check(_ table: PublishedTable, at field: String) throws(BoardProfileFault) {
        try Self.require(!table.devices.isEmpty, "\(field).devices", "names no device")
        for (index, name) in table.devices.enumerated() {
            try Self.require(device(name) != nil, "\(field).devices[\(index)]", "no device '\(name)'")
            try Self.require(
                !table.devices[..<index].contains(name), "\(field).devices[\(index)]", "'\(name)' is there twice")
        }
        for (network, row) in table.networks.sorted(by: { $0.key < $1.key }) {
            let field = "\(field).networks.\(network)"
            for name in table.devices {
                try Self.require(
                    device(name)?.framesPerSecond[network] != nil, field,
                    "device '\(name)' has no throughput for this network")
            }
            try Self.require(
                row.framesPerSecond > 0, "\(field).frames_per_second", "\(row.framesPerSecond) is not above 0")
            for (name, share) in (row.composition ?? [:]).sorted(by: { $0.key < $1.key }) {
                try Self.require(
                    table.devices.contains(name) && (0...100).contains(share), "\(field).composition.\(name)",
                    "must be a share in percent of one of the table's devices")
            }
        }
    }

    /// The device that has this very name.
    func device(_ name: String) -> BoardDevice? { devices.first { $0.name == name } }

    private static func require(
        _ holds: Bool, _ field: String, _ reason: @autoclosure () -> String
    ) throws(BoardProfileFault) {
        guard holds else { throw BoardProfileFault(field: field, reason: reason()) }
    }
}
