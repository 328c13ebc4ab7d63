// ResNet: He et al., "Deep Residual Learning for Image Recognition", 2015, table 1.

extension NetworkCatalog {
    /// What a residual network repeats.
    enum ResidualBlock {
        /// Two 3×3 convolutions.
        case basic
        /// A 3×3 convolution between two of 1×1, the last with four times the channels.
        case bottleneck
    }

    /// 224×224, the stride of a stage in its first 3×3 convolution, as torchvision's `resnet18` to `resnet152` with
    /// batch normalisation folded into the convolutions.
    ///
    /// ResNet-50 has 4,089,184,256 multiply–accumulates and 25,530,472 parameters: 25,557,032 trainable ones less the
    /// 26,560 that folding saves (batch normalisation has two a channel, and leaves one bias).
    /// - Parameter blocks: how many each stage has.
    static func resNet(_ builder: inout NetworkBuilder, blocks: [Int], _ kind: ResidualBlock) {
        // Small branches: with whole ones, each block would double the variance of what runs through; all of these do.
        let gain = 1 / Float(blocks.reduce(0, +)).squareRoot()
        var last = builder.picture(side: 224, .imageNet)
        last = builder.convolution("conv1", last, outputs: 64, kernel: 7, stride: 2, edges: .pad(3))
        last = builder.pooling("pool1", last, kernel: 3, stride: 2, edges: .pad(1))
        for (stage, count) in blocks.enumerated() {
            let width = 64 << stage
            let outputs = kind == .basic ? width : 4 * width
            for block in 0..<count {
                let name = "layer\(stage + 1).\(block)"
                let stride = stage > 0 && block == 0 ? 2 : 1
                let shortcut =
                    builder.shape(last)[1] == outputs
                    ? last
                    : builder.convolution(
                        "\(name)/shortcut", last, outputs: outputs, kernel: 1, stride: stride, activation: .identity)
                var branch: Network.NodeID
                switch kind {
                case .basic:
                    branch = builder.convolution(
                        "\(name)/conv1", last, outputs: width, kernel: 3, stride: stride, edges: .pad(1))
                    branch = builder.convolution(
                        "\(name)/conv2", branch, outputs: width, kernel: 3, edges: .pad(1), activation: .identity,
                        gain: gain)
                case .bottleneck:
                    branch = builder.convolution("\(name)/conv1", last, outputs: width, kernel: 1)
                    branch = builder.convolution(
                        "\(name)/conv2", branch, outputs: width, kernel: 3, stride: stride, edges: .pad(1))
                    branch = builder.convolution(
                        "\(name)/conv3", branch, outputs: outputs, kernel: 1, activation: .identity, gain: gain)
                }
                last = builder.addition("\(name)/sum", shortcut, branch, activation: .relu)
            }
        }
        last = builder.globalAveragePooling("pool5", last)
        // Half-size logits, so that no class takes all of the softmax.
        last = builder.fullyConnected("fc", last, outputs: 1000, gain: 0.5)
        builder.softmax(last)
    }
}
