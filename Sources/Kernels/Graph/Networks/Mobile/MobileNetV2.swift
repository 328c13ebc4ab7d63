// MobileNet v2: Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", 2018, table 2.

extension NetworkCatalog {
    /// 224×224, ReLU6, as torchvision's `mobilenet_v2`: 300,774,272 multiply–accumulates, 3,504,872 trainable
    /// parameters before batch normalisation is folded.
    static func mobileNetV2(_ builder: inout NetworkBuilder) {
        let relu6 = Activation.clip(low: 0, high: 6)
        // Expansion, output channels, repeats and first stride of each stage.
        let stages = [
            (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
        ]
        var last = builder.picture(side: 224, .imageNet)
        last = builder.convolution(
            "conv1", last, outputs: 32, kernel: 3, stride: 2, edges: .pad(1), activation: relu6)
        for (stage, (expansion, outputs, repeats, stride)) in stages.enumerated() {
            for block in 0..<repeats {
                last = builder.invertedResidual(
                    "block\(stage + 1).\(block)", last, outputs: outputs, expansion: expansion, kernel: 3,
                    stride: block == 0 ? stride : 1, activation: relu6)
            }
        }
        last = builder.convolution(
            "conv_last", last, outputs: 1280, kernel: 1, activation: relu6, gain: .behindLinear)
        builder.classifier(last)
    }
}
