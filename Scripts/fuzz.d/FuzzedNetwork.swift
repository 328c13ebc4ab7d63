// What every fuzz target does with a network that was imported: it must run. Compiled by Scripts/fuzz.
import NetworkGraph

@testable import ModelFiles

/// Runs a network on the reference, if that doesn't take too long.
func runFuzzed(_ network: Network) {
    let work = network.nodes.reduce(0) { sum, node in
        let (total, overflow) = sum.addingReportingOverflow(
            node.operation.definition.work(node.inputs.map { network.nodes[$0].shape }, node.shape))
        return overflow ? .max : total
    }
    guard work < 100_000 else { return }
    var outputs = network.makeOutputs()
    let inputs = network.inputs.map { NetworkInput.tensor(Tensor(zeros: network.nodes[$0].shape)) }
    do {
        try ReferenceEngine().compile(network).makeContext().run(inputs, into: &outputs)
    } catch {
        fatalError("an imported network does not run: \(error)")
    }
}
