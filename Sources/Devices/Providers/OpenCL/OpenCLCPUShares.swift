// Which CPUs OpenCL's CPU devices get when a user names devices. Pure: it knows CPUs, not OpenCL.

/// CPUs of OpenCL's CPU devices, so that none collides with a cluster or with another unless the user says so.
///
/// The CPUs of all of them must be known before the first look at OpenCL, when nobody knows yet which of `gpu`, `gpu1`,
/// … is a CPU device: `pool` is fixed first, each device's share of it after.
struct OpenCLCPUShares: Hashable {
    /// The CPUs of all OpenCL CPU devices, those of a device side by side: its compute units must be consecutive.
    let pool: [Int]
    /// The cores for devices without a list, in the order of the pool. Empty where there is nothing left for them.
    private let free: [CPUSet]

    /// - Parameters:
    ///   - written: the CPU lists of the OpenCL devices asked for, nil where none was written; at least one device.
    ///   - taken: the CPUs of other devices.
    ///   - cores: the machine's, as far as this process may use them.
    init(written: [CPUSet?], taken: CPUSet, cores: [CPUSet]) {
        let lists = written.compactMap(\.self)
        let allowed = CPUSet(cores.flatMap(\.numbers))
        let used = lists.reduce(taken) { $0.union($1) }
        var free: [CPUSet] = []
        if lists.count < written.count { free = cores.map { $0.subtracting(used) }.filter { !$0.isEmpty } }
        var pool: [Int] = []
        for cpu in lists.flatMap(\.numbers) + free.flatMap(\.numbers) where !pool.contains(cpu) { pool.append(cpu) }
        // Nothing is written and nothing is left: they share the CPUs with the others.
        self.pool = pool.isEmpty ? allowed.numbers : pool
        self.free = free
    }

    /// Shares out the cores that are free to the CPU devices without a list: as many to each, the last gets what is
    /// left over. All to all where there are fewer cores than devices, and the whole pool where none is free.
    func shares(of count: Int) -> [CPUSet] {
        guard count > 0 else { return [] }
        guard !free.isEmpty else { return Array(repeating: CPUSet(pool), count: count) }
        func union(_ cores: some Sequence<CPUSet>) -> CPUSet { CPUSet(cores.flatMap(\.numbers)) }
        let each = free.count / count
        guard each > 0 else { return Array(repeating: union(free), count: count) }
        return (0..<count).map { device in
            union(free[(device * each)..<(device == count - 1 ? free.count : (device + 1) * each)])
        }
    }
}
