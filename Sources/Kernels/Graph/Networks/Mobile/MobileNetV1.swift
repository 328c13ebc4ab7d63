// MobileNet v1: Howard et al., "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications",
// 2017, table 1.

extension NetworkCatalog {
    /// 224×224, ReLU6, TensorFlow's SAME padding: (0, 1) in layers of stride 2.
    ///
    /// At width 1: 568.7 M multiply–accumulates and 4,221,032 parameters. That is Keras' and torch's 4,231,976
    /// trainable ones less 10,944: batch normalisation has two a channel, and folded into its convolution it leaves one
    /// bias.
    /// - Parameter width: the multiplier α on every layer's channels.
    static func mobileNetV1(_ builder: inout NetworkBuilder, width: Double) {
        let relu6 = Activation.clip(low: 0, high: 6)
        // Output channels and stride of each depthwise separable block.
        let blocks = [
            (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1), (512, 1), (512, 1), (512, 1), (512, 1),
            (1024, 2), (1024, 1),
        ]
        func channels(_ full: Int) -> Int { Int(Double(full) * width) }

        var last = builder.picture(side: 224, .symmetric)
        last = builder.convolution(
            "conv1", last, outputs: channels(32), kernel: 3, stride: 2, edges: .same, activation: relu6)
        for (index, (outputs, stride)) in blocks.enumerated() {
            last = builder.depthwise(
                "conv_dw_\(index + 1)", last, kernel: 3, stride: stride, edges: .same, activation: relu6)
            last = builder.convolution(
                "conv_pw_\(index + 1)", last, outputs: channels(outputs), kernel: 1, activation: relu6)
        }
        last = builder.globalAveragePooling("global_pool", last)
        last = builder.fullyConnected("predictions", last, outputs: 1000)
        builder.softmax(last)
    }
}
