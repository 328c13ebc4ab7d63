// Trained TFLite models as people ship them, beside what LiteRT 2.3 computes of the same numbers.
import Kernels
import Testing

@Suite("TFLite in the wild", .enabled(if: GoldenRun.folder != nil, "COEXEC_DATA is not set"))
struct TFLiteWildTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let file: String
        /// Fed are 0, 1, … 250 and again, in these steps, from a start.
        var step: Float = 1 / 251
        var start: Float = 0
        /// Of some outputs: their first, middle and last element.
        let expected: [(output: Int, values: [Float])]

        var testDescription: String { file }
    }

    static let rows = [
        // PRELU.
        Row(file: "t_mp_recrop.tflite", expected: [(0, [137.3189, 128.8986, 216.2175])]),
        // DENSIFY, DEPTH_TO_SPACE.
        Row(
            file: "t_mp_face_full.tflite",
            expected: [(0, [-5.484628, -7.038189, 12.05888]), (1, [-11.29929, -13.91011, -195.9504])]),
        // Softmax in its parts.
        Row(
            file: "t_mtcnn_r.tflite",
            expected: [(0, [0.9996383, 0.0003617172, 0.0003617172]), (1, [0.0506086, -0.01967583, 0.1780192])]),
        // 8 bits, TFLite_Detection_PostProcess: classes, and how many boxes.
        Row(
            file: "t_coco_ssd.tflite", step: 0.0078125, start: -1, expected: [(1, [0, 61, 61]), (3, [10, 10, 10])]),
    ]

    @Test(arguments: rows) func runsAsInLiteRT(_ row: Row) throws {
        let network = try Network(tfliteFile: try #require(GoldenRun.folder) + "/wild/" + row.file)
        let shape = network.nodes[network.inputs[0]].shape
        let input = Tensor(shape, (0..<shape.count).map { Float($0 % 251) * row.step + row.start })
        var outputs = network.makeOutputs()
        try CPUEngine(threads: 1).compile(network).makeContext().run([.tensor(input)], into: &outputs)
        for (output, values) in row.expected {
            let given = outputs[output].values
            let picked = [given[0], given[given.count / 2], given[given.count - 1]]
            let error = Tensor([3], picked).relativeError(to: Tensor([3], values))
            #expect(error < 1e-4, "output \(output): \(picked), not \(values)")
        }
    }

    @Test(
        "all are read",
        arguments: [
            "bisenet_head", "coco_ssd", "coral_deeplab05", "coral_movenet", "deeplabv3_meta", "facemesh_fiq",
            "mp_face_full", "mp_face_short", "mp_recrop", "mp_selfie", "mtcnn_p", "mtcnn_r", "yolox_f16",
        ])
    func reading(_ name: String) throws {
        let network = try Network(tfliteFile: try #require(GoldenRun.folder) + "/wild/t_\(name).tflite")
        let transposes = network.nodes.filter { if case .transpose = $0.operation { true } else { false } }
        // Those of what enters and leaves, or of channels that boxes are made of.
        #expect(transposes.count <= 11, "\(name)")
    }
}
