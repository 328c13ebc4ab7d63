// What CPUs can do at most: C's chains and streams on a thread for each CPU, bound to it. Arrays are first touched by
// the thread that goes through them, so that they lie near it.

import CCeilings
import CoExec
import Glibc
import Synchronization
import System

extension CPUUnit: CeilingMeasurable {
    func makeCeilingProbe(of device: ResolvedDevice, topology: Topology) -> any CeilingProbe {
        CPUCeilings(cpus: device.cpus, topology: topology)
    }
}

final class CPUCeilings: CeilingProbe {
    let coreCount: Int
    let caches: [CeilingCache]
    let chains: [ComputeChain]
    let memoryWorkingSetBytes: Int
    private let kernels: [Kernel]
    private let topology: Topology
    private let cpus: [Int]
    /// Of each CPU.
    private let arrays: [StreamArrays]

    private struct Kernel: @unchecked Sendable {  // C's constants
        let chain: CCeilings_Chain
    }

    /// - Precondition: there is a CPU.
    init(cpus: CPUSet, topology: Topology) {
        (self.topology, self.cpus) = (topology, cpus.numbers)
        coreCount = topology.inventory.cores(of: cpus).count
        caches = topology.inventory.ceilingCaches(of: cpus)
        let found = [CCeilings_Chain](unsafeUninitializedCapacity: 32) { buffer, count in
            count = CCeilings_chains(buffer.baseAddress, buffer.count)
        }
        kernels = found.map { Kernel(chain: $0) }
        chains = found.map { chain in
            // C's words are those of `NumberFormat`.
            ComputeChain(
                format: NumberFormat(rawValue: String(cString: chain.format))!,
                instructions: String(cString: chain.instructions))
        }
        let memory = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        let arrays = StreamSize.bytes(behind: caches, memoryBytes: memory) / cpus.count
        self.arrays = self.cpus.map { _ in StreamArrays(bytes: arrays) }
        memoryWorkingSetBytes = arrays * cpus.count
    }

    func operationsPerSecond(of chain: Int, seconds: Double) throws -> Double {
        let kernel = kernels[chain]
        // Clocks are read every some tens of microseconds.
        let passes = max(1_000_000 / kernel.chain.operations, 1)
        return try rate(seconds: seconds) { _ in
            kernel.chain.run(passes)
            return Double(passes * kernel.chain.operations)
        }
    }

    func bytesPerSecond(_ stream: MemoryStream, workingSetBytes: Int, seconds: Double) throws -> Double {
        let bytes = min(workingSetBytes, memoryWorkingSetBytes) / cpus.count
        // Arrays are made on threads that can't refuse.
        try ProcessMemory.check(bytes: bytes * cpus.count)
        return try rate(seconds: seconds) { [arrays] cpu in arrays[cpu].run(stream, workingSetBytes: bytes) }
    }

    /// What all CPUs do a second: all begin at once, and each goes on for this long.
    /// - Parameter work: of one of the CPUs, some ten microseconds of it; gives how much that was.
    private func rate(seconds: Double, work: @escaping @Sendable (_ position: Int) -> Double) throws -> Double {
        let (topology, count) = (topology, cpus.count)
        let ready = Atomic<Int>(0)
        let outcomes = Mutex<[Result<Double, any Error>]>([])
        var threads: [Thread] = []
        // Whoever waits for one that never starts is let go.
        defer {
            ready.store(count, ordering: .relaxed)
            for thread in threads { thread.join() }
        }
        for (position, cpu) in cpus.enumerated() {
            let thread = try Thread(name: "ceiling, CPU \(cpu)", flushesDenormals: true) {
                let outcome = Result<Double, any Error> {
                    try topology.bindThread(to: [cpu])
                    // Touches memory, and wakes vector units up.
                    _ = work(position)
                    ready.add(1, ordering: .relaxed)
                    while ready.load(ordering: .relaxed) < count { sched_yield() }
                    let start = monotonicNanoseconds()
                    let end = start + Int(seconds * 1e9)
                    var (done, now) = (0.0, start)
                    repeat {
                        done += work(position)
                        now = monotonicNanoseconds()
                    } while now < end
                    return done / (Double(now - start) / 1e9)
                }
                if case .failure = outcome { ready.store(count, ordering: .relaxed) }
                outcomes.withLock { $0.append(outcome) }
            }
            threads.append(thread)
        }
        for thread in threads { thread.join() }
        threads = []
        return try outcomes.withLock { try $0.reduce(0) { try $0 + $1.get() } }
    }
}

/// What one CPU's streams go through, a part at a time. Used by one thread at a time; first touched by the first.
private final class StreamArrays: @unchecked Sendable {  // whoever measures waits for the thread that it gave them to
    private let mostFloats: Int
    private var floats: UnsafeMutablePointer<Float>?
    private var heldCount = 0
    /// Where the last part ended, in an array.
    private var position = 0

    /// Floats of an array that are gone through between two looks at the clock; a multiple of what C asks for.
    private static var partCount: Int { 32 << 10 }
    private static var granule: Int { 64 }

    init(bytes: Int) { mostFloats = bytes / MemoryLayout<Float>.stride }

    deinit { free(floats) }

    /// - Returns: bytes read and written.
    func run(_ stream: MemoryStream, workingSetBytes: Int) -> Double {
        let count = max(min(workingSetBytes / MemoryLayout<Float>.stride, mostFloats), 3 * Self.granule)
        let floats = touched(count)
        let arrayCount = (stream == .triad ? count / 3 : count) / Self.granule * Self.granule
        if position >= arrayCount { position = 0 }
        let part = min(Self.partCount, arrayCount - position)
        let from = floats + position
        switch stream {
        case .triad: CCeilings_triad(from, from + arrayCount, from + 2 * arrayCount, 0.5, part)
        case .read: _ = CCeilings_read(from, part)
        }
        position += part
        return Double(part * MemoryLayout<Float>.stride * (stream == .triad ? 3 : 1))
    }

    /// Memory for as many floats at least, of which each page was written to.
    private func touched(_ count: Int) -> UnsafeMutablePointer<Float> {
        if let floats, heldCount >= count { return floats }
        free(floats)
        var memory: UnsafeMutableRawPointer?
        let bytes = count * MemoryLayout<Float>.stride
        precondition(posix_memalign(&memory, 64, bytes) == 0, "no memory for streams")
        memset(memory!, 0, bytes)
        let made = memory!.bindMemory(to: Float.self, capacity: count)
        (floats, heldCount) = (made, count)
        return made
    }
}
