// DenseNet: Huang et al., "Densely Connected Convolutional Networks", 2017, table 1.

extension NetworkCatalog {
    /// 224×224, as torchvision's `densenet121` to `densenet201`. Batch normalisation stands in front of convolutions
    /// here. One between two convolutions is folded into the first; one behind a concatenation can't be, and is a
    /// depthwise 1×1 convolution: its weights and biases are the scales and shifts, its multiply–accumulates count.
    /// - Parameters:
    ///   - blocks: how many layers each block has.
    ///   - growth: channels that each layer adds; the first layer has twice as many.
    static func denseNet(_ builder: inout NetworkBuilder, blocks: [Int], growth: Int = 32) {
        var last = builder.picture(side: 224, .imageNet)
        last = builder.convolution("conv0", last, outputs: 2 * growth, kernel: 7, stride: 2, edges: .pad(3))
        last = builder.pooling("pool0", last, kernel: 3, stride: 2, edges: .pad(1))
        for (block, layers) in blocks.enumerated() {
            for layer in 0..<layers {
                let name = "block\(block + 1).\(layer)"
                var branch = builder.depthwise("\(name)/norm1", last, kernel: 1)
                branch = builder.convolution("\(name)/conv1", branch, outputs: 4 * growth, kernel: 1)
                branch = builder.convolution(
                    "\(name)/conv2", branch, outputs: growth, kernel: 3, edges: .pad(1), activation: .identity,
                    gain: .behindLinear)
                last = builder.concatenation("\(name)/concat", last, branch)
            }
            if block + 1 < blocks.count {
                let name = "transition\(block + 1)"
                let channels = builder.shape(last)[1]
                last = builder.depthwise("\(name)/norm", last, kernel: 1)
                last = builder.convolution(
                    "\(name)/conv", last, outputs: channels / 2, kernel: 1, activation: .identity)
                last = builder.pooling("\(name)/pool", last, .average, kernel: 2, stride: 2)
            }
        }
        builder.classifier(builder.depthwise("norm5", last, kernel: 1))
    }
}
