// Where a network's weights are from, as every output says it.

/// Built-in networks have weights drawn from a fixed seed.
enum Weights: String, Encodable {
    case random, file

    /// nil where there is nothing to say.
    func note(of network: String) -> String? { self == .random ? Self.note(ofRandom: [network]) : nil }

    /// The same of several that are all random; nil of none.
    static func note(ofRandom networks: [String]) -> String? {
        guard let first = networks.first else { return nil }
        return networks.count == 1
            ? "\(first) has random weights: its speed is that of the trained network, its classes mean nothing"
            : """
            \(networks.joined(separator: ", ")) have random weights: their speed is that of trained networks, their \
            classes mean nothing
            """
    }
}
