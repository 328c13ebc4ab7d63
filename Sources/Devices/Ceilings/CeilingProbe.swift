// What a unit can do at most, as its provider measures it with kernels of its own: how fast it multiplies and adds, and
// how fast bytes come from its caches and its memory. One thread at a time measures by a probe.

/// Kernels that do nothing but what is measured, on the threads and cores on which the unit's devices compute.
package protocol CeilingProbe: AnyObject, Sendable {
    /// Cores that compute; 1 for a unit that isn't made of any.
    var coreCount: Int { get }

    /// Between its cores and its memory, the innermost first, but for first levels. Empty where nobody tells.
    var caches: [CeilingCache] { get }

    /// Ways to multiply and add.
    var chains: [ComputeChain] { get }

    /// Bytes that its streams may take; less than what would hold no cache's content where memory is short.
    var memoryWorkingSetBytes: Int { get }

    /// Multiplications and additions a second, of all cores together.
    /// - Parameters:
    ///   - chain: a position among `chains`.
    ///   - seconds: that it runs at least; short ones hold no other program's time slice.
    func operationsPerSecond(of chain: Int, seconds: Double) throws -> Double

    /// Bytes a second, of all cores together, counted as STREAM does: what is read and what is written, once each.
    /// - Parameter workingSetBytes: of all arrays and cores; at most `memoryWorkingSetBytes`.
    func bytesPerSecond(_ stream: MemoryStream, workingSetBytes: Int, seconds: Double) throws -> Double
}

/// A cache of a unit.
package struct CeilingCache: Sendable, Hashable {
    /// "L2".
    package let name: String
    /// Of all such caches that the unit's cores have.
    package let sizeBytes: Int

    package init(name: String, sizeBytes: Int) { (self.name, self.sizeBytes) = (name, sizeBytes) }
}

/// A way to multiply and add.
package struct ComputeChain: Sendable, Hashable {
    package let format: NumberFormat
    /// "AVX-512 FMA".
    package let instructions: String

    package init(format: NumberFormat, instructions: String) {
        (self.format, self.instructions) = (format, instructions)
    }
}

/// How memory is gone through.
package enum MemoryStream: String, CaseIterable, Sendable {
    /// a = b + factor × c, as STREAM has it.
    case triad
    /// Reading alone, as weights are read.
    case read
}

/// A unit whose provider measures what it can do at most.
package protocol CeilingMeasurable {
    /// - Throws: what the provider throws where the device can't be had.
    func makeCeilingProbe(of device: ResolvedDevice, topology: Topology) throws -> any CeilingProbe
}

extension Machine {
    /// Measures what a device can do at most, at full speed where a slower one is emulated.
    /// - Returns: nil for a device whose provider has no kernels for this.
    package func ceilingProbe(of device: ResolvedDevice) throws -> (any CeilingProbe)? {
        try (unit(of: device) as? any CeilingMeasurable)?.makeCeilingProbe(of: device, topology: topology)
    }
}

/// How large streams are that no cache holds.
enum StreamSize {
    /// Four times the last cache, as STREAM asks for, 96 MB for caches that nobody tells of; an eighth of the memory at
    /// most, since all devices have some at once.
    static func bytes(behind caches: [CeilingCache], memoryBytes: Int) -> Int {
        min(max(4 * (caches.last?.sizeBytes ?? 0), 96 << 20), memoryBytes / 8)
    }
}

extension CPUInventory {
    /// The caches of some CPUs from the second level on.
    func ceilingCaches(of cpus: CPUSet) -> [CeilingCache] {
        let own = Set(caches.filter { $0.level > 1 && !$0.cpus.isDisjoint(with: cpus) })
        return Set(own.map(\.level)).sorted().compactMap { level in
            let sizes = own.filter { $0.level == level }.compactMap(\.sizeBytes)
            return sizes.isEmpty ? nil : CeilingCache(name: "L\(level)", sizeBytes: sizes.reduce(0, +))
        }
    }
}
