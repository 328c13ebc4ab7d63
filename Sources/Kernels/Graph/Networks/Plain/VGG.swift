// VGG: Simonyan, Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", 2014, table 1.

extension NetworkCatalog {
    /// 224×224, as torchvision's `vgg11` to `vgg19` at inference (dropout does nothing). VGG-16 (the paper's D) has
    /// 15,470,264,320 multiply–accumulates and 138,357,544 parameters, 89 % of them in the fully connected layers.
    /// - Parameter layers: convolutions of each stage.
    static func vgg(_ builder: inout NetworkBuilder, layers: [Int]) {
        var last = builder.picture(side: 224, .imageNet)
        for (stage, (count, width)) in zip(layers, [64, 128, 256, 512, 512]).enumerated() {
            for layer in 0..<count {
                last = builder.convolution(
                    "conv\(stage + 1)_\(layer + 1)", last, outputs: width, kernel: 3, edges: .pad(1))
            }
            last = builder.pooling("pool\(stage + 1)", last, kernel: 2, stride: 2)
        }
        last = builder.fullyConnected("fc6", last, outputs: 4096, activation: .relu)
        last = builder.fullyConnected("fc7", last, outputs: 4096, activation: .relu)
        // Half-size logits, so that no class takes all of the softmax.
        last = builder.fullyConnected("fc8", last, outputs: 1000, gain: 0.5)
        builder.softmax(last)
    }
}
