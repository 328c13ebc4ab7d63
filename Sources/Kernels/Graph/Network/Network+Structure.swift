// What of a network decides how fast each way of computing it is: everything but its weights' values. Pure.

extension Network {
    /// A digest of operations, shapes, windows, groups, activations, wiring and the nodes' names, by which choices are
    /// remembered (they name nodes). Networks that differ only in the values of weights, biases and constants, or in
    /// their own names, share it. The same in every process.
    public var structureDigest: String {
        var digest = StableDigest()
        func add(_ text: String) {
            // With its length, so that no text can pass for two.
            digest.add("\(text.utf8.count) ".utf8)
            digest.add(text.utf8)
        }
        for node in nodes {
            add(node.name)
            let definition = node.operation.definition
            add("\(definition.name) \(definition.structure) \(node.inputs) \(node.shape)")
        }
        add("\(inputs) \(outputs)")
        return digest.text
    }
}
