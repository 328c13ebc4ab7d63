// One of several streams as `run --stream` says it. Parsing is pure.

import ArgumentParser
import CoExec

/// `NAME=INPUT[;model=F|network=N][;labels=F][;weight=W][;priority=P][;admission=A]`. What a stream leaves out is as for
/// the whole command.
struct StreamSpecification: Hashable {
    static let form = "NAME=INPUT[;model=F|network=N][;labels=F][;weight=W][;priority=P][;admission=A]"

    let name: String
    /// As `run`'s own input; nil for the built-in clip.
    let input: String?
    private(set) var model: String?
    private(set) var network: String?
    private(set) var labels: String?
    private(set) var weight = 1.0
    private(set) var priority = 0
    private(set) var admission: Admission?

    /// - Throws: `UsageError` naming what can't be read; the parser of arguments says of which `--stream`.
    init(parsing text: String) throws {
        var parts = text.split(separator: ";", omittingEmptySubsequences: false).map(String.init)
        let (name, input) = try Self.pair(parts.removeFirst())
        guard !name.isEmpty else { throw UsageError("it has no name (\(Self.form))") }
        (self.name, self.input) = (name, input.isEmpty ? nil : input)
        var seen: Set<String> = []
        for part in parts {
            let (key, value) = try Self.pair(part)
            guard seen.insert(key).inserted else { throw UsageError("\(key) is there twice") }
            try set(key, value)
        }
        guard model == nil || network == nil else { throw UsageError("give model or network, not both") }
    }

    private static func pair(_ part: String) throws -> (String, String) {
        guard let split = part.firstIndex(of: "=") else {
            throw UsageError("'\(part)' has no '=' (\(form))")
        }
        return (String(part[..<split]), String(part[part.index(after: split)...]))
    }

    private mutating func set(_ key: String, _ value: String) throws {
        func refuse(_ what: String) -> UsageError { UsageError("\(key) '\(value)' \(what)") }
        switch key {
        case "model": model = value
        case "network": network = value
        case "labels": labels = value
        case "weight":
            guard let number = Double(value), (1e-3...1e3).contains(number) else {
                throw refuse("is not a number from 0.001 to 1000")
            }
            weight = number
        case "priority":
            guard let number = Int(value), (-100...100).contains(number) else {
                throw refuse("is not a whole number from -100 to 100")
            }
            priority = number
        case "admission":
            guard let choice = Admission(argument: value) else {
                throw refuse("is none of \(Admission.allCases.map(\.argument).joined(separator: ", "))")
            }
            admission = choice
        default: throw UsageError("there is no '\(key)' (\(Self.form))")
        }
    }
}

extension Admission: CaseIterable, ExpressibleByArgument {
    public static let allCases: [Admission] = [.wait, .dropOldest, .dropNewest]

    var argument: String {
        switch self {
        case .wait: "wait"
        case .dropOldest: "drop-oldest"
        case .dropNewest: "drop-newest"
        }
    }

    public init?(argument: String) {
        guard let choice = Self.allCases.first(where: { $0.argument == argument }) else { return nil }
        self = choice
    }

    public var defaultValueDescription: String { argument }
    public static var allValueStrings: [String] { allCases.map(\.argument) }
}
