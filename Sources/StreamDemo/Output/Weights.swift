// Where a network's weights are from, as every output says it.

/// Built-in networks have weights drawn from a fixed seed.
enum Weights: String, Encodable {
    case random, file

    /// nil where there is nothing to say.
    func note(of network: String) -> String? {
        self == .random
            ? "\(network) has random weights: its speed is that of the trained network, its classes mean nothing" : nil
    }
}
