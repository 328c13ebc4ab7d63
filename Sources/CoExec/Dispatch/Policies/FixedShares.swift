// Shares that somebody worked out beforehand, as the study does.

/// Frames in proportion to weights, one a device.
public struct FixedShares: Policy, Hashable {
    public static let form = "fixed-shares:W1,W2,…"
    public let weights: [Double]

    /// - Parameter weights: 0 or more, at least one above 0.
    public init(_ weights: [Double]) { self.weights = weights }

    public init?(argument: String?) throws {
        guard let argument else { return nil }
        let weights = try argument.split(separator: ",", omittingEmptySubsequences: false).map { item in
            guard let weight = Double(item), weight >= 0, weight <= 1e9 else {
                throw PolicyError(
                    "policy 'fixed-shares:\(argument)': weight '\(item)' is not a number from 0 to 1000000000")
            }
            return weight
        }
        guard weights.contains(where: { $0 > 0 }) else {
            throw PolicyError("policy 'fixed-shares:\(argument)': no weight is above 0")
        }
        self.init(weights)
    }

    public func fitted(to devices: [String]) throws -> FixedShares {
        guard weights.count == devices.count else {
            throw PolicyError(
                "policy fixed-shares: \(weights.count) weights for \(devices.count) devices "
                    + devices.joined(separator: ","))
        }
        return self
    }

    public var assignsFrames: Bool { true }

    /// The device that is furthest behind its share.
    public func device(for frame: Int, among usable: [Int], in view: SchedulingView) -> Int? {
        let total = usable.reduce(0) { $0 + weight($1) }
        guard total > 0 else { return nil }
        func deficit(_ device: Int) -> Double {
            weight(device) / total * Double(frame + 1) - Double(view.devices[device].assigned)
        }
        return usable.max { deficit($0) < deficit($1) }
    }

    /// Devices that were added later have none.
    private func weight(_ device: Int) -> Double { weights.indices.contains(device) ? weights[device] : 0 }
}

extension Policy where Self == FixedShares {
    public static func fixedShares(_ weights: [Double]) -> FixedShares { FixedShares(weights) }
}
