// Where frames of other shapes go in a network's input, and what their pixels become.
import Testing

@testable import NetworkGraph

@Suite("Image fit")
struct ImageFitTests {
    private func input(_ fit: ImageFit, _ channels: ImageChannels = .rgb, width: Int = 6, height: Int = 4) -> ImageInput
    {
        let ones = [Float](repeating: 1, count: channels.count)
        return ImageInput(
            height: height, width: width, channels: channels, mean: ones.map { _ in 0 }, scale: ones, fit: fit)
    }

    private func outputs(_ input: ImageInput, _ frame: Image) throws -> Tensor {
        var network = Network(name: "image")
        network.setOutputs(try network.append(.image(input)))
        var outputs = network.makeOutputs()
        try ReferenceEngine().compile(network).makeContext().run([.images([frame])], into: &outputs)
        return outputs[0]
    }

    @Test func fitsKeepTheAspectRatio() {
        let whole = ImageArea(width: 6, height: 4)
        let stretched = input(.stretch).placement(frameWidth: 5, frameHeight: 50)
        #expect(stretched.source == ImageArea(width: 5, height: 50) && stretched.target == whole)
        let wide = input(.crop).placement(frameWidth: 101, frameHeight: 40)
        #expect(wide.source == ImageArea(x: 20, width: 60, height: 40) && wide.target == whole)
        let high = input(.crop).placement(frameWidth: 60, frameHeight: 101)
        #expect(high.source == ImageArea(y: 30, width: 60, height: 40) && high.target == whole)
        let low = input(.letterbox(grey: 0)).placement(frameWidth: 60, frameHeight: 20)
        #expect(low.source == ImageArea(width: 60, height: 20) && low.target == ImageArea(y: 1, width: 6, height: 2))
        let narrow = input(.letterbox(grey: 0)).placement(frameWidth: 1, frameHeight: 1000)
        #expect(narrow.target == ImageArea(x: 2, width: 1, height: 4))
        for fit in [ImageFit.crop, .letterbox(grey: 9)] {
            let equal = input(fit).placement(frameWidth: 600, frameHeight: 400)
            #expect(equal.source == ImageArea(width: 600, height: 400) && equal.target == whole)
        }
    }

    @Test func channelsAreInTheirOrder() throws {
        let frame = try Image(width: 1, height: 1, pixels: [100, 50, 200])
        let luma: Float = 29.9 + 29.35 + 22.8
        let expected: [(ImageChannels, [Float])] = [
            (.rgb, [100, 50, 200]), (.bgr, [200, 50, 100]), (.grey, [luma]), (.rgba, [100, 50, 200, 255]),
            (.bgra, [200, 50, 100, 255]),
        ]
        for (channels, values) in expected {
            let result = try outputs(input(.stretch, channels, width: 1, height: 1), frame)
            #expect(result.shape == [1, channels.count, 1, 1])
            #expect(zip(result.values, values).allSatisfy { abs($0 - $1) < 1e-3 }, "\(channels): \(result.values)")
        }
    }

    @Test func bordersAreGreyAndOpaque() throws {
        let frame = try Image(width: 1, height: 2, pixels: [1, 2, 3, 1, 2, 3])
        let result = try outputs(input(.letterbox(grey: 7), .rgba, width: 3, height: 2), frame)
        let planes: [[Float]] = [[7, 1, 7, 7, 1, 7], [7, 2, 7, 7, 2, 7], [7, 3, 7, 7, 3, 7]]
        #expect(result.values == planes.flatMap { $0 } + [Float](repeating: 255, count: 6))
    }

    @Test func fitsAreText() {
        for fit in [ImageFit.stretch, .crop, .letterbox(grey: 114), .letterbox(grey: 0)] {
            #expect(ImageFit(parsing: fit.text) == fit)
        }
        #expect(ImageFit(parsing: "letterbox") == .letterbox(grey: 114))
        for text in ["", "letterbox:", "letterbox:256", "crop:1", "Crop", "letterbox:1:2"] {
            #expect(ImageFit(parsing: text) == nil, "\(text)")
        }
    }
}
