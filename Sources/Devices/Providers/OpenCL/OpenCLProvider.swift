// OpenCL's devices as units: GPUs, and runtimes that compute on the CPU (PoCL). OpenCL is touched only where a device
// of it may be needed: the first look starts a runtime's threads, on CPUs that can't be changed after.

import Kernels

/// Finds OpenCL devices. A dump doesn't show them.
struct OpenCLProvider: DeviceProvider {
    let naming = UnitNaming(stem: "gpu")

    /// By the device's name, its node in the device tree or its driver. Qualcomm's `gpubw` and `kgsl-busmon` are the
    /// GPU's share of the memory bus.
    var clocks: ClockMarks? {
        ClockMarks(
            kind: .gpu, marks: ["gpu", "mali", "g3d", "v3d", "panfrost", "panthor", "lima", "adreno", "kgsl"],
            except: ["bw", "bus"])
    }

    /// - Throws: `OpenCLError`, where a device is asked for also that there is no OpenCL.
    func find(_ search: UnitSearch) throws -> FoundUnits {
        let inventory = search.topology.inventory
        guard search.topology.isThisSystem else { return FoundUnits() }
        guard let wanted = search.wanted else {
            do throws(OpenCLError) {
                return found(try OpenCL.devices(cpuDeviceCores: inventory.allowed.numbers), inventory)
            } catch {
                // A machine without OpenCL is a machine without OpenCL devices.
                guard error == .noPlatform else { throw error }
                return FoundUnits()
            }
        }
        guard !wanted.isEmpty else { return FoundUnits() }
        let shares = OpenCLCPUShares(
            written: wanted.map(\.cpus), taken: search.taken, cores: inventory.allowedCores)
        return found(try OpenCL.devices(cpuDeviceCores: shares.pool), inventory, wanted, shares)
    }

    /// `gpu`, `gpu1`, …. The CPU devices that are asked for without CPUs get their shares.
    private func found(
        _ devices: [OpenCLDevice], _ inventory: CPUInventory, _ wanted: [DeviceSpecification] = [],
        _ shares: OpenCLCPUShares? = nil
    ) -> FoundUnits {
        let ordered = Self.ordered(devices) { $0.kind == .cpu }
        let shareless = wanted.filter { specification in
            guard specification.cpus == nil, let number = naming.number(of: specification.name.word) else {
                return false
            }
            return ordered.indices.contains(number) && ordered[number].kind == .cpu
        }
        let cpus = Dictionary(
            zip(shareless.map(\.name.word), shares?.shares(of: shareless.count) ?? []), uniquingKeysWith: { $1 })
        let units = ordered.enumerated().map { number, device in
            let name = naming.name(number)
            let summary = Self.summary(
                name, of: device.name, isCPU: device.kind == .cpu, cpus: cpus[name] ?? inventory.allowed)
            return OpenCLUnit(device: device, summary: summary, clusters: inventory.clusters)
        }
        let failures = OpenCL.failures.map { failure in
            UnitFailure(
                name: failure.platform ?? "an OpenCL platform", reason: "\(failure.error)", error: failure,
                json: OpenCLFault(failure))
        }
        return FoundUnits(units, failures: failures)
    }

    /// Real GPUs before CPUs, else as OpenCL lists them.
    static func ordered<Device>(_ devices: [Device], isCPU: (Device) -> Bool) -> [Device] {
        devices.filter { !isCPU($0) } + devices.filter(isCPU)
    }

    /// - Parameters:
    ///   - title: as its driver calls it.
    ///   - isCPU: its runtime computes on CPUs, by default on `cpus`. It would only take cores from the clusters, which
    ///     make more of them.
    static func summary(_ name: String, of title: String, isCPU: Bool, cpus: CPUSet) -> UnitSummary {
        UnitSummary(
            name: name, cpuUse: isCPU ? .computesOn(cpus) : .hostThreads,
            choice: isCPU
                ? .leftOut(reason: "\(title), no GPU: it would compute on the same cores") : .byDefault,
            isStandIn: isCPU)
    }

    func report(_ found: FoundUnits, of topology: Topology) -> UnitReport? {
        var report = UnitReport(key: "opencl", columns: ["OpenCL", "name", "kind", "units"], found)
        if topology.isThisSystem { report.absence = "OpenCL: no device found" }
        report.failuresTitle = "OpenCL platforms and devices that cannot be used:"
        report.promisesFailures = true
        return report
    }
}
