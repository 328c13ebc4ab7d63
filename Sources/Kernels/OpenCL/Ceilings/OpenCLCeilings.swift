// What an OpenCL device can do at most, by kernels that do nothing else. One thread at a time, which for a CPU runtime
// without workers is the one that computes.
import NetworkGraph
import System

/// Runs chains of multiplications and additions, and streams through memory.
package final class OpenCLCeilings {
    /// What is multiplied.
    package enum Numbers: String, Sendable { case fp32, fp16, int8 }

    /// What the device has instructions for: with integers that are put together of others the engine doesn't compute.
    package let numbers: [Numbers]
    package let memoryWorkingSetBytes: Int
    private let traits: OpenCLTraits
    private let queue: OpenCLQueue
    private let chains: [Numbers: OpenCLKernel]
    private let triad: OpenCLKernel
    private let readAll: OpenCLKernel
    private let arrays: [OpenCLBuffer]
    /// Of a chain, once that is known: passes of a launch.
    private var passes: [Numbers: Int32] = [:]
    private let items: Int
    private let group: Int
    /// A value for each item.
    private let results: OpenCLBuffer

    /// Launches take this long, so that starting one doesn't count.
    private static var launchSeconds: Double { 0.002 }
    private static var accumulators: Int { 12 }
    private static var vectorBytes: Int { 64 }

    /// - Parameter memoryWorkingSetBytes: that streams should take; the device may have less.
    /// - Throws: `OpenCLError`.
    package init(_ device: OpenCLDevice, memoryWorkingSetBytes: Int) throws(OpenCLError) {
        let traits = OpenCLTraits(for: device)
        self.traits = traits
        numbers = [.fp32] + (device.supportsHalf ? [.fp16] : []) + (device.dotProduct == nil ? [] : [.int8])
        // Many more items than a GPU has lanes; on a CPU some for each core, so that none waits long for the last.
        group = traits.isCPU ? 1 : min(64, max(device.maxWorkGroupSize, 1))
        items = max(device.computeUnits, 1) * (traits.isCPU ? 4 : 32 * group)
        let context = try OpenCLContextHandle(device)
        queue = try OpenCLQueue(context)
        let options = ["-DBYTES_IN", device.supportsHalf ? "-DHALVES" : nil, device.dotProduct?.buildOption]
        let build = OpenCLBuild(.ceilings, traits, options.compactMap(\.self).joined(separator: " "))
        let program = try OpenCLProgram(
            context, name: "ceilings", source: build.text, options: build.compilerOptions)
        var chains: [Numbers: OpenCLKernel] = [:]
        for numbers in numbers { chains[numbers] = try program.makeKernel("chain_\(numbers.rawValue)") }
        self.chains = chains
        (triad, readAll) = (try program.makeKernel("triad"), try program.makeKernel("read_all"))
        results = try OpenCLBuffer(context, byteCount: items * MemoryLayout<Float>.stride)
        // Indices of vectors are ints, and whole shares are the items'.
        let most = min(memoryWorkingSetBytes / 3, device.maxAllocationBytes, device.globalMemoryBytes / 8)
        let share = items * Self.vectorBytes
        let bytes = max(most / share, 1) * share
        var arrays: [OpenCLBuffer] = []
        for _ in 0..<3 {
            let array = try OpenCLBuffer(context, byteCount: bytes)
            try queue.fillWithZeros(array)
            arrays.append(array)
        }
        try queue.finish()
        self.arrays = arrays
        self.memoryWorkingSetBytes = 3 * bytes
    }

    /// Multiplications and additions a second.
    /// - Parameter seconds: at least.
    package func operationsPerSecond(_ numbers: Numbers, seconds: Double) throws(OpenCLError) -> Double {
        let kernel = chains[numbers]!
        try kernel.set(0, results)
        try kernel.set(1, Int32(1))
        func took(_ passes: Int32, launches: Int) throws(OpenCLError) -> Double {
            try kernel.set(2, passes)
            return try time(kernel, "chain", launches: launches)
        }
        var passes = self.passes[numbers] ?? 64
        if self.passes[numbers] == nil {
            // The first launch may compile.
            _ = try took(1, launches: 1)
            while passes < 1 << 28, try took(passes, launches: 1) < Self.launchSeconds { passes *= 2 }
            self.passes[numbers] = passes
        }
        let launches = max(Int((seconds / Self.launchSeconds).rounded(.up)), 1)
        let duration = try took(passes, launches: launches)
        let perStep = 2 * traits.width * (numbers == .int8 ? 4 : 1)
        let perLaunch = Double(perStep * Self.accumulators * items) * Double(passes)
        return perLaunch * Double(launches) / duration
    }

    /// Bytes a second, each that is read or written counted once.
    /// - Parameters:
    ///   - readsOnly: in place of the triad of STREAM, a = b + factor × c.
    ///   - workingSetBytes: of three arrays together; at most `memoryWorkingSetBytes`.
    ///   - seconds: at least, but for one pass.
    package func bytesPerSecond(
        readsOnly: Bool, workingSetBytes: Int, seconds: Double
    ) throws(OpenCLError) -> Double {
        let share = items * Self.vectorBytes
        let bytes = max(min(workingSetBytes, memoryWorkingSetBytes) / 3 / share, 1) * share
        let kernel = readsOnly ? readAll : triad
        let first = readsOnly ? 1 : 0
        if readsOnly { try kernel.set(0, results) }
        for (index, array) in arrays.enumerated() { try kernel.set(first + index, array) }
        if !readsOnly { try kernel.set(3, Float(0.5)) }
        try kernel.set(4, Int32(bytes / Self.vectorBytes))
        func time(repeats: Int, launches: Int) throws(OpenCLError) -> Double {
            try kernel.set(5, Int32(repeats))
            return try self.time(kernel, "stream", launches: launches)
        }
        let once = try time(repeats: 1, launches: 1)
        let repeats = min(max(Int(Self.launchSeconds / max(once, 1e-7)), 1), 1 << 20)
        let launches = max(Int((seconds / (once * Double(repeats))).rounded(.up)), 1)
        let took = try time(repeats: repeats, launches: launches)
        return Double(3 * bytes) * Double(repeats) * Double(launches) / took
    }

    private func time(_ kernel: OpenCLKernel, _ name: String, launches: Int) throws(OpenCLError) -> Double {
        let start = monotonicNanoseconds()
        for _ in 0..<launches { try queue.enqueue(kernel, name, global: [items], local: [group]) }
        try queue.finish()
        return Double(monotonicNanoseconds() - start) / 1e9
    }
}
