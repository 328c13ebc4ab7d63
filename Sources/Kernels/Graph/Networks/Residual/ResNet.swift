// ResNet-50: He et al., "Deep Residual Learning for Image Recognition", 2015, table 1.

extension NetworkCatalog {
    /// 224×224, the stride of a stage in its first 3×3 convolution, as torchvision's `resnet50` with batch
    /// normalisation folded into the convolutions.
    ///
    /// 4,089,184,256 multiply–accumulates and 25,530,472 parameters: 25,557,032 trainable ones less the 26,560 that
    /// folding saves (batch normalisation has two a channel, and leaves one bias).
    static func resNet50(_ name: String, batch: Int) -> Network {
        var builder = NetworkBuilder(name: name)
        var last = builder.image(.imageNet(batch: batch))
        last = builder.convolution("conv1", last, outputs: 64, kernel: 7, stride: 2, edges: .pad(3))
        last = builder.pooling("pool1", last, kernel: 3, stride: 2, edges: .pad(1))
        for (stage, blocks) in [3, 4, 6, 3].enumerated() {
            let width = 64 << stage
            for block in 0..<blocks {
                let name = "layer\(stage + 1).\(block)"
                let stride = stage > 0 && block == 0 ? 2 : 1
                let shortcut =
                    block > 0
                    ? last
                    : builder.convolution(
                        "\(name)/shortcut", last, outputs: 4 * width, kernel: 1, stride: stride, activation: .identity)
                var branch = builder.convolution("\(name)/conv1", last, outputs: width, kernel: 1)
                branch = builder.convolution(
                    "\(name)/conv2", branch, outputs: width, kernel: 3, stride: stride, edges: .pad(1))
                // Small branches: with whole ones, each block would double the variance of what runs through.
                branch = builder.convolution(
                    "\(name)/conv3", branch, outputs: 4 * width, kernel: 1, activation: .identity, gain: 0.25)
                last = builder.addition("\(name)/sum", shortcut, branch, activation: .relu)
            }
        }
        last = builder.globalAveragePooling("pool5", last)
        // Half-size logits, so that no class takes all of the softmax.
        last = builder.fullyConnected("fc", last, outputs: 1000, gain: 0.5)
        return builder.softmax(last)
    }
}
