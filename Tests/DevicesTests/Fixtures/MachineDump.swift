// The files of /sys and /proc by which hwloc and this library tell a machine's CPUs apart, written by a test.

import Foundation

@testable import Devices

/// A machine that isn't here, as a folder; removed with this object.
final class MachineDump: Sendable {
    /// One CPU.
    struct Processor {
        /// Arm part number, as in /proc/cpuinfo; nil for x86.
        var part: String?
        var megahertz: Int?
        var capacity: Int?
        /// Its physical core, by its first CPU; nil for a core of its own.
        var core: Int?
        var isOnline = true
        var caches: [CPUCache] = []
        /// "core" or "atom", on hybrid x86.
        var type: String?
    }

    let root: FixtureRoot
    var path: String { root.path }

    convenience init(_ processors: [(megahertz: Int, part: String)]) throws {
        try self.init(processors: processors.map { Processor(part: $0.part, megahertz: $0.megahertz) })
    }

    /// - Parameters:
    ///   - domains: CPUs that share a clock (`related_cpus`, which lists offline ones too).
    ///   - nodes: NUMA nodes.
    init(processors: [Processor], domains: [CPUSet] = [], nodes: [CPUSet] = []) throws {
        root = try FixtureRoot()
        let online = CPUSet(processors.indices.filter { processors[$0].isOnline })
        let offline = CPUSet(processors.indices).subtracting(online)
        let folder = "sys/devices/system/cpu"
        for name in ["possible", "present"] { try root.write("0-\(processors.count - 1)", "\(folder)/\(name)") }
        try root.write("\(online)", "\(folder)/online")
        try root.write("\(offline)", "\(folder)/offline")
        for (index, node) in nodes.enumerated() {
            let folder = "sys/devices/system/node"
            try root.write("0-\(nodes.count - 1)", "\(folder)/online")
            try root.write(Self.mask(node), "\(folder)/node\(index)/cpumap")
            try root.write("Node \(index) MemTotal: 1048576 kB", "\(folder)/node\(index)/meminfo")
        }
        for type in Set(processors.compactMap(\.type)) {
            let cpus = CPUSet(online.numbers.filter { processors[$0].type == type })
            try root.write("\(cpus)", "sys/devices/cpu_\(type)/cpus")
        }
        var information = ""
        for (cpu, processor) in processors.enumerated() {
            let folder = "\(folder)/cpu\(cpu)"
            // It stays where the CPU is switched off.
            if let capacity = processor.capacity { try root.write("\(capacity)", "\(folder)/cpu_capacity") }
            guard processor.isOnline else { continue }
            let core = processor.core ?? cpu
            let siblings = CPUSet(online.numbers.filter { (processors[$0].core ?? $0) == core })
            try root.write("\(core)", "\(folder)/topology/core_id")
            try root.write("0", "\(folder)/topology/physical_package_id")
            try root.write(Self.mask(siblings), "\(folder)/topology/thread_siblings")
            try root.write(Self.mask(online), "\(folder)/topology/core_siblings")
            if let megahertz = processor.megahertz {
                try root.write("\(megahertz)000", "\(folder)/cpufreq/cpuinfo_max_freq")
            }
            if let domain = domains.first(where: { $0.contains(cpu) }) {
                let list = domain.numbers.map(String.init).joined(separator: " ")
                try root.write(list, "\(folder)/cpufreq/related_cpus")
            }
            for (index, cache) in processor.caches.enumerated() {
                let folder = "\(folder)/cache/index\(index)"
                try root.write("\(cache.level)", "\(folder)/level")
                try root.write("Unified", "\(folder)/type")
                try root.write("\(cache.sizeBytes! / 1024)K", "\(folder)/size")
                try root.write(Self.mask(cache.cpus), "\(folder)/shared_cpu_map")
            }
            information += "processor\t: \(cpu)\n"
            information +=
                processor.part.map { "CPU implementer\t: 0x41\nCPU part\t: \($0)\n\n" }
                ?? "vendor_id\t: GenuineIntel\nmodel name\t: Test Processor\n\n"
        }
        try root.write(information + "Hardware\t: not this", "proc/cpuinfo")
        try root.write("Test Board\0", "sys/firmware/devicetree/base/model")
    }

    /// The kernel's bitmap format: words of 32 bits in hexadecimal, the highest first.
    private static func mask(_ cpus: CPUSet) -> String {
        let words = (cpus.numbers.last ?? 0) / 32 + 1
        return (0..<words).reversed().map { word in
            String(cpus.numbers.filter { $0 / 32 == word }.reduce(0) { $0 | 1 << ($1 % 32) }, radix: 16)
        }.joined(separator: ",")
    }
}

/// Machines that give discovery trouble.
extension MachineDump {
    /// NVIDIA GB10: ten Cortex-A725 and ten X925 in two groups of five each, with five kinds by their clocks.
    static func gb10() throws -> MachineDump {
        try MachineDump(
            processors: (0..<20).map { cpu in
                let isBig = cpu % 10 >= 5
                let megahertz = isBig ? (cpu < 10 ? 3900 : cpu == 19 ? 4004 : 3978) : cpu < 10 ? 2808 : 2860
                let capacity = isBig ? 1024 * megahertz / 4004 : 718 * megahertz / 2860
                let l3 = CPUCache(level: 3, sizeBytes: 1 << 23, cpus: cpu < 10 ? cpus(0...9) : cpus(10...19))
                return Processor(
                    part: isBig ? "0xd85" : "0xd87", megahertz: megahertz, capacity: capacity, caches: [l3])
            })
    }

    /// Intel Core Ultra (Meteor Lake): two P cores of two threads, one with a higher turbo, four E cores that share an
    /// L2, and two low-power cores beside the memory, without L3. Their clocks are near those of the E cores.
    static func meteorLake() throws -> MachineDump {
        let l3 = CPUCache(level: 3, sizeBytes: 18 << 20, cpus: cpus(0...7))
        let l2: (Int) -> CPUCache = { cpu in
            let sharers = cpu < 4 ? [cpu / 2 * 2, cpu / 2 * 2 + 1] : cpu < 8 ? [4, 5, 6, 7] : [8, 9]
            return CPUCache(level: 2, sizeBytes: 2 << 20, cpus: CPUSet(sharers))
        }
        return try MachineDump(
            processors: (0..<10).map { cpu in
                Processor(
                    megahertz: cpu < 2 ? 4500 : cpu < 4 ? 4400 : cpu < 8 ? 3600 : 2500,
                    core: cpu < 4 ? cpu / 2 * 2 : nil,
                    caches: cpu < 8 ? [l2(cpu), l3] : [l2(cpu)], type: cpu < 4 ? "core" : "atom")
            })
    }

    /// Mainline Linux on a HiKey 970: neither clocks nor capacities, one kind; only /proc/cpuinfo knows of two cores.
    static func hikey970() throws -> MachineDump {
        try MachineDump(processors: (0..<8).map { Processor(part: $0 < 4 ? "0xd03" : "0xd09") })
    }
}
