// Frames as they lie, on every engine: each format × odd and even sizes × strides × matrix × range × orientation × crop.
import Kernels
import Testing

@Suite("Image formats", .serialized)
struct ImageFormatConformance {
    @Test("within half a step of the reference", arguments: EngineUnderTest.runnable)
    func formats(_ engine: EngineUnderTest) throws {
        var random = SeededValues(seed: 11)
        let made = try engine.make()
        for (position, input) in Self.inputs.enumerated() {
            var network = Network(name: "picture")
            network.setOutputs(try network.append(.image(input)))
            let context = try made.compile(network).makeContext()
            let reference = try ReferenceEngine().compile(network).makeContext()
            for format in PixelFormat.allCases {
                for index in 0..<6 {
                    let image = try Self.picture(format, 6 * position + index, &random)
                    var (expected, outputs) = (network.makeOutputs(), network.makeOutputs())
                    try reference.run([.images([image])], into: &expected)
                    try context.run([.images([image])], into: &outputs)
                    let error = zip(outputs[0].values, expected[0].values).map { abs($0 - $1) }.max() ?? 0
                    let bound = max(Float(engine.tolerance) * 255, 0.01)
                    #expect(
                        error <= bound,
                        "\(format) \(image.width)×\(image.height) \(image.orientation) \(input.fit): \(error)")
                }
            }
        }
    }

    /// Channels are in byte units, so that errors are.
    private static let inputs: [ImageInput] = [
        input(13, 9, .rgb, .stretch, .area), input(40, 31, .bgr, .letterbox(grey: 114), .bilinear),
        input(8, 20, .grey, .crop, .area), input(5, 5, .rgba, .letterbox(grey: 0), .area),
    ]

    private static func input(
        _ width: Int, _ height: Int, _ channels: ImageChannels, _ fit: ImageFit, _ resampling: ImageResampling
    ) -> ImageInput {
        ImageInput(
            height: height, width: width, channels: channels, mean: [Float](repeating: 3, count: channels.count),
            scale: [Float](repeating: 1, count: channels.count), fit: fit, resampling: resampling)
    }

    private static func picture(
        _ format: PixelFormat, _ number: Int, _ random: inout SeededValues
    ) throws -> Image {
        let sizes = [(1, 1), (2, 3), (37, 21), (64, 48), (101, 7), (6, 90)]
        let (width, height) = sizes[number % sizes.count]
        let matrix = ColourMatrix.allCases[number % ColourMatrix.allCases.count]
        let whole = try SampledPicture(
            format, width: width, height: height,
            colours: ColourEncoding(matrix, isFullRange: number.isMultiple(of: 3)),
            orientation: ImageOrientation(exif: number % 8 + 1)!, gap: number % 4 * 6,
            isFromBelow: number % 5 == 4, random: &random
        ).image
        guard number % 3 == 2 else { return whole }
        let part = ImageArea(
            x: whole.width / 3, y: whole.height / 4, width: (whole.width + 1) / 2, height: (whole.height + 1) / 2)
        return try whole.cropped(to: part)
    }
}
