// The reference engine against results worked out by hand: nothing else checks what all engines are compared with.
import Kernels
import Testing

@Suite("Reference engine")
struct ReferenceEngineTests {
    private func ramp(_ shape: Shape) -> Tensor { Tensor(shape, (0..<shape.count).map { Float($0 + 1) }) }

    @Test func convolutionSlidesWithoutFlipping() throws {
        // 1 2 3 / 4 5 6 / 7 8 9 under 1 0 / 0 −1, plus a half.
        let layer = Convolution(
            weights: Tensor([1, 1, 2, 2], [1, 0, 0, -1]), bias: [0.5], window: Window(height: 2, width: 2))
        #expect(try apply(.convolution(layer), ramp([1, 1, 3, 3])) == Tensor([1, 1, 2, 2], [-3.5, -3.5, -3.5, -3.5]))
        let weighted = Convolution(
            weights: Tensor([1, 1, 2, 2], [1, 2, 3, 4]), bias: [0], window: Window(height: 2, width: 2))
        #expect(try apply(.convolution(weighted), ramp([1, 1, 3, 3])) == Tensor([1, 1, 2, 2], [37, 47, 67, 77]))
    }

    @Test func convolutionPadsEachSideByItsOwn() throws {
        let padding = Padding(top: 1, left: 0, bottom: 0, right: 2)
        let layer = Convolution(
            weights: Tensor([1, 1, 2, 2], [1, 10, 100, 1000]), bias: [0],
            window: Window(height: 2, width: 2, padding: padding))
        // Rows 00 00 / 12 00 / 34 00.
        #expect(
            try apply(.convolution(layer), ramp([1, 1, 2, 2]))
                == Tensor([1, 1, 2, 3], [2100, 200, 0, 4321, 402, 0]))
    }

    @Test func convolutionStridesAndDilates() throws {
        let strided = Convolution(
            weights: Tensor([1, 1, 1, 1], [2]), bias: [0], window: Window(height: 1, width: 1, stride: 2))
        #expect(try apply(.convolution(strided), ramp([1, 1, 3, 3])) == Tensor([1, 1, 2, 2], [2, 6, 14, 18]))
        let dilated = Convolution(
            weights: Tensor([1, 1, 2, 2], [1, 10, 100, 1000]), bias: [0],
            window: Window(height: 2, width: 2, dilation: 2))
        #expect(try apply(.convolution(dilated), ramp([1, 1, 3, 3])) == Tensor([1, 1, 1, 1], [9731]))
    }

    @Test func convolutionSumsOverChannelsAndKeepsGroupsApart() throws {
        let input = Tensor([1, 4, 1, 1], [1, 2, 3, 4])
        let full = Convolution(
            weights: Tensor([2, 4, 1, 1], [1, 10, 100, 1000, 0, 0, 0, 1]), bias: [0, -1],
            window: Window(height: 1, width: 1))
        #expect(try apply(.convolution(full), input) == Tensor([1, 2, 1, 1], [4321, 3]))
        let grouped = Convolution(
            weights: Tensor([2, 2, 1, 1], [1, 10, 1, 10]), bias: [0, 0], window: Window(height: 1, width: 1),
            groups: 2)
        #expect(try apply(.convolution(grouped), input) == Tensor([1, 2, 1, 1], [21, 43]))
        let depthwise = Convolution(
            weights: Tensor([4, 1, 1, 1], [1, 10, 100, 1000]), bias: [0, 0, 0, 5],
            window: Window(height: 1, width: 1), groups: 4)
        #expect(try apply(.convolution(depthwise), input) == Tensor([1, 4, 1, 1], [1, 20, 300, 4005]))
    }

    @Test func convolutionTreatsBatchElementsAlike() throws {
        let layer = Convolution(
            weights: Tensor([1, 2, 1, 1], [1, -1]), bias: [0], window: Window(height: 1, width: 1),
            activation: .clip(low: -5, high: 6))
        let input = Tensor([2, 2, 1, 2], [9, 1, 2, 3, 0, 20, 7, 1])
        #expect(try apply(.convolution(layer), input) == Tensor([2, 1, 1, 2], [6, -2, -5, 6]))
    }

    @Test func poolingIgnoresPaddingUnlessItCounts() throws {
        let window = Window(height: 2, width: 2, stride: 2, padding: Padding(top: 0, left: 0, bottom: 1, right: 1))
        let input = Tensor([1, 1, 3, 3], [-1, -2, -3, -4, -5, -6, -7, -8, -9])
        #expect(
            try apply(.pooling(Pooling(.maximum, window: window)), input)
                == Tensor([1, 1, 2, 2], [-1, -3, -7, -9]))
        #expect(
            try apply(.pooling(Pooling(.average, window: window)), input)
                == Tensor([1, 1, 2, 2], [-3, -4.5, -7.5, -9]))
        #expect(
            try apply(.pooling(Pooling(.average, window: window, countsPadding: true)), input)
                == Tensor([1, 1, 2, 2], [-3, -2.25, -3.75, -2.25]))
    }

    @Test func overlappingPoolingKeepsPlanesApart() throws {
        let window = Window(height: 1, width: 2)
        let input = Tensor([2, 2, 1, 3], [1, 3, 2, 9, 8, 7, 0, 0, 5, -1, -2, -3])
        #expect(
            try apply(.pooling(Pooling(.maximum, window: window)), input)
                == Tensor([2, 2, 1, 2], [3, 3, 9, 8, 0, 5, -1, -2]))
    }

    @Test func globalAveragePoolingIsTheMeanOfEachPlane() throws {
        #expect(
            try apply(.globalAveragePooling, ramp([2, 2, 1, 2])) == Tensor([2, 2, 1, 1], [1.5, 3.5, 5.5, 7.5]))
    }

    @Test func fullyConnectedFlattensChannelsFirst() throws {
        let layer = FullyConnected(
            weights: Tensor([2, 4], [1, 10, 100, 1000, -1, 0, 0, 0]), bias: [0.5, 0], activation: .relu)
        let input = Tensor([2, 2, 1, 2], [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(try apply(.fullyConnected(layer), input) == Tensor([2, 2], [4321.5, 0, 8765.5, 0]))
    }

    @Test func concatenationJoinsChannelsOfEachBatchElement() throws {
        let a = Tensor([2, 1, 1, 2], [1, 2, 3, 4])
        let b = Tensor([2, 2, 1, 2], [5, 6, 7, 8, 9, 10, 11, 12])
        #expect(
            try apply(.concatenation(), a, b)
                == Tensor([2, 3, 1, 2], [1, 2, 5, 6, 7, 8, 3, 4, 9, 10, 11, 12]))
    }

    @Test func additionAndActivations() throws {
        let a = Tensor([1, 4], [-3, -1, 2, 9])
        let b = Tensor([1, 4], [1, 2, 3, 4])
        #expect(try apply(.addition(.identity), a, b) == Tensor([1, 4], [-2, 1, 5, 13]))
        #expect(try apply(.addition(.clip(low: 0, high: 6)), a, b) == Tensor([1, 4], [0, 1, 5, 6]))
        #expect(try apply(.activation(.relu), a) == Tensor([1, 4], [0, 0, 2, 9]))
        #expect(try apply(.activation(.identity), a) == a)
    }

    @Test func softmaxIsOverChannels() throws {
        // e^ln 3 : e^0 = 3 : 1, also where e^x alone would overflow.
        let ln3 = Float(1.0986122886681098)
        let vector = try apply(.softmax(), Tensor([2, 2], [ln3, 0, 1000, 1000]))
        for (value, expected) in zip(vector.values, [0.75, 0.25, 0.5, 0.5]) {
            #expect(abs(value - Float(expected)) < 1e-6)
        }
        let map = try apply(.softmax(), Tensor([1, 2, 1, 2], [ln3, 0, 0, ln3]))
        for (value, expected) in zip(map.values, [0.75, 0.25, 0.25, 0.75]) {
            #expect(abs(value - Float(expected)) < 1e-6)
        }
    }

    @Test func imageIsInterpolatedThenNormalised() throws {
        var network = Network(name: "image")
        network.setOutputs(
            try network.append(
                .image(ImageInput(height: 1, width: 4, mean: [0, 10, 0], scale: [1, 2, 0.5]))))
        var outputs = network.makeOutputs()
        let frame = try Image(width: 2, height: 2, pixels: [0, 10, 40, 100, 20, 80, 0, 10, 40, 100, 20, 80])
        try ReferenceEngine().compile(network).makeContext().run([.images([frame])], into: &outputs)
        // Columns at source x = −0.25 (clamped), 0.25, 0.75, 1.25 (clamped).
        #expect(outputs[0] == Tensor([1, 3, 1, 4], [0, 25, 75, 100, 0, 5, 15, 20, 20, 25, 35, 40]))
    }

    private func shrunk(_ frame: Image, to width: Int, _ resampling: ImageResampling) throws -> [Float] {
        var network = Network(name: "image")
        let input = ImageInput(height: 1, width: width, mean: [0, 0, 0], scale: [1, 1, 1], resampling: resampling)
        network.setOutputs(try network.append(.image(input)))
        var outputs = network.makeOutputs()
        try ReferenceEngine().compile(network).makeContext().run([.images([frame])], into: &outputs)
        return outputs[0].values
    }

    @Test func bilinearShrinksWithoutSmoothing() throws {
        // The centre of three columns is the middle one.
        let frame = try Image(width: 3, height: 1, pixels: [255, 255, 255, 1, 2, 3, 255, 255, 255])
        #expect(try shrunk(frame, to: 1, .bilinear) == [1, 2, 3])
    }

    @Test func areaShrinksToTheMeanOfWhatIsCovered() throws {
        // Rows are averaged; of three columns to two, each takes one and half of the middle one.
        let frame = try Image(
            width: 3, height: 2, pixels: [0, 30, 90, 60, 60, 0, 120, 0, 0, 6, 36, 96, 66, 66, 6, 126, 6, 6])
        let values = try shrunk(frame, to: 2, .area)
        for (value, expected) in zip(values, [23, 103, 43, 23, 63, 3]) { #expect(abs(value - Float(expected)) < 1e-4) }
        // A single row of one column is every pixel's mean.
        for (value, expected) in zip(try shrunk(frame, to: 1, .area), [63, 33, 33]) {
            #expect(abs(value - Float(expected)) < 1e-4)
        }
    }
}
