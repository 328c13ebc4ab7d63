// Trained models as people ship them, beside what ONNX Runtime 1.31.1 computes of the same numbers.
import Kernels
import Testing

@Suite("Wild models", .enabled(if: GoldenRun.folder != nil, "COEXEC_DATA is not set"))
struct WildModelTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let file: String
        let shape: Shape
        var size: ImageSize?
        /// Fed are 0, 1, … 250 and again, in these steps.
        var step: Float = 1
        /// Of some outputs: which, their first, middle and last element.
        let expected: [(output: Int, values: [Float])]

        var testDescription: String { file }
    }

    static let rows = [
        // Open heights and widths.
        Row(
            file: "o_ppocr_cls.onnx", shape: [1, 3, 48, 192], size: ImageSize(width: 192, height: 48), step: 1 / 251,
            expected: [(0, [0.5594011, 0.4405989, 0.4405989])]),
        Row(
            file: "o_yunet_dyn.onnx", shape: [1, 3, 128, 160], size: ImageSize(width: 160, height: 128),
            step: 255 / 251,
            expected: [
                (0, [0.5154538, 0.5280778, 0.5913128]), (6, [0.4056695, 0.2421419, 0.5632653]),
                (9, [-0.1032101, -0.2946785, 0.7965732]), (11, [0.1088861, 0.02375555, 0.5721916]),
            ]),
        Row(
            file: "o_mtcnn_p.onnx", shape: [1, 48, 60, 3], size: ImageSize(width: 60, height: 48), step: 1 / 251,
            expected: [
                (0, [0.1175847, -0.05492219, 0.04198096]), (1, [0.9961829, 0.0002844713, 0.0002092557]),
            ]),
        // Luma.
        Row(
            file: "o_mnist_ort.onnx", shape: [1, 1, 28, 28], step: 1 / 251,
            expected: [(0, [-2.361738, 7.497989, -3.906851])]),
    ]

    @Test(arguments: rows, [0, 1, 2])
    func runsAsInONNXRuntime(_ row: Row, _ index: Int) throws {
        var engines: [any Engine] = [CPUEngine(threads: 1, library: .oneDNN), CPUEngine(threads: 1, library: .xnnpack)]
        if OpenCLUnderTest.skipReason == nil { engines.append(try OpenCLUnderTest.engine()) }
        guard engines.indices.contains(index) else { return }
        let network = try Network(onnxFile: try #require(GoldenRun.folder) + "/wild/" + row.file, size: row.size)
        let input = Tensor(row.shape, (0..<row.shape.count).map { Float($0 % 251) * row.step })
        var outputs = network.makeOutputs()
        try engines[index].compile(network).makeContext().run([.tensor(input)], into: &outputs)
        for (output, values) in row.expected {
            let given = outputs[output].values
            let picked = [given[0], given[given.count / 2], given[given.count - 1]]
            let error = Tensor([3], picked).relativeError(to: Tensor([3], values))
            #expect(error < 1e-4, "\(engines[index].name), output \(output): \(picked), not \(values)")
        }
        // The same model with frames.
        let options = ModelOptions(size: row.size)
        let frames = try Network(modelFile: try #require(GoldenRun.folder) + "/wild/" + row.file, options)
        #expect(frames.operationNames[0] == "image")
    }
}
