// What a board profile must keep to. The limits keep every time of a simulation far from overflow.

import Kernels

/// What is wrong with a board profile, and where.
public struct BoardProfileFault: Error, Hashable, CustomStringConvertible {
    /// The field, as a path: `devices[2].hosts[0].share`. Empty for the whole profile.
    public let field: String
    public let reason: String

    public var description: String { field.isEmpty ? reason : "\(field): \(reason)" }
}

extension BoardProfile {
    private static let throughputs = 0.01...1e6
    private static let deviceCounts = 1...64
    private static let laneCounts = 1...64
    /// Gigabytes a second.
    private static let bandwidths = 0.001...1e5
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
        for index in devices.indices { try checkHosts(index) }
        try checkMemory()
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

    /// A host is another device of this board, has cores to give, and needs no host thread on this one in turn.
    private func checkHosts(_ index: Int) throws(BoardProfileFault) {
        let hosts = devices[index].hosts ?? []
        for (position, host) in hosts.enumerated() {
            let field = "devices[\(index)].hosts[\(position)]"
            try Self.require(
                host.share > 0 && host.share <= Self.largestHostShare, "\(field).share",
                "\(host.share) is not above 0 and at most \(Self.largestHostShare)")
            try Self.require(
                device(host.device) != nil, "\(field).device",
                "no device '\(host.device)' (there are \(devices.map(\.name).joined(separator: ", ")))")
            try Self.require(
                !hosts[..<position].contains { $0.device == host.device }, "\(field).device",
                "'\(host.device)' is there twice")
            let guests = devices.flatMap { $0.hosts ?? [] }.filter { $0.device == host.device }
            let all = guests.reduce(0) { $0 + $1.share }
            try Self.require(
                all <= Self.largestHostShare + 1e-9, "\(field).share",
                "host threads take \(all) of '\(host.device)' together, more than \(Self.largestHostShare)")
            try Self.require(
                !hostNames(from: host.device).contains(devices[index].name), "\(field).device",
                "'\(devices[index].name)' would host itself")
        }
    }

    /// A device, its hosts, their hosts, and so on.
    private func hostNames(from name: String) -> Set<String> {
        var (found, next): (Set<String>, [String]) = ([], [name])
        while let name = next.popLast() {
            guard found.insert(name).inserted else { continue }
            next += device(name)?.hosts?.map(\.device) ?? []
        }
        return found
    }

    /// What moves bytes has a bus to move them on, and it is known how many.
    private func checkMemory() throws(BoardProfileFault) {
        if let bus {
            try Self.require(
                Self.bandwidths.contains(bus.gigabytesPerSecond), "bus.gigabytes_per_second",
                "\(bus.gigabytesPerSecond) is not from 0.001 to 100000")
            try Self.require(
                devices.contains { $0.memory != nil }, "bus", "no device has 'memory', which says what it moves")
        }
        for (index, device) in devices.enumerated() {
            guard let memory = device.memory else { continue }
            let field = "devices[\(index)].memory"
            try Self.require(bus != nil, field, "the board has no 'bus'")
            try check(memory, of: device, at: field)
        }
    }

    private func check(_ memory: BoardMemory, of device: BoardDevice, at field: String) throws(BoardProfileFault) {
        if let bandwidth = memory.gigabytesPerSecond {
            try Self.require(
                Self.bandwidths.contains(bandwidth), "\(field).gigabytes_per_second",
                "\(bandwidth) is not from 0.001 to 100000")
            try Self.require(
                bandwidth <= bus?.gigabytesPerSecond ?? 0, "\(field).gigabytes_per_second",
                "\(bandwidth) is more than the bus takes")
        }
        let cache = memory.cacheBytes ?? 0
        try Self.require((0...1 << 40).contains(cache), "\(field).cache_bytes", "\(cache) is not from 0 to 2⁴⁰")
        if let precision = memory.precision {
            let known = Precision.allCases.map(\.rawValue)
            try Self.require(
                known.contains(precision), "\(field).precision",
                "'\(precision)' is not one of \(known.joined(separator: ", "))")
        }
        for (network, megabytes) in (memory.megabytesPerFrame ?? [:]).sorted(by: { $0.key < $1.key }) {
            let field = "\(field).megabytes_per_frame.\(network)"
            try Self.require(
                device.framesPerSecond[network] != nil, field, "the device has no throughput for this network")
            try Self.require((0...1e6).contains(megabytes), field, "\(megabytes) is not from 0 to 1000000")
        }
        for network in device.framesPerSecond.keys.sorted() {
            try Self.require(
                memory.megabytesPerFrame?[network] != nil || NetworkCatalog.names.contains(network),
                "\(field).megabytes_per_frame", "has no '\(network)', whose layers the program doesn't know")
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
