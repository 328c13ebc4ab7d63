// Which devices get in each other's way because they run on the same cores. Pure.

/// Devices of a stream that have cores in common.
public struct SharedCores: Sendable, Hashable, CustomStringConvertible {
    /// Two or more names, in the order of the stream's devices.
    public let devices: [String]
    /// The CPUs of the cores in question that any of them runs on. A GPU's are those of its host threads.
    public let cpus: CPUSet
    /// No CPU is in two of the devices, but CPUs of one core are: its hardware threads (SMT siblings).
    public let isBySiblings: Bool

    /// "big and gpu share CPU 1".
    public var description: String {
        let names = devices.dropLast().joined(separator: ", ") + " and " + devices.last!
        let list = cpus.count == 1 ? "CPU \(cpus)" : "CPUs \(cpus)"
        return isBySiblings ? "\(names) share cores, as hardware threads of them: \(list)" : "\(names) share \(list)"
    }
}

extension CPUInventory {
    /// Where devices overlap, each group of devices once; nothing where none shares a core with another.
    public func sharedCores(of devices: [ResolvedDevice]) -> [SharedCores] {
        struct Key: Hashable {
            let devices: [Int]
            let isBySiblings: Bool
        }
        var shared: [(key: Key, cpus: CPUSet)] = []
        for core in cores {
            let users = devices.indices.filter { !devices[$0].cpus.isDisjoint(with: core) }
            guard users.count > 1 else { continue }
            let own = users.map { devices[$0].cpus.intersection(core) }
            let cpus = CPUSet(own.joinedNumbers)
            let key = Key(devices: users, isBySiblings: own.reduce(0) { $0 + $1.count } == cpus.count)
            if let index = shared.firstIndex(where: { $0.key == key }) {
                shared[index].cpus = shared[index].cpus.union(cpus)
            } else {
                shared.append((key, cpus))
            }
        }
        return shared.map { key, cpus in
            SharedCores(devices: key.devices.map { devices[$0].name }, cpus: cpus, isBySiblings: key.isBySiblings)
        }
    }
}
