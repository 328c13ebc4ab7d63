// GoogLeNet: Szegedy et al., "Going Deeper with Convolutions", 2014, table 1.

extension NetworkCatalog {
    /// 224×224, pooling in ceil mode. As torchvision's `googlenet` at inference: batch normalisation, folded into the
    /// convolutions, in place of local response normalisation, and no auxiliary heads; but with the paper's 5×5
    /// kernels and 3×3 pools where torchvision has 3×3 and a 2×2.
    ///
    /// 1,582,671,872 multiply–accumulates and 6,998,552 parameters: 7,005,832 trainable ones less the 7,280 that
    /// folding saves (batch normalisation has two a channel, and leaves one bias).
    static func googLeNet(_ builder: inout NetworkBuilder) {
        /// Four branches, joined: 1×1; 1×1 then 3×3; 1×1 then 5×5; pool then 1×1. Pairs are the two layers' channels.
        func inception(
            _ number: String, _ input: Network.NodeID, _ narrow: Int, _ middle: (Int, Int), _ wide: (Int, Int),
            pooled: Int
        ) -> Network.NodeID {
            let name = "inception\(number)"
            let one = builder.convolution("\(name)/1x1", input, outputs: narrow, kernel: 1)
            let three = builder.convolution(
                "\(name)/3x3", builder.convolution("\(name)/3x3_reduce", input, outputs: middle.0, kernel: 1),
                outputs: middle.1, kernel: 3, edges: .pad(1))
            let five = builder.convolution(
                "\(name)/5x5", builder.convolution("\(name)/5x5_reduce", input, outputs: wide.0, kernel: 1),
                outputs: wide.1, kernel: 5, edges: .pad(2))
            let pool = builder.convolution(
                "\(name)/pool_proj",
                builder.pooling("\(name)/pool", input, kernel: 3, stride: 1, edges: .pad(1)),
                outputs: pooled, kernel: 1)
            return builder.concatenation("\(name)/output", one, three, five, pool)
        }

        var last = builder.picture(side: 224, .imageNet)
        last = builder.convolution("conv1", last, outputs: 64, kernel: 7, stride: 2, edges: .pad(3))
        last = builder.pooling("pool1", last, kernel: 3, stride: 2, edges: .ceil)
        last = builder.convolution("conv2_reduce", last, outputs: 64, kernel: 1)
        last = builder.convolution("conv2", last, outputs: 192, kernel: 3, edges: .pad(1))
        last = builder.pooling("pool2", last, kernel: 3, stride: 2, edges: .ceil)
        last = inception("3a", last, 64, (96, 128), (16, 32), pooled: 32)
        last = inception("3b", last, 128, (128, 192), (32, 96), pooled: 64)
        last = builder.pooling("pool3", last, kernel: 3, stride: 2, edges: .ceil)
        last = inception("4a", last, 192, (96, 208), (16, 48), pooled: 64)
        last = inception("4b", last, 160, (112, 224), (24, 64), pooled: 64)
        last = inception("4c", last, 128, (128, 256), (24, 64), pooled: 64)
        last = inception("4d", last, 112, (144, 288), (32, 64), pooled: 64)
        last = inception("4e", last, 256, (160, 320), (32, 128), pooled: 128)
        last = builder.pooling("pool4", last, kernel: 3, stride: 2, edges: .ceil)
        last = inception("5a", last, 256, (160, 320), (32, 128), pooled: 128)
        last = inception("5b", last, 384, (192, 384), (48, 128), pooled: 128)
        last = builder.globalAveragePooling("pool5", last)
        // Half-size logits, so that no class takes all of the softmax.
        last = builder.fullyConnected("classifier", last, outputs: 1000, gain: 0.5)
        builder.softmax(last)
    }
}
