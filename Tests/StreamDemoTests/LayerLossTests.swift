// Which layer an 8-bit version's loss is blamed on, and what `quantize` says then.

import Kernels
import Testing

@testable import StreamDemo

@Suite struct LayerLossTests {
    /// Frames, and three layers of one tap a channel; a number is that layer's weight.
    private func network(_ weights: [Float], rounding: Bool = false) throws -> Network {
        var network = Network(name: "three layers")
        let image = ImageInput(batch: 1, height: 4, width: 4, mean: [0, 0, 0], scale: [1, 1, 1])
        var last = try network.append(.image(image), name: "frames")
        for (index, weight) in weights.enumerated() {
            // Of one channel only: a multiple of all would leave the angle as it is.
            let layer = Convolution(
                weights: Tensor([3, 1, 1, 1], [weight, 1, 1]), bias: [0, 0, 0], window: Window(height: 1, width: 1),
                groups: 3)
            last = try network.append(.convolution(layer), last, name: "layer \(index)")
            if rounding {
                let grid = QuantizationGrid(scale: 4, zeroPoint: 0, isSigned: false)
                last = try network.append(.unary(.quantize(grid)), last, name: "layer \(index)/quantize")
            }
        }
        network.setOutputs(last)
        return network
    }

    private let frame = try! Image(width: 4, height: 4, pixels: (0..<48).map { UInt8($0 * 5) })

    @Test func theLayerThatLosesMostIsNamed() throws {
        let engine = CPUEngine(threads: 1)
        let exact = try network([1, 1, 1])
        let loss = try #require(
            try LayerLoss.greatest(of: exact, network([1, 0, 1], rounding: true), for: frame, by: engine))
        #expect(loss.layer == "layer 1" && !loss.op.isEmpty)
        #expect(loss.inputCosine > 0.99 && loss.cosine < 0.9, "\(loss)")
        #expect(try LayerLoss.greatest(of: exact, exact, for: frame, by: engine) == nil)
    }

    @Test func aVersionThatLosesTooMuchIsDoubted() {
        func agreement(_ input: String, _ values: [Float]) -> QuantizeResult.Agreement {
            let exact: [Float] = [1, 0]
            return QuantizeResult.Agreement(
                input: input,
                [
                    NetworkComparison.Frame([exact[...]], [exact[...]]),
                    NetworkComparison.Frame([exact[...], exact[...]], [exact[...], values[...]]),
                ])
        }
        let image = ImageInput(height: 4, width: 4, mean: [0, 0, 0], scale: [1, 1, 1])
        func result(_ test: [Float], _ loss: LayerLoss?) -> QuantizeResult {
            QuantizeResult(
                network: "n", weights: .file, pixels: PixelsRow(image, nil), resample: .area, output: "q.onnx",
                method: "minmax", percentile: nil, bytes: 1, fp32Bytes: 4, calibration: agreement("a.mp4", [1, 0]),
                test: agreement("b.mp4", test),
                loss: loss, seconds: 1)
        }
        #expect(result([1, 0.1], nil).warning.value == nil)
        let loss = LayerLoss(layer: "conv 7", op: "convolution", cosine: 0.7, inputCosine: 0.99)
        let warning = result([0.6, 0.8], loss).warning.value ?? ""
        for part in ["0.600", "frame 1", "b.mp4", "'conv 7'", "0.990", "0.700"] {
            #expect(warning.contains(part), "\(warning)")
        }
    }
}
