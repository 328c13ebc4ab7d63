// What co-execution brings: the figures that the study's Tables II and III are made of.

/// Combined throughput beside the throughput of each device alone, in frames per second.
///
/// Gain and efficiency as in "Neural Network Inference on Mobile SoCs", section V: gain is over the best single device.
public struct CoExecutionGain: Sendable, Equatable {
    public let isolatedFramesPerSecond: [Double]
    public let combinedFramesPerSecond: Double

    /// - Precondition: at least one device, and every isolated throughput is positive.
    public init(isolatedFramesPerSecond: [Double], combinedFramesPerSecond: Double) {
        precondition(!isolatedFramesPerSecond.isEmpty && isolatedFramesPerSecond.allSatisfy { $0 > 0 })
        self.isolatedFramesPerSecond = isolatedFramesPerSecond
        self.combinedFramesPerSecond = combinedFramesPerSecond
    }

    /// Throughput of the best device alone.
    public var bestSingleFramesPerSecond: Double { isolatedFramesPerSecond.max()! }

    /// Combined ÷ best single device − 1, in percent.
    public var gainPercent: Double { (combinedFramesPerSecond / bestSingleFramesPerSecond - 1) * 100 }

    /// Combined ÷ sum of isolated throughputs.
    public var efficiency: Double { combinedFramesPerSecond / isolatedFramesPerSecond.reduce(0, +) }
}
