// The devices that a machine's stream runs on when the user names none, and what is left out of them. Pure.

extension Hardware {
    /// The set of devices that is the fastest: every cluster, and every GPU. None computes on a core of another; the
    /// host threads of a GPU are on the slowest cluster, as `placingHostThreads` tells.
    ///
    /// An OpenCL device that runs on the CPU would only take cores from the clusters, which make more of them. Under a
    /// CPU quota the fastest clusters get as many cores as it keeps busy.
    public var defaultDevices: [ResolvedDevice] { placed(unplacedDefaultDevices()) }

    /// As `defaultDevices`, with GPUs whose host threads have no place yet.
    /// - Parameter keepingQuota: false for as many cores as there are, whatever the quota.
    func unplacedDefaultDevices(keepingQuota: Bool = true) -> [ResolvedDevice] {
        let cpuDevices = clusters.map { ResolvedDevice(name: $0.name, unit: .cpu, cpus: $0.cpus) }
        let gpus = gpuOrder.indices.filter { !openCLDevices[gpuOrder[$0]].isCPU }
        return (keepingQuota ? withinQuota(cpuDevices, keepingEach: false) : cpuDevices)
            + gpus.map { gpu($0, cpus: nil) }
    }

    /// A unit that is no default device, and why.
    public struct LeftOut: Sendable, Hashable, CustomStringConvertible {
        public let name: String
        public let reason: String

        public var description: String { "\(name) (\(reason))" }
    }

    /// The units that the default devices leave out.
    public func leftOut(keepingQuota: Bool = true) -> [LeftOut] {
        let used = Set(unplacedDefaultDevices(keepingQuota: keepingQuota).map(\.name))
        let slow = clusters.filter { !used.contains($0.name) }.map {
            LeftOut(name: $0.name, reason: "the CPU quota is used up by the faster cores")
        }
        let openCL = gpuOrder.indices.filter { openCLDevices[gpuOrder[$0]].isCPU }.map { number in
            LeftOut(
                name: DeviceSpecification.Name.gpu(number).description,
                reason: "\(openCLDevices[gpuOrder[number]].name), no GPU: it would compute on the same cores")
        }
        return slow + openCL
    }
}
