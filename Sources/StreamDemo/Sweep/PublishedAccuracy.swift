// How well trained MobileNets recognise pictures, as their authors say. Only looked up, never measured here.

/// Top-1 accuracy on ImageNet's validation set, a single crop of 224 × 224 a picture, in percent.
/// (github.com/tensorflow/models, research/slim/nets/mobilenet_v1.md, as of commit 02c04f49: the models of 2018-02-22, those
/// of 8 bits trained with quantisation.)
enum PublishedAccuracy {
    static let source = "tensorflow/models, research/slim/nets/mobilenet_v1.md"

    /// - Parameters:
    ///   - alpha: the width multiplier of MobileNet v1.
    ///   - format: fp32 or int8.
    /// - Returns: nil for what wasn't published.
    static func mobileNetV1(alpha: Double, _ format: NumberFormat) -> Double? {
        switch format {
        case .fp32: [0.25: 49.8, 0.5: 63.3, 0.75: 68.4, 1: 70.9][alpha]
        case .int8: [0.25: 48.2, 0.5: 62.2, 0.75: 67.9, 1: 69.7][alpha]
        case .bf16, .fp16: nil
        }
    }
}
