// What `quantize` says of a network and its 8-bit version.

import Devices
import Foundation
import Kernels

/// Sizes, and how near the results are; as JSON, and for people.
struct QuantizeResult: Encodable {
    /// On one clip.
    struct Agreement: Encodable {
        let input: String
        let frames: Int
        /// Frames for which both versions put the same class first.
        let top1Percent: Double
        /// Between both versions' values before the softmax: the mean over the frames, and the least.
        let cosine: Double
        let leastCosine: Double
        /// Of the frame with it, from 0.
        let leastFrame: Int

        /// Below it, a version's results aren't the network's any more.
        static let worthyCosine = 0.95

        var isWorthy: Bool { leastCosine >= Self.worthyCosine }

        /// - Precondition: a frame at least.
        init(input: String, _ results: [NetworkComparison.Frame]) {
            self.input = input
            frames = results.count
            top1Percent = 100 * Double(results.count(where: \.agreesOnTop)) / Double(results.count)
            cosine = results.reduce(0) { $0 + $1.cosine } / Double(results.count)
            leastFrame = results.indices.min { results[$0].cosine < results[$1].cosine }!
            leastCosine = results[leastFrame].cosine
        }
    }

    let network: String
    let weights: Weights
    let pixels: PixelsRow
    let resample: ImageResampling
    let output: String
    let method: String
    /// nil for `minmax`.
    let percentile: OrNull<Double>
    let bytes: Int
    /// Of the same network written as ONNX in FP32.
    let fp32Bytes: Int
    let ratio: Double
    /// On the frames that ranges were chosen by.
    let calibration: Agreement
    /// On others.
    let test: Agreement
    /// Why the file had better not be used; null if nothing speaks against it.
    let warning: OrNull<String>
    /// The layer that loses most, where there is a warning.
    let greatestLoss: OrNull<LayerLoss>
    let seconds: Double

    init(
        network: String, weights: Weights, pixels: PixelsRow, resample: ImageResampling, output: String, method: String,
        percentile: Double?, bytes: Int, fp32Bytes: Int, calibration: Agreement, test: Agreement, loss: LayerLoss?,
        seconds: Double
    ) {
        (self.network, self.weights, self.pixels, self.resample) = (network, weights, pixels, resample)
        (self.output, self.method) = (output, method)
        (self.percentile, self.bytes, self.fp32Bytes) = (OrNull(percentile), bytes, fp32Bytes)
        ratio = Double(bytes) / Double(fp32Bytes)
        (self.calibration, self.test, self.seconds) = (calibration, test, seconds)
        let worst = calibration.leastCosine < test.leastCosine ? calibration : test
        warning = OrNull(worst.isWorthy ? nil : Self.warning(worst, loss))
        greatestLoss = OrNull(loss)
    }

    private static func warning(_ agreement: Agreement, _ loss: LayerLoss?) -> String {
        let place =
            loss.map {
                """
                the greatest loss is in '\($0.layer)' (\($0.op)), \($0.inputCosine.formatted(digits: 3)) in front of \
                it and \($0.cosine.formatted(digits: 3)) behind
                """
            } ?? "no layer by itself loses anything"
        return """
            8 bits don't follow FP32: cosine \(agreement.leastCosine.formatted(digits: 3)) on frame \
            \(agreement.leastFrame) of \(agreement.input), below \(Agreement.worthyCosine); \(place)
            """
    }

    var text: String {
        var table = Table(["frames of", "frames", "same top-1 %", "cosine", "least"])
        for agreement in [calibration, test] {
            table.append([
                agreement.input, String(agreement.frames), agreement.top1Percent.formatted(digits: 1),
                agreement.cosine.formatted(digits: 5), agreement.leastCosine.formatted(digits: 5),
            ])
        }
        let ranges = percentile.value.map { "\($0) % of the values" } ?? "all values"
        return """
            \(table.text)
            8 bits beside FP32, values before the softmax; ranges hold \(ranges) on \(calibration.input); \
            \(resample.text)
            \(pixels.text)
            \(network): \(output) has \(Self.megabytes(bytes)), \(ratio.formatted(digits: 3)) of the same network in \
            FP32 (\(Self.megabytes(fp32Bytes)) as ONNX); \(seconds.formatted(digits: 1)) s
            """ + (weights.note(of: network).map { "\n" + $0 } ?? "")
    }

    private static func megabytes(_ count: Int) -> String { "\((Double(count) / 1e6).formatted(digits: 2)) MB" }
}
