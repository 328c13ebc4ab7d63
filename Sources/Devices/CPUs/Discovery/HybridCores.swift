// Which cores of a hybrid x86 processor are of which type: hwloc 2.9 asks each CPU by an instruction run on it, which
// cannot be done for a dump and disturbs this machine. Linux tells in files.

/// The types of a hybrid processor's cores, in hwloc's words; empty for other processors.
struct HybridCores: Equatable {
    let types: [String: CPUSet]

    /// Reads the performance monitoring units: those of a hybrid processor are one for each type of core, and list its
    /// online CPUs (`Documentation/admin-guide/perf/` and `arch/x86/events/intel/core.c` in Linux).
    init(files: SystemFiles?) {
        var types: [String: CPUSet] = [:]
        for (unit, type) in [("cpu_core", "IntelCore"), ("cpu_atom", "IntelAtom"), ("cpu_lowpower", "IntelAtom")] {
            guard let cpus = files?.cpus("sys/devices/\(unit)/cpus") else { continue }
            types[type] = (types[type] ?? []).union(cpus)
        }
        self.types = types.filter { !$1.isEmpty }
    }

    /// The kinds, parted by type; CPUs of no kind are a kind of their type.
    func typed(_ kinds: [CPUInventory.Kind], online: CPUSet) -> [CPUInventory.Kind] {
        guard !types.isEmpty else { return kinds }
        let unknown = kinds.reduce(online) { $0.subtracting($1.cpus) }
        return (kinds + (unknown.isEmpty ? [] : [CPUInventory.Kind(cpus: unknown)])).flatMap { kind in
            guard kind.coreType == nil else { return [kind] }
            var rest = kind.cpus
            var parts: [CPUInventory.Kind] = []
            func add(_ cpus: CPUSet, _ type: String?) {
                guard !cpus.isEmpty else { return }
                parts.append(
                    CPUInventory.Kind(
                        cpus: cpus, efficiency: kind.efficiency, maxMegahertz: kind.maxMegahertz,
                        capacity: kind.capacity, coreType: type))
                rest = rest.subtracting(cpus)
            }
            for (type, cpus) in types.sorted(by: { $0.key < $1.key }) { add(kind.cpus.intersection(cpus), type) }
            add(rest, nil)
            return parts
        }
    }
}
