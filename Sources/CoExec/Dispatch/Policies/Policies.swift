// The policies that there are: a new one is a type in this folder, and a line here.

/// The known policies, as command lines write them.
public enum Policies {
    /// The first is the default.
    public static let all: [any Policy.Type] = [
        WorkStealing.self, SingleDevice.self, RoundRobin.self, FixedShares.self, EarliestCompletion.self,
    ]

    /// How to write each.
    public static var forms: [String] { all.map { $0.form } }

    /// Reads a policy, as in `single:gpu`; case doesn't matter.
    /// - Throws: `PolicyError`, one line that lists the known ones, or says what is wrong with this one.
    public static func policy(_ text: String) throws -> any Policy {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let argument = parts.count == 2 ? String(parts[1]) : nil
        for type in all where name(of: type) == parts[0].lowercased() {
            if let policy = try type.init(argument: argument) { return policy }
        }
        throw PolicyError("no policy '\(text)' (policies: \(forms.joined(separator: " ")))")
    }

    private static func name(of type: any Policy.Type) -> String { String(type.form.prefix { $0 != ":" }) }
}
