// The top frequency of each CPU, from the kernel's own files: hwloc rounds frequencies that it takes to be one kind's,
// and finds none where a dump of /sys has no symbolic links.

struct CPUFrequencies {
    let maxMegahertz: [Int: Double]

    init(files: SystemFiles?) {
        let domains = files.map(ClockDomain.all) ?? []
        maxMegahertz = domains.reduce(into: [:]) { known, domain in
            guard let range = domain.rangeMegahertz, range.upperBound > 0 else { return }
            for cpu in domain.cpus.numbers { known[cpu] = range.upperBound }
        }
    }

    /// The kinds, parted by frequency; CPUs of no kind are a kind of their frequency.
    func refined(_ kinds: [CPUInventory.Kind], online: CPUSet) -> [CPUInventory.Kind] {
        guard !maxMegahertz.isEmpty else { return kinds }
        let unknown = kinds.reduce(online) { $0.subtracting($1.cpus) }
        return (kinds + [CPUInventory.Kind(cpus: unknown)]).flatMap { kind in
            Dictionary(grouping: kind.cpus.numbers) { maxMegahertz[$0] ?? kind.maxMegahertz }.map { megahertz, cpus in
                CPUInventory.Kind(
                    cpus: CPUSet(cpus), efficiency: kind.efficiency, maxMegahertz: megahertz, capacity: kind.capacity,
                    coreType: kind.coreType)
            }
        }.sorted { $0.cpus.first! < $1.cpus.first! }
    }
}
