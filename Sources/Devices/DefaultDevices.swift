// The devices that a machine's stream runs on when the user names none. Pure.

extension Hardware {
    /// All units of the machine, such that none shares a core with another.
    ///
    /// Every cluster and every GPU is a device. An OpenCL device that runs on the CPU would only take cores from real
    /// clusters; where clusters are emulated, and there is no GPU, it emulates one, and the cores are shared out
    /// among `big`, `LITTLE` and `gpu` in thirds, `big` with the remainder. Two cores make `big` and `gpu`.
    public var defaultDevices: [ResolvedDevice] {
        let gpus = gpuOrder.indices.filter { !openCLDevices[gpuOrder[$0]].isCPU }
        if gpus.isEmpty, !gpuOrder.isEmpty, clusters.contains(where: \.isEmulated) {
            return sharedOut(inventory.allowedCores)
        }
        let cpuDevices = clusters.map {
            ResolvedDevice(name: $0.name, unit: .cpu, cpus: $0.cpus, isEmulated: $0.isEmulated)
        }
        return cpuDevices + gpus.map { gpu($0, cpus: nil) }
    }

    /// - Precondition: at least two cores, and an OpenCL device.
    private func sharedOut(_ cores: [CPUSet]) -> [ResolvedDevice] {
        let third = cores.count / 3
        let gpuCount = max(1, third)
        let bigCount = cores.count - third - gpuCount
        let union: (ArraySlice<CPUSet>) -> CPUSet = { $0.reduce([]) { $0.union($1) } }
        var devices = [ResolvedDevice(name: "big", unit: .cpu, cpus: union(cores[..<bigCount]), isEmulated: true)]
        if third > 0 {
            let little = union(cores[bigCount..<(bigCount + third)])
            devices.append(ResolvedDevice(name: "LITTLE", unit: .cpu, cpus: little, isEmulated: true))
        }
        return devices + [gpu(0, cpus: union(cores[(bigCount + third)...]))]
    }
}
