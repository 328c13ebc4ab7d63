// What an OpenCL device can do at most: kernels for that, launched by a thread that is bound as its lanes are.

import CoExec
import Glibc
import Kernels
import Synchronization
import System

extension OpenCLUnit: CeilingMeasurable {
    func makeCeilingProbe(of device: ResolvedDevice, topology: Topology) throws -> any CeilingProbe {
        let isCPU = self.device.kind == .cpu
        return try OpenCLUnitCeilings(
            isCPU ? self.device.confined(to: device.cpus.numbers) : self.device, isCPU: isCPU,
            binding: LaneBinding(topology: topology, device: device.name, cpus: [device.cpus]))
    }
}

final class OpenCLUnitCeilings: CeilingProbe, @unchecked Sendable {  // `kernels` is used by one thread at a time
    let coreCount: Int
    let caches: [CeilingCache]
    let chains: [ComputeChain]
    let memoryWorkingSetBytes: Int
    private let kernels: OpenCLCeilings
    private let binding: LaneBinding

    /// - Throws: `OpenCLError`; `ThreadBindingError`.
    init(_ device: OpenCLDevice, isCPU: Bool, binding: LaneBinding) throws {
        self.binding = binding
        coreCount = 1
        let own = device.facts.cacheBytes.flatMap { $0 > 0 ? CeilingCache(name: "cache", sizeBytes: $0) : nil }
        let caches = isCPU ? binding.topology.inventory.ceilingCaches(of: binding.cpus[0]) : [own].compactMap(\.self)
        self.caches = caches
        // A GPU that has its own memory leaves the machine's alone.
        let machine = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        let memory = isCPU || device.hasHostUnifiedMemory ? machine : device.globalMemoryBytes
        let bytes = StreamSize.bytes(behind: caches, memoryBytes: memory)
        kernels = try Self.onLane(binding) { try OpenCLCeilings(device, memoryWorkingSetBytes: bytes) }
        memoryWorkingSetBytes = kernels.memoryWorkingSetBytes
        chains = kernels.numbers.map { numbers in
            // OpenCL's words are those of `NumberFormat`.
            ComputeChain(format: NumberFormat(rawValue: numbers.rawValue)!, instructions: "OpenCL")
        }
    }

    func operationsPerSecond(of chain: Int, seconds: Double) throws -> Double {
        try Self.onLane(binding) { [kernels] in
            try kernels.operationsPerSecond(kernels.numbers[chain], seconds: seconds)
        }
    }

    func bytesPerSecond(_ stream: MemoryStream, workingSetBytes: Int, seconds: Double) throws -> Double {
        try Self.onLane(binding) { [kernels] in
            try kernels.bytesPerSecond(
                readsOnly: stream == .read, workingSetBytes: workingSetBytes, seconds: seconds)
        }
    }

    /// Does something on a thread that is bound as the device's lane.
    private static func onLane<Value>(_ binding: LaneBinding, _ work: @escaping () throws -> Value) throws -> Value {
        let box = LaneWork(work)
        let thread = try Thread(name: "\(binding.device) ceiling", flushesDenormals: true) {
            box.outcome = Result {
                try binding.bind(0)
                return try box.work()
            }
        }
        thread.join()
        return try box.outcome!.get()
    }
}

/// Goes to another thread, and back once that has ended.
private final class LaneWork<Value>: @unchecked Sendable {  // whoever gave it away waits for the thread
    let work: () throws -> Value
    var outcome: Result<Value, any Error>?

    init(_ work: @escaping () throws -> Value) { self.work = work }
}
