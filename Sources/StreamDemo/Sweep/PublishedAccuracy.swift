// How well trained networks recognise pictures, as their authors say. Only looked up, never measured here.

import Devices

/// Top-1 accuracy on ImageNet's validation set of a network's widths and number formats.
struct PublishedAccuracy {
    /// Who says so.
    let source: String
    /// By width multiplier, in percent.
    private let top1: [NumberFormat: [Double: Double]]

    /// A single crop of 224 × 224 a picture. (github.com/tensorflow/models, research/slim/nets/mobilenet_v1.md, as of
    /// commit 02c04f49: the models of 2018-02-22, those of 8 bits trained with quantisation.)
    static let mobileNetV1 = PublishedAccuracy(
        source: "tensorflow/models, research/slim/nets/mobilenet_v1.md",
        top1: [
            .fp32: [0.25: 49.8, 0.5: 63.3, 0.75: 68.4, 1: 70.9],
            .int8: [0.25: 48.2, 0.5: 62.2, 0.75: 67.9, 1: 69.7],
        ])

    /// In percent.
    /// - Parameter alpha: the width multiplier.
    /// - Returns: nil for what wasn't published.
    func top1(alpha: Double, _ format: NumberFormat) -> Double? { top1[format]?[alpha] }
}
