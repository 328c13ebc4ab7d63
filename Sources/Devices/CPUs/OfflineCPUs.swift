// CPUs that are there and switched off: hwloc leaves them out, and what they belong to shows in few files.

/// The CPUs of a machine that are present, but not online.
struct OfflineCPUs: Equatable {
    let cpus: CPUSet
    /// Those that are in no cluster with an online CPU.
    let clusters: CPUSet

    /// Reads `present`, which lists what is plugged in; `offline` lists what the kernel could have besides.
    ///
    /// An offline CPU belongs to an online one's cluster if they share a frequency domain (`related_cpus` lists offline
    /// members too), or have about the same `cpu_capacity`, which stays readable. Where neither file is there, it is
    /// taken to belong.
    init(files: SystemFiles, online: CPUSet) {
        let folder = "sys/devices/system/cpu"
        let cpus = (files.cpus("\(folder)/present") ?? []).subtracting(online)
        self.cpus = cpus
        guard !cpus.isEmpty else {
            clusters = []
            return
        }
        let domains = online.numbers.compactMap { files.cpus("\(folder)/cpu\($0)/cpufreq/related_cpus") }
        let related = CPUSet(domains.joinedNumbers)
        let capacity: (Int) -> Double? = { try? files.number("\(folder)/cpu\($0)/cpu_capacity") }
        let capacities = online.numbers.compactMap(capacity)
        clusters = CPUSet(
            cpus.numbers.filter { cpu in
                if related.contains(cpu) { return false }
                if !capacities.isEmpty, let own = capacity(cpu), own > 0 {
                    return !capacities.contains { max($0, own) < min($0, own) * 1.5 }
                }
                // A domain of one CPU says nothing of its neighbours.
                return domains.contains { $0.count > 1 }
            })
    }
}
