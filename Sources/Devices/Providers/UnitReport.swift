// What a provider has `devices` say of its units: rows of a table, lines below it, and the JSON. Values; the program
// lays them out.

/// One provider's part of `devices`.
public struct UnitReport: Sendable {
    /// One unit.
    public struct Row: Sendable {
        /// As many as the report has columns.
        public let cells: [String]
        /// More than fits the table, below it; nil for nothing.
        public let details: String?
        public let json: any Encodable & Sendable

        public init(cells: [String], details: String? = nil, json: any Encodable & Sendable) {
            (self.cells, self.details, self.json) = (cells, details, json)
        }
    }

    /// Of the JSON's array of units, in camel case: "opencl". What is there and cannot be used is in another one,
    /// "openclFailures".
    public let key: String
    /// The table's header.
    public let columns: [String]
    public let rows: [Row]
    public let failures: [UnitFailure]
    /// What stands above the failures.
    public var failuresTitle = "units that cannot be used:"
    /// The JSON has an array of failures also where there are none.
    public var promisesFailures = false
    /// Lines below the table that are of no unit.
    public var notes: [String] = []
    /// Said in place of a table without rows; nil for nothing.
    public var absence: String?

    public init(key: String, columns: [String], _ found: FoundUnits) {
        (self.key, self.columns) = (key, columns)
        (rows, failures) = (found.units.filter(\.summary.isListed).map(\.row), found.failures)
    }
}
