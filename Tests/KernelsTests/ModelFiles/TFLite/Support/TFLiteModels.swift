// Small TFLite models, and how tests run and refuse them.
import Kernels
import Testing

extension TFLiteEncoder {
    /// A convolution, a flattening and a layer of two classes, all of 8 bits.
    static func classifier() -> TFLiteEncoder {
        var model = TFLiteEncoder()
        let x = model.tensor("x", [1, 4, 4, 3], .int8, Grid(0.5, -3))
        let weights = model.quantized(
            "w", [2, 3, 3, 3], .int8, Grid(scales: [0.01, 0.02], axis: 0), (0..<54).map { $0 * 5 % 23 - 11 })
        let bias = model.tensor("b", [2], .int32, bytes: [3, -20].flatMap { (number: Int32) in number.bytes })
        let map = model.tensor("map", [1, 2, 2, 2], .int8, Grid(0.25, -100))
        let flat = model.tensor("flat", [1, 8], .int8, Grid(0.25, -100))
        let shape = model.integers("shape", [-1, 8])
        let matrix = model.quantized("m", [2, 8], .int8, Grid(0.05, 0), (0..<16).map { $0 * 7 % 19 - 9 })
        let y = model.tensor("y", [1, 2], .int8, Grid(0.125, 7))
        model.operation(3, [x, weights, bias], [map], (1, [.int8(0), .uint32(2), .uint32(2), .int8(1)]))
        model.operation(22, [map, shape], [flat])
        model.operation(9, [flat, matrix, -1], [y], (8, []))
        (model.inputs, model.outputs) = ([x], [y])
        return model
    }

    func network(batch: Int = 1) throws -> Network { try Network(tflite: bytes, batch: batch) }

    /// Runs the model on the reference.
    func run(_ values: [Float]..., batch: Int = 1) throws -> [Tensor] {
        let network = try network(batch: batch)
        var outputs = network.makeOutputs()
        let inputs = zip(network.inputs, values).map {
            NetworkInput.tensor(Tensor(network.nodes[$0].shape, $1))
        }
        try ReferenceEngine().compile(network).makeContext().run(inputs, into: &outputs)
        return outputs
    }
}

/// Expects an error whose text has all these parts.
func expectRefusal(
    _ model: TFLiteEncoder, _ parts: String..., sourceLocation: SourceLocation = #_sourceLocation
) {
    do {
        _ = try Network(tflite: model.bytes)
        Issue.record("imported", sourceLocation: sourceLocation)
    } catch {
        for part in parts {
            #expect(error.description.contains(part), "\(error)", sourceLocation: sourceLocation)
        }
    }
}
