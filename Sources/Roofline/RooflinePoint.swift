// A layer or a network on a device: how much it computes for each byte, how fast it ran, what bounds it and what would
// lift it. Values.

/// Work that was measured, beneath its roof.
package struct RooflinePoint: Sendable {
    /// What one run of it takes.
    package struct Work: Sendable {
        package let operations: Double
        /// Inputs, weights and results, once each.
        package let minimumBytes: Double
        package let weightBytes: Double
        /// That come from each of the roof's sources, or go there.
        package let bytes: [Double]
        /// Operations ÷ those that are left where Winograd's algorithm computes all that it can; 1 where it can't.
        package let winogradFactor: Double
        package let isDepthwise: Bool

        package init(
            operations: Double, minimumBytes: Double, weightBytes: Double, bytes: [Double], winogradFactor: Double = 1,
            isDepthwise: Bool = false
        ) {
            (self.operations, self.minimumBytes, self.weightBytes) = (operations, minimumBytes, weightBytes)
            (self.bytes, self.winogradFactor, self.isDepthwise) = (bytes, winogradFactor, isDepthwise)
        }
    }

    package let work: Work
    package let operationsPerSecond: Double
    /// The most that it could have reached.
    package let attainable: Double
    package let bound: Roof.Bound
    /// It is faster than the direct algorithm could be, as Winograd's is.
    package let isByWinograd: Bool

    /// - Parameters:
    ///   - seconds: that one run took.
    ///   - tolerance: share by which roof and time are known, together: what is above the roof by less isn't above it.
    package init(_ work: Work, seconds: Double, beneath roof: Roof, tolerance: Double) {
        self.work = work
        operationsPerSecond = work.operations / seconds
        let direct = roof.attainable(operations: work.operations, bytes: work.bytes)
        isByWinograd =
            work.winogradFactor > 1 && direct.bound == .compute
            && operationsPerSecond > direct.operationsPerSecond * (1 + tolerance)
        let fewer = Roof(
            operationsPerSecond: roof.operationsPerSecond * work.winogradFactor, sources: roof.sources)
        let reached = isByWinograd ? fewer.attainable(operations: work.operations, bytes: work.bytes) : direct
        (attainable, bound) = reached
    }

    /// Operations for each byte of shapes.
    package var theoreticalIntensity: Double { work.operations / work.minimumBytes }

    /// Operations for each byte that came from memory or went there; nil where caches keep all.
    package var empiricalIntensity: Double? {
        work.bytes.last.flatMap { $0 > 0 ? work.operations / $0 : nil }
    }

    /// Of what it could have reached.
    package var share: Double { attainable > 0 ? operationsPerSecond / attainable : 0 }

    /// Whether it is faster than can be, by more than roof and time are uncertain.
    package func isAbove(tolerance: Double) -> Bool { share > 1 + tolerance }
}

/// What would make a point rise.
package enum Lift: Hashable, Sendable {
    /// Weights are most of the bytes: fewer bytes each, or used for several frames at once.
    case smallerWeights
    /// Values between layers are most of the bytes.
    case smallerValues
    /// At its roof: only numbers that the device computes faster help, this many times as fast.
    case fasterNumbers(format: String, factor: Double)
    /// At its roof, and there are no faster numbers.
    case nothing
    /// One product a number that is read: vectors can't be kept busy.
    case fewerDepthwiseLayers
    /// Too short for its cores.
    case larger
    /// The kernels leave this device's arithmetic idle.
    case betterKernels
}

extension RooflinePoint {
    /// - Parameters:
    ///   - seconds: of one run; nil for a whole network.
    ///   - faster: formats that the device computes faster than the point's, and how many times.
    package func lift(seconds: Double?, faster: [(format: String, factor: Double)]) -> Lift {
        let isNearRoof = share >= 0.7
        switch bound {
        case .bytes where isNearRoof || share >= 0.5:
            return work.weightBytes * 2 > work.minimumBytes ? .smallerWeights : .smallerValues
        case .compute where isNearRoof:
            let best = faster.max { $0.factor < $1.factor }
            return best.map { .fasterNumbers(format: $0.format, factor: $0.factor) } ?? .nothing
        default:
            if work.isDepthwise { return .fewerDepthwiseLayers }
            if let seconds, seconds < 50e-6 { return .larger }
            return .betterKernels
        }
    }
}
