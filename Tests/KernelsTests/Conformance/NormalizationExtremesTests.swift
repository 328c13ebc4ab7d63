// Means far larger than what is left of the elements beside them.
import Kernels
import Testing

@Suite("Normalisation of extremes")
struct NormalizationExtremesTests {
    /// Along lines and across them, long ones too: of equal elements nothing is left, whatever they are.
    @Test(arguments: EngineUnderTest.runnable) func equalElements(_ engine: EngineUnderTest) throws {
        // Halves hold no such numbers.
        guard engine.tolerance < 1e-3 else { return }
        let made = try engine.make()
        let forms: [(shape: Shape, axes: [Int], value: Float)] = [
            ([2, 768], [1], 1000.1), ([1, 3, 256, 256], [2, 3], 100.1), ([30_000, 3], [0], 100.1), ([768, 5], [0], 1000.1),
        ]
        for form in forms {
            var network = Network(name: "equal")
            let input = try network.append(.tensor(form.shape))
            network.setOutputs(
                try network.append(.normalization(Normalization(axes: form.axes, epsilon: 1e-5)), input))
            let context = try made.compile(network).makeContext()
            for step in [0, 0.1] as [Float] {
                let values = (0..<form.shape.count).map { form.value + ($0 / 3 % 2 == 0 ? step : -step) }
                let (tensor, isFlat) = (Tensor(form.shape, values), step == 0)
                let expected = try network.run(tensor)[0].values
                var outputs = network.makeOutputs()
                try context.run([.tensor(tensor)], into: &outputs)
                let error = zip(outputs[0].values, expected).map { abs($0 - $1) }.max() ?? 0
                #expect(error < (isFlat ? 1e-3 : 5e-3), "\(form.shape), step \(step): \(error)")
            }
        }
    }
}
