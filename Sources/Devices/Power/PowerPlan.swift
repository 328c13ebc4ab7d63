// Which rails tell the power of what: of each device, and of everything. Pure.

/// How rails are added up.
public struct PowerPlan: Sendable, Hashable {
    /// A device, as far as its power goes.
    public struct Consumer: Sendable {
        /// "big", "gpu".
        public let name: String
        /// Positions of the rails that tell most closely what feeds it; none where no rail does.
        let ownRails: @Sendable ([PowerRail]) -> [Int]

        /// - Parameter ownRails: given rails as meters are preferred.
        public init(name: String, ownRails: @escaping @Sendable ([PowerRail]) -> [Int]) {
            (self.name, self.ownRails) = (name, ownRails)
        }
    }

    /// Positions of the rails that together are all the power that is measured, none of it twice. Empty without rails.
    public let combined: [Int]
    /// Of each consumer, in their order: positions of the rails that feed its unit. Empty where no rail does: what is
    /// measured of it is all the power while it works alone.
    public let own: [[Int]]

    /// - Parameter rails: as meters are preferred: where two measure the same load, the first one counts.
    public init(rails: [PowerRail], consumers: [Consumer]) {
        combined = Self.all(rails)
        own = consumers.map { $0.ownRails(rails) }
    }

    /// A meter before the machine tells all; then parts are added up; a battery, or what a platform says of itself, is
    /// slow or doubtful, and comes last.
    private static func all(_ rails: [PowerRail]) -> [Int] {
        let wholes = rails.indices.filter { rails[$0].load == .machine }
        if let whole = wholes.first(where: { !rails[$0].isSecondChoice }) { return [whole] }
        let parts = rails.indices.filter { rails[$0].load != .machine && !rails[$0].isPart }
        guard !parts.isEmpty else { return Array(wholes.prefix(1)) }
        return parts.filter { index in
            // Two meters with the same load measure it both; two rails of one meter share it. There may be several
            // GPUs.
            guard rails[index].load != .gpu, rails[index].load != .other else { return true }
            let first = parts.first { rails[$0].load == rails[index].load }!
            return rails[index].meter == rails[first].meter
        }
    }
}

extension PowerRail {
    fileprivate var isSecondChoice: Bool { meter == "battery" || name == "psys" }
}
