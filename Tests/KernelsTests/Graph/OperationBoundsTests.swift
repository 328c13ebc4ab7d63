// What a run's values and odd parameters may not do: trap, take memory without bound, or change shapes.
import Kernels
import Testing

@testable import CPUKernels
@testable import NetworkGraph

@Suite("Operations' bounds")
struct OperationBoundsTests {
    /// Regions that a network thinks up may be anything.
    @Test(arguments: [-1e30, 1e30, .nan, .infinity, -.infinity] as [Float])
    func regionsOfAnySize(_ end: Float) throws {
        let map = Tensor([1, 1, 2, 2], [1, 2, 3, 4])
        let result = try apply(
            .regionAlignment(RegionAlignment(height: 2, width: 2)), map, Tensor([1, 4], [0, 0, end, end]),
            Tensor([1], [0]))
        #expect(result.shape == [1, 1, 2, 2])
    }

    @Test func regionsOfTooManySamplesAreRefused() {
        let alignment = RegionAlignment(height: 1 << 16, width: 1, samples: 1 << 16)
        #expect(throws: ShapeMismatch.self) {
            _ = try Operation.regionAlignment(alignment).outputShape([[1, 1, 2, 2], [1, 4], [1]])
        }
    }

    /// Coordinates that a network thinks up, too.
    @Test(arguments: GridSampling.Border.allCases, [1e12, -1e12, 1e38, .nan, -.infinity] as [Float])
    func coordinatesOfAnySize(_ border: GridSampling.Border, _ coordinate: Float) throws {
        for interpolation in [GridSampling.Interpolation.nearest, .linear, .cubic] {
            let sampling = GridSampling(interpolation, border: border, alignsCorners: false)
            let map = Tensor(zeros: [1, 1, 1, 1 << 16])
            let result = try apply(.gridSampling(sampling), map, Tensor([1, 1, 1, 2], [coordinate, coordinate]))
            #expect(result.values == [0])
        }
    }

    /// Each class may keep all boxes, and compares each with all that it kept.
    @Test func detectionsCountWhatEachClassCompares() {
        let detection = AnchoredDetection(
            limit: 1, classesPerBox: 1, limitPerClass: 1 << 16, threshold: 0, overlap: 1, classes: 256,
            scales: [1, 1, 1, 1], isPerClass: true)
        let boxes = 1 << 14
        #expect(detection.work([[1, boxes, 4], [1, boxes, 256], [boxes, 4]], [1, 2, 6]) >= boxes * boxes * 256)
    }

    /// Libraries and loops have room for some axes only: beyond, definitions are run.
    @Test func tensorsOfManyAxes() throws {
        let shape = Shape([Int](repeating: 1, count: 18) + [2, 3])
        var network = Network(name: "many axes")
        let input = try network.append(.tensor(shape))
        let turned = try network.append(.transpose(Array((0..<20).reversed())), input)
        let doubled = try network.append(.binary(.add), turned, turned)
        network.setOutputs(try network.append(.gather(axis: 0, indices: [2, 0]), doubled))
        let x = Tensor(shape, [1, 2, 3, 4, 5, 6])
        for engine in [ReferenceEngine() as any Engine, CPUEngine(threads: 1, layers: .always(.library))] {
            var outputs = network.makeOutputs()
            try engine.compile(network).makeContext().run([.tensor(x)], into: &outputs)
            #expect(outputs[0].values == [6, 12, 2, 8], "\(engine.name)")
        }
    }
}
