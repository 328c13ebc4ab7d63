// What a user asks of a device beside its network, and what is said where it can't be had. Values.

import Kernels

/// How many frames a device runs at once, and with how many threads each; nil means by the kind of device.
public struct LaneLayout: Sendable {
    public let lanes: Int?
    public let threads: Int?

    /// Numbers below one are refused when a device is made.
    public init(lanes: Int? = nil, threads: Int? = nil) { (self.lanes, self.threads) = (lanes, threads) }
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
    /// What it computes with: "OpenCL".
    public let engine: String

    public init(device: String, engine: String) { (self.device, self.engine) = (device, engine) }

    public var description: String { "device '\(device)' computes with \(engine), not with a CPU's kernels" }
}

/// A layout that a device cannot have.
public enum LaneLayoutError: Error, Equatable, CustomStringConvertible {
    case tooManyThreads(device: String, lanes: Int, threads: Int, cpuCount: Int)
    /// The engine chooses its own threads: one a CPU that the device may use.
    case fixedThreads(device: String, engine: String)

    public var description: String {
        switch self {
        case .tooManyThreads(let device, let lanes, let threads, let count):
            "device '\(device)': \(lanes) × \(threads) threads do not fit on its \(count) CPU\(count == 1 ? "" : "s")"
        case .fixedThreads(let device, let engine):
            "device '\(device)': \(engine) chooses the threads; give it CPUs instead, as in \(device):0-1"
        }
    }
}
