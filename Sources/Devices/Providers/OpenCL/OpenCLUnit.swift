// One OpenCL device as a unit: how it is described, fed, clocked, and made into a device.

import Kernels

/// A GPU, or a CPU runtime in the place of one.
struct OpenCLUnit: DeviceUnit {
    let device: OpenCLDevice
    let summary: UnitSummary
    /// The machine's.
    let clusters: [CPUCluster]

    /// It computes on CPUs.
    private var isCPU: Bool { device.kind == .cpu }

    func describe(_ device: ResolvedDevice) -> [String] {
        let unit = self.device
        var parts = ["OpenCL: \(unit.name)" + (isCPU ? " on CPU \(device.cpus)" : "")]
        if !isCPU && !device.cpus.isEmpty { parts.append("host threads on CPU \(device.cpus)") }
        let own = unit.workers.count { CPUSet($0.allowedCPUs).isSubset(of: device.cpus) }
        if own < unit.workers.count {
            parts.append("sub-device of \(own) of its \(unit.computeUnits) compute units")
        }
        if isCPU { parts.append("emulated GPU: \(unit.platform)") }
        return parts
    }

    var row: UnitReport.Row {
        let row = OpenCLRow(device, device: summary.name)
        return UnitReport.Row(cells: row.cells, details: row.text, json: row)
    }

    func supports(_ precision: Precision) -> Bool { OpenCLEngine.supports(precision, on: device) }

    func supports(_ network: Network) -> NetworkSupport {
        let tooLarge = network.nodes.firstIndex { $0.shape.count > Int(Int32.max) }
        return tooLarge.map { .not(node: $0, reason: "it has more numbers than kernels can index") } ?? .whole
    }

    /// A GPU's own, or those of the CPUs that OpenCL computes on.
    var clock: ClockDomain.Kind { isCPU ? .cpu : .gpu }

    func rails(of device: ResolvedDevice, among rails: [PowerRail]) -> [Int] {
        isCPU
            ? CPURails.positions(of: clusters.filter { !$0.cpus.isDisjoint(with: device.cpus) }, in: rails)
            : GPURails.positions(of: self.device.name, self.device.vendor, in: rails)
    }

    /// In two lanes on a GPU, so that one frame's transfers overlap another frame's computing, and in one lane on a
    /// CPU, which has nothing to overlap, or where a slower unit is emulated.
    /// - Throws: `OpenCLError` where the device cannot run our kernels, or cannot be kept to its CPUs.
    func makeDevice<Frame: ImageFrame>(_ order: DeviceOrder) throws -> NetworkDevice<Frame> {
        let device = order.device
        guard order.library == nil else { throw LibraryError(device: device.name, engine: "OpenCL") }
        let unit = isCPU ? try self.device.confined(to: device.cpus.numbers) : self.device
        let threads =
            !isCPU ? 1 : unit.workers.isEmpty ? min(device.cpus.count, unit.computeUnits) : unit.workers.count
        guard order.layout.threads ?? threads == threads else {
            throw LaneLayoutError.fixedThreads(device: device.name, engine: "OpenCL")
        }
        let computing: ComputingThreads =
            switch unit.placement {
            case .callingThread: .lanes
            case .ownHardware, .unknownThreads: .others([])
            case .workers(let workers): .others(workers.map(\.threadID))
            }
        return try order.makeDevice(
            OpenCLEngine(device: unit, precision: order.precision, tuning: order.tuning),
            lanes: isCPU || device.speed < 1 ? 1 : 2, threads: threads, computing: computing,
            busyThreads: isCPU ? threads : 0)
    }
}
