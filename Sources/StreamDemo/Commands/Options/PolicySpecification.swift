// How a policy is asked for on the command line: what `Policies` knows, with errors of usage.

import CoExec

/// A policy as a user asks for it, before the devices are known: `work-stealing`, `single:gpu`. Case doesn't matter.
struct PolicySpecification {
    static let forms = Policies.forms
    private let policy: any Policy

    /// - Throws: `UsageError`, one line that lists the known policies or says what is wrong with this one.
    init(parsing text: String) throws {
        do {
            policy = try Policies.policy(text)
        } catch let error as PolicyError {
            throw UsageError(error.description)
        }
    }

    /// The policy for a stream of devices with these names.
    /// - Throws: `UsageError` where it names a device that isn't there, or hasn't a weight for each.
    func policy(forDevices names: [String]) throws -> any Policy {
        do {
            return try policy.fitted(to: names)
        } catch let error as PolicyError {
            throw UsageError(error.description)
        }
    }
}
