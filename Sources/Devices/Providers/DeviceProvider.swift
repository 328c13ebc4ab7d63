// What the program knows of one kind of hardware stands in one place: its provider. The command line, the tables, the
// meters and the choice of devices ask providers and units, and never what kind a unit is.
//
// To add a kind: a type that adopts `DeviceProvider`, one that adopts `DeviceUnit`, and a line in `DeviceProviders.all`.
// `TemplateProvider.swift` is the smallest one, made to be copied.

/// Finds the units of one kind of hardware. A value, used on any thread.
public protocol DeviceProvider: Sendable {
    /// How its units are called.
    var naming: UnitNaming { get }

    /// By what the clocks of its units are known; nil where they have none but those of CPUs.
    var clocks: ClockMarks? { get }

    /// Looks for units, on this machine or in another one's dump, where nothing can run.
    ///
    /// It is called once for a command. Where the user has named devices, a provider whose units have a stem is asked
    /// only if one of them is its own; looking may start threads and load drivers.
    /// - Throws: where looking itself fails. A unit that is there and cannot be used is one of the failures.
    func find(_ search: UnitSearch) throws -> FoundUnits

    /// What `devices` says of them; nil for nothing.
    func report(_ found: FoundUnits, of topology: Topology) -> UnitReport?
}

/// What a provider is asked to look for.
public struct UnitSearch: Sendable {
    /// The machine, or the dump: `topology.files` are its /sys and /proc, and nothing runs unless `isThisSystem`.
    public let topology: Topology
    /// The devices asked for that have a name of this provider's, in their order; nil where all units are to be found.
    public let wanted: [DeviceSpecification]?
    /// CPUs that the other devices asked for take.
    public let taken: CPUSet

    public init(_ topology: Topology, wanted: [DeviceSpecification]? = nil, taken: CPUSet = []) {
        (self.topology, self.wanted, self.taken) = (topology, wanted, taken)
    }
}

/// What a provider has found.
public struct FoundUnits: Sendable {
    /// The first is the one that a user most likely means.
    public var units: [any DeviceUnit]
    public var failures: [UnitFailure]

    public init(_ units: [any DeviceUnit] = [], failures: [UnitFailure] = []) {
        (self.units, self.failures) = (units, failures)
    }
}

/// Something that is there and cannot be used: a driver that fails, a unit that doesn't answer.
public struct UnitFailure: Sendable {
    /// "Portable Computing Language", "an OpenCL platform".
    public let name: String
    public let reason: String
    /// Thrown where the user asks for a unit that isn't found.
    public let error: any Error
    /// For the JSON of `devices`.
    public let json: any Encodable & Sendable

    public init(name: String, reason: String, error: any Error, json: any Encodable & Sendable) {
        (self.name, self.reason, self.error, self.json) = (name, reason, error, json)
    }
}

/// How a provider's units are called on the command line. Case doesn't matter there.
public struct UnitNaming: Sendable, Hashable {
    /// "gpu" for units called `gpu`, `gpu1`, …; nil for names that hardware suggests, as `big` and `LITTLE`.
    public let stem: String?
    /// The name of a unit of which a user may ask for several, each on CPUs of its own.
    public let severalName: String?
    /// How names are spelled that aren't in small letters throughout.
    public let spellings: [String]

    public init(stem: String?, severalName: String? = nil, spellings: [String] = []) {
        precondition(stem.map { !$0.isEmpty && $0.allSatisfy { $0.isLetter && $0.isLowercase } } ?? true)
        (self.stem, self.severalName, self.spellings) = (stem, severalName, spellings)
    }

    /// "gpu", "gpu1", …
    /// - Precondition: a stem.
    public func name(_ number: Int) -> String { number == 0 ? stem! : "\(stem!)\(number)" }

    /// The unit that a word in small letters means: 0 for `gpu` and `gpu0`. nil for other words.
    func number(of word: String) -> Int? {
        guard let stem, word.hasPrefix(stem) else { return nil }
        let digits = word.dropFirst(stem.count)
        if digits.isEmpty { return 0 }
        guard let number = Int(digits), number >= 0, "\(number)" == digits else { return nil }
        return number
    }
}

extension DeviceProvider {
    public var clocks: ClockMarks? { nil }

    /// A table of names and descriptions, where there are units.
    public func report(_ found: FoundUnits, of topology: Topology) -> UnitReport? {
        guard let stem = naming.stem else { return nil }
        let report = UnitReport(key: stem, columns: [stem, "what it is"], found)
        return report.rows.isEmpty && report.failures.isEmpty ? nil : report
    }
}
