// What bounds a piece of work on a device: how fast that multiplies, and how fast bytes come from each place where they
// may lie (Williams, Waterman and Patterson, "Roofline", 2009; with a line for each level of caches, as in Yang et al.,
// "Hierarchical Roofline Analysis", 2018). Values.

/// The lines above a device's points.
package struct Roof: Hashable, Sendable {
    /// Where bytes come from.
    package struct Source: Hashable, Sendable {
        /// "L3", "memory".
        package let name: String
        package let bytesPerSecond: Double

        package init(name: String, bytesPerSecond: Double) {
            (self.name, self.bytesPerSecond) = (name, bytesPerSecond)
        }
    }

    /// Multiplications and additions a second.
    package let operationsPerSecond: Double
    /// The nearest first; memory is the last.
    package let sources: [Source]

    package init(operationsPerSecond: Double, sources: [Source]) {
        (self.operationsPerSecond, self.sources) = (operationsPerSecond, sources)
    }

    /// What keeps work from being done sooner.
    package enum Bound: Hashable, Sendable {
        case compute
        case bytes(from: String)

        package var name: String {
            switch self {
            case .compute: "compute"
            case .bytes(let source): source
            }
        }
    }

    /// The most operations a second that work can reach.
    /// - Parameters:
    ///   - operations: multiplications and additions.
    ///   - bytes: that come from each of the sources, or go there; as many as there are sources.
    package func attainable(operations: Double, bytes: [Double]) -> (operationsPerSecond: Double, bound: Bound) {
        precondition(bytes.count == sources.count, "bytes of each source")
        var (seconds, bound) = (operations / operationsPerSecond, Bound.compute)
        for (source, bytes) in zip(sources, bytes) where bytes / source.bytesPerSecond > seconds {
            (seconds, bound) = (bytes / source.bytesPerSecond, .bytes(from: source.name))
        }
        return (seconds > 0 ? operations / seconds : operationsPerSecond, bound)
    }

    /// The same roof where only some of the device's cores compute. Its bytes come as fast: one core may take more
    /// than its share of those.
    package func ofCores(share: Double) -> Roof {
        Roof(operationsPerSecond: operationsPerSecond * share, sources: sources)
    }
}
