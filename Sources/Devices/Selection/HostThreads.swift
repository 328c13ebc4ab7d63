// Where the host threads of GPUs run: they launch kernels and wait, and take a part of a core for that. Pure.

extension Hardware {
    /// Gives CPUs to the host threads of GPUs that have none written.
    ///
    /// They go to the slowest cluster, whose time is worth least. Where none is known to be slower than another, or
    /// there is but one, they go to cores that no other device takes, and to the last cluster only if there are none.
    /// Whatever they share with a device is for `CPUInventory.sharedCores` to tell.
    ///
    /// - Parameter hostCPUs: where the user wants them.
    /// - Throws: `DeviceSpecificationError` where these CPUs aren't here, or no device needs them.
    func placingHostThreads(
        of devices: [ResolvedDevice], on hostCPUs: CPUSet?
    ) throws(DeviceSpecificationError) -> [ResolvedDevice] {
        let unplaced = devices.filter { $0.hasHostThreads && $0.cpus.isEmpty }
        if let hostCPUs {
            guard let first = unplaced.first else { throw .noHostThreads(hostCPUs) }
            try check(hostCPUs, of: DeviceSpecification.Name(first.name))
        }
        return placed(devices, on: hostCPUs)
    }

    /// - Precondition: the CPUs may be used.
    func placed(_ devices: [ResolvedDevice], on hostCPUs: CPUSet? = nil) -> [ResolvedDevice] {
        let taken = CPUSet(devices.map(\.cpus).joinedNumbers)
        return devices.map { device in
            guard device.hasHostThreads, device.cpus.isEmpty else { return device }
            var placed = device
            placed.cpus = hostCPUs ?? cpusForHostThreads(beside: taken)
            return placed
        }
    }

    private func cpusForHostThreads(beside taken: CPUSet) -> CPUSet {
        let slowest = clusters[clusters.count - 1]
        if clusters[0].efficiency > slowest.efficiency { return slowest.cpus }
        let free = inventory.allowedCores.filter { $0.isDisjoint(with: taken) }
        return free.isEmpty ? slowest.cpus : CPUSet(free.joinedNumbers)
    }
}
