// What `run` says of ways to compute that were measured while it ran. A value.

import Devices

/// How far measuring came on a device.
struct TuningRow: Encodable {
    let device: String
    let network: String
    /// Layers that there are several ways for, and those of them whose ways were measured by the end.
    let layers: Int
    let measuredLayers: Int
    /// Whether the device went over to the fastest.
    let inUse: Bool
    /// Whether the next start knows what was measured.
    let kept: Bool
    /// Why measuring failed.
    let problem: String?

    /// Of those devices where something was measured: not those of a picture or two.
    static func rows<Frame>(
        _ devices: [NetworkDevice<Frame>], network: String, isKept: Bool
    ) -> [TuningRow] {
        devices.compactMap { device -> TuningRow? in
            guard let progress = device.tuningProgress,
                progress.measuredLayers > 0 || progress.isInUse || progress.problem != nil
            else { return nil }
            return TuningRow(
                device: device.name, network: network, layers: progress.layers,
                measuredLayers: progress.measuredLayers, inUse: progress.isInUse,
                kept: isKept && progress.problem == nil && progress.measuredLayers > 0, problem: progress.problem)
        }
    }

    /// A line.
    var text: String {
        if let problem {
            return "\(device), \(network): usual ways to compute, since measuring better ones failed: \(problem)"
        }
        let use = inUse ? ", and in use" : ""
        let end = kept ? "; kept for the next start" : measuredLayers > 0 ? "; not kept" : ""
        return "\(device), \(network): tuned while running: \(measuredLayers) of \(layers) layers\(use)\(end)"
    }
}
