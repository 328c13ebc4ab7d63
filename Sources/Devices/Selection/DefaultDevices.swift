// The devices that a machine's stream runs on when the user names none. Pure.

extension Hardware {
    /// All units of the machine, such that none computes on a core of another; the host threads of a GPU are on the
    /// slowest cluster, as `placingHostThreads` tells.
    ///
    /// Every cluster and every GPU is a device. An OpenCL device that runs on the CPU would only take cores from real
    /// clusters; where clusters are emulated, and there is no GPU, it emulates one, and the cores are shared out
    /// among `big`, `LITTLE` and `gpu` in thirds, `big` with the remainder, along shared caches where that comes near.
    /// Two cores make `big` and `gpu`.
    public var defaultDevices: [ResolvedDevice] { placed(unplacedDefaultDevices) }

    /// As `defaultDevices`, with GPUs whose host threads have no place yet.
    var unplacedDefaultDevices: [ResolvedDevice] {
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
        let sizes = [bigCount, third, gpuCount].filter { $0 > 0 }
        let parts = CoreCut(cores: cores, caches: inventory.caches).parts(near: sizes).map { CPUSet($0.joinedNumbers) }
        var devices = [ResolvedDevice(name: "big", unit: .cpu, cpus: parts[0], isEmulated: true)]
        if third > 0 { devices.append(ResolvedDevice(name: "LITTLE", unit: .cpu, cpus: parts[1], isEmulated: true)) }
        return devices + [gpu(0, cpus: parts[parts.count - 1])]
    }
}
