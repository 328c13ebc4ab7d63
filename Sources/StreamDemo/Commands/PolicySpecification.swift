// How a policy is written on the command line. Parsing is pure; which devices there are comes later.

import CoExec
import Foundation

/// A policy as a user asks for it: `work-stealing`, `single:gpu`, `round-robin`, `fixed-shares:2,1,5`,
/// `earliest-completion`. Case doesn't matter.
enum PolicySpecification: Hashable {
    case workStealing
    case single(device: String)
    case roundRobin
    case fixedShares([Double])
    case earliestCompletion

    static let forms = [
        "work-stealing", "single:DEVICE", "round-robin", "fixed-shares:W1,W2,…", "earliest-completion",
    ]

    /// - Throws: `UsageError`, one line that lists the known policies.
    init(parsing text: String) throws {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let argument = parts.count == 2 ? String(parts[1]) : nil
        switch (parts[0].lowercased(), argument) {
        case ("work-stealing", nil): self = .workStealing
        case ("round-robin", nil): self = .roundRobin
        case ("earliest-completion", nil): self = .earliestCompletion
        case ("single", let device?) where !device.isEmpty: self = .single(device: device)
        case ("fixed-shares", let list?):
            let weights = try list.split(separator: ",", omittingEmptySubsequences: false).map { item in
                guard let weight = Double(item), weight >= 0, weight <= 1e9 else {
                    throw UsageError("policy '\(text)': weight '\(item)' is not a number from 0 to 1000000000")
                }
                return weight
            }
            guard weights.contains(where: { $0 > 0 }) else {
                throw UsageError("policy '\(text)': no weight is above 0")
            }
            self = .fixedShares(weights)
        default:
            throw UsageError("no policy '\(text)' (policies: \(Self.forms.joined(separator: " ")))")
        }
    }

    /// The policy for a stream of devices with these names.
    /// - Throws: `UsageError` where it names a device that isn't there, or hasn't a weight for each.
    func policy(forDevices names: [String]) throws -> Policy {
        switch self {
        case .workStealing: return .workStealing
        case .roundRobin: return .roundRobin
        case .earliestCompletion: return .earliestCompletion
        case .single(let device):
            guard let index = names.firstIndex(where: { $0.lowercased() == device.lowercased() }) else {
                throw UsageError("policy single: no device '\(device)' among \(names.joined(separator: ","))")
            }
            return .single(device: index)
        case .fixedShares(let weights):
            guard weights.count == names.count else {
                throw UsageError(
                    "policy fixed-shares: \(weights.count) weights for \(names.count) devices "
                        + names.joined(separator: ","))
            }
            return .fixedShares(weights)
        }
    }
}
