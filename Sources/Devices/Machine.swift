// This machine as a whole: its topology, its units, and the devices that a network can run on.

import CoExec
import Kernels

/// The hardware that this process runs on, discovered once.
public struct Machine: Sendable {
    public let topology: Topology
    public let hardware: Hardware
    /// As `Hardware.openCLDevices` counts them.
    public let openCLDevices: [OpenCLDevice]
    /// OpenCL platforms and devices that cannot be used.
    public let openCLFailures: [OpenCLFailure]

    /// Discovers the CPUs and, if asked, the OpenCL devices.
    /// - Parameters:
    ///   - topology: of this machine.
    ///   - openCLCPUs: the CPUs that OpenCL's CPU devices may use, in the order of their compute units; nil leaves
    ///     OpenCL untouched. The first discovery in a process decides this for good (`OpenCL.devices`).
    /// - Throws: `OpenCLError`.
    public init(topology: Topology, openCLCPUs: [Int]?) throws(OpenCLError) {
        self.topology = topology
        openCLDevices =
            if let openCLCPUs { try OpenCL.devices(cpuDeviceCores: openCLCPUs) } else { [] }
        openCLFailures = openCLCPUs == nil ? [] : OpenCL.failures
        hardware = Hardware(
            inventory: topology.inventory,
            openCLDevices: openCLDevices.map { OpenCLDeviceSummary(name: $0.name, isCPU: $0.kind == .cpu) })
    }

    /// What a device is, in words for tables: its processor, its CPUs, and whether it is emulated.
    public func describe(_ device: ResolvedDevice) -> String {
        var parts: [String] = []
        switch device.unit {
        case .cpu:
            parts.append("CPU \(device.cpus)")
        case .openCL(let index):
            let unit = openCLDevices[index]
            let isCPU = unit.kind == .cpu
            parts.append("OpenCL: \(unit.name)" + (isCPU ? " on CPU \(device.cpus)" : ""))
            if !isCPU && !device.cpus.isEmpty { parts.append("host threads on CPU \(device.cpus)") }
            let own = unit.workers.count { CPUSet($0.allowedCPUs).isSubset(of: device.cpus) }
            if own < unit.workers.count {
                parts.append("sub-device of \(own) of its \(unit.computeUnits) compute units")
            }
            if isCPU { parts.append("emulated GPU: \(unit.platform)") }
        }
        if device.speed < 1 { parts.append("emulated speed \(device.speed)") }
        return parts.joined(separator: ", ")
    }
}

/// How many frames a device runs at once, and with how many threads each; nil means by the kind of device.
public struct LaneLayout: Sendable {
    public let lanes: Int?
    public let threads: Int?

    /// - Precondition: positive, where given.
    public init(lanes: Int? = nil, threads: Int? = nil) {
        precondition(lanes ?? 1 > 0 && threads ?? 1 > 0)
        (self.lanes, self.threads) = (lanes, threads)
    }
}

/// A precision that a device doesn't compute in.
public struct PrecisionError: Error, Equatable, CustomStringConvertible {
    public let device: String
    public let precision: Precision

    public var description: String { "device '\(device)' does not compute in \(precision.rawValue)" }
}

/// A library of CPU kernels, asked for on a device that isn't made of CPUs.
public struct LibraryError: Error, Equatable, CustomStringConvertible {
    public let device: String

    public var description: String { "device '\(device)' computes with OpenCL, not with a CPU's kernels" }
}

/// A layout that a device cannot have.
public enum LaneLayoutError: Error, Equatable, CustomStringConvertible {
    case tooManyThreads(device: String, lanes: Int, threads: Int, cpuCount: Int)
    /// OpenCL chooses its own threads: one a CPU that the device may use.
    case fixedThreads(device: String)

    public var description: String {
        switch self {
        case .tooManyThreads(let device, let lanes, let threads, let count):
            "device '\(device)': \(lanes) × \(threads) threads do not fit on its \(count) CPU\(count == 1 ? "" : "s")"
        case .fixedThreads(let device):
            "device '\(device)': OpenCL chooses the threads; give it CPUs instead, as in \(device):0-1"
        }
    }
}

extension Machine {
    /// A device that runs a network on a unit of this machine.
    ///
    /// CPU clusters run oneDNN and XNNPACK, by default in the lanes that give most frames/s, each on cores of its own,
    /// as `tuning` measures them or remembers. That takes up to about ten seconds a network and cluster once; with
    /// tuning off there are as many lanes as cores (16 at most). Lanes are measured at full speed where a slower one is
    /// emulated. OpenCL devices run our kernels, by default in two lanes on a GPU, so that one frame's transfers
    /// overlap another frame's computing, and in one lane on a CPU, which has nothing to overlap.
    /// - Parameters:
    ///   - library: whose kernels compute on a CPU cluster; nil for the fastest.
    ///   - tuning: off, unless the application wants seconds spent and files kept: `.standard`.
    /// - Throws: `LaneLayoutError`; `PrecisionError`; `LibraryError`; `OpenCLError` where the device cannot run our
    ///   kernels, or cannot be kept to its CPUs; what opening a lane or running a frame throws where lanes are
    ///   measured.
    public func makeDevice<Frame: ImageFrame>(
        _ device: ResolvedDevice, network: Network, layout: LaneLayout = LaneLayout(), precision: Precision = .fp32,
        library: CPUEngine.Library? = nil, tuning: Tuning = .off
    ) throws -> NetworkDevice<Frame> {
        let topology = topology
        let isAble =
            switch device.unit {
            case .cpu: CPUEngine.supports(precision)
            case .openCL(let index): OpenCLEngine.supports(precision, on: openCLDevices[index])
            }
        guard isAble else { throw PrecisionError(device: device.name, precision: precision) }
        switch device.unit {
        case .cpu:
            return try makeCPUDevice(
                device, network: network, layout: layout, precision: precision, library: library ?? .fastest,
                tuning: tuning)
        case .openCL(let index):
            guard library == nil else { throw LibraryError(device: device.name) }
            let isCPU = openCLDevices[index].kind == .cpu
            let unit = isCPU ? try openCLDevices[index].confined(to: device.cpus.numbers) : openCLDevices[index]
            let threads =
                !isCPU ? 1 : unit.workers.isEmpty ? min(device.cpus.count, unit.computeUnits) : unit.workers.count
            guard layout.threads ?? threads == threads else { throw LaneLayoutError.fixedThreads(device: device.name) }
            return NetworkDevice(
                name: device.name, laneCount: layout.lanes ?? (isCPU || device.speed < 1 ? 1 : 2),
                threadsPerLane: threads, speed: device.speed, network: network,
                engine: try OpenCLEngine(device: unit, precision: precision, tuning: tuning),
                binding: LaneBinding(topology: topology, device: device.name, cpus: [device.cpus]))
        }
    }
}
