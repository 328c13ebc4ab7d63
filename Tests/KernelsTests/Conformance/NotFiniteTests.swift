// What isn't finite spoils only the results that are made of it.
import Kernels
import Testing

@Suite("Infinite elements")
struct NotFiniteTests {
    /// Results of two taps, of one, of none: one that is infinite must not reach those that don't read it.
    @Test(arguments: EngineUnderTest.runnable) func resampling(_ engine: EngineUnderTest) throws {
        // Halves may take infinities for numbers, and the other way round.
        guard engine.tolerance < 1e-3 else { return }
        typealias Tap = Resampling.Tap
        let taps = [
            [Tap(index: 1, weight: 1)], [], [Tap(index: 1, weight: 0.5), Tap(index: 2, weight: 0.25)],
            [Tap(index: 3, weight: 1)], [Tap(index: 2, weight: 1), Tap(index: 2, weight: 1), Tap(index: 1, weight: 1)],
        ]
        for (shape, axis) in [([5, 4], 1), ([4, 5], 0), ([1, 3, 4, 17], 2)] as [(Shape, Int)] {
            var network = Network(name: "infinite")
            let input = try network.append(.tensor(shape))
            network.setOutputs(try network.append(.resampling(Resampling(axis: axis, taps: taps)), input))
            let lines = shape.extents[(axis + 1)...].reduce(1, *)
            let values = (0..<shape.count).map { index -> Float in
                let place = index / lines % 4
                return place == 0 ? .nan : place == 3 ? .infinity : Float(index % 7)
            }
            let tensor = Tensor(shape, values)
            let expected = try network.run(tensor)[0].values
            var outputs = network.makeOutputs()
            try engine.make().compile(network).makeContext().run([.tensor(tensor)], into: &outputs)
            #expect(expected.allSatisfy { !$0.isNaN })
            #expect(outputs[0].values == expected, "\(shape)")
        }
    }
}
