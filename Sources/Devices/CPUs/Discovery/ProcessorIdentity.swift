// The name of a processor's part under which measured choices are remembered. Pure.

extension CPUInventory {
    /// What the CPUs of a device are, in words that are the same wherever measurements would be: the machine's model,
    /// its vector instructions, and how many cores of which design and frequency. `LITTLE` and `big` differ; CPU
    /// numbers and whatever names this machine among its like are left out.
    public func processorIdentity(of cpus: CPUSet) -> String {
        var coreCounts: [String: Int] = [:]
        for core in cores(of: cpus) { coreCounts[describe(core), default: 0] += 1 }
        let counted = coreCounts.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }
        return ([modelName, features].compactMap(\.self) + counted).joined(separator: "; ")
    }

    /// The physical cores that some CPUs belong to, as far as these CPUs make them up, in the topology's order.
    func cores(of cpus: CPUSet) -> [CPUSet] { cores.map { $0.intersection(cpus) }.filter { !$0.isEmpty } }

    private func describe(_ core: CPUSet) -> String {
        let kind = kinds.first { !$0.cpus.isDisjoint(with: core) }
        let parts = [
            core.first.flatMap { coreModels[$0]?.name } ?? "core", kind?.coreType,
            kind?.maxMegahertz.map { "\(Int($0.rounded())) MHz" }, core.count > 1 ? "\(core.count) threads" : nil,
        ]
        return parts.compactMap(\.self).joined(separator: " ")
    }
}
