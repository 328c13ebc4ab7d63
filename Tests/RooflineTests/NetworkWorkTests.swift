// What layers compute and move, by shapes.

import NetworkGraph
import Testing

@testable import Roofline

@Suite struct NetworkWorkTests {
    @Test(arguments: ["alexnet", "squeezenet", "resnet50", "mobilenet_v1"])
    func operationsAreTheNetworks(name: String) throws {
        let network = try NetworkCatalog.make(name)
        let work = NetworkWork(network)
        #expect(work.operations == 2 * network.multiplyAccumulates)
        #expect(work.weightBytes == 4 * network.parameterCount)
        let half = NetworkWork(network, in: .bf16)
        #expect(half.operations == work.operations && 2 * half.minimumBytes == work.minimumBytes)
        // What is read lies where it was written.
        for layer in work.layers { #expect(layer.result.count > 0 && layer.result.upperBound <= work.addressBytes) }
    }

    @Test func aLayersBytesAreInputsWeightsAndResult() throws {
        var network = Network(name: "one")
        let input = try network.append(.tensor(Shape([1, 8, 16, 16])))
        let layer = Convolution(
            weights: Tensor(zeros: [4, 8, 3, 3]), bias: [Float](repeating: 0, count: 4),
            window: Window(height: 3, width: 3, padding: Padding(1)))
        let convolution = try network.append(.convolution(layer), input)
        let activation = try network.append(.activation(.relu), convolution)
        network.setOutputs(activation)
        let work = NetworkWork(network)
        let made = try #require(work.layers.last)
        #expect(made.operations == 2 * 4 * 16 * 16 * 8 * 9 && made.winogradFactor == 4)
        #expect(made.minimumBytes == 4 * (8 * 256 + 4 * 8 * 9 + 4 + 4 * 256))
        // The activation is fused.
        #expect(work.layers.count == 2)
    }
}
