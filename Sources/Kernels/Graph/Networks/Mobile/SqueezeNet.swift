// SqueezeNet 1.0: Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters", 2016, table 1.

extension NetworkCatalog {
    /// 224×224, a first convolution of 7×7/2 without padding and pooling in ceil mode, as torchvision's
    /// `squeezenet1_0`: 818.9 M multiply–accumulates, 1,248,424 parameters.
    static func squeezeNet(_ name: String, batch: Int) -> Network {
        var builder = NetworkBuilder(name: name)

        func fire(_ number: Int, _ input: Network.NodeID, squeeze: Int, expand: Int) -> Network.NodeID {
            let name = "fire\(number)"
            let squeezed = builder.convolution("\(name)/squeeze1x1", input, outputs: squeeze, kernel: 1)
            let narrow = builder.convolution("\(name)/expand1x1", squeezed, outputs: expand, kernel: 1)
            let wide = builder.convolution("\(name)/expand3x3", squeezed, outputs: expand, kernel: 3, edges: .pad(1))
            return builder.concatenation("\(name)/concat", narrow, wide)
        }

        var last = builder.image(.imageNet(batch: batch))
        last = builder.convolution("conv1", last, outputs: 96, kernel: 7, stride: 2)
        last = builder.pooling("pool1", last, kernel: 3, stride: 2, edges: .ceil)
        last = fire(2, last, squeeze: 16, expand: 64)
        last = fire(3, last, squeeze: 16, expand: 64)
        last = fire(4, last, squeeze: 32, expand: 128)
        last = builder.pooling("pool4", last, kernel: 3, stride: 2, edges: .ceil)
        last = fire(5, last, squeeze: 32, expand: 128)
        last = fire(6, last, squeeze: 48, expand: 192)
        last = fire(7, last, squeeze: 48, expand: 192)
        last = fire(8, last, squeeze: 64, expand: 256)
        last = builder.pooling("pool8", last, kernel: 3, stride: 2, edges: .ceil)
        last = fire(9, last, squeeze: 64, expand: 256)
        last = builder.convolution("conv10", last, outputs: 1000, kernel: 1)
        last = builder.globalAveragePooling("pool10", last)
        return builder.softmax(last)
    }
}

extension ImageInput {
    /// 224×224 with the mean and standard deviation of ImageNet's training pictures, as torchvision's models take it.
    static func imageNet(batch: Int) -> ImageInput {
        let deviations: [Float] = [58.395, 57.12, 57.375]
        return ImageInput(
            batch: batch, height: 224, width: 224, mean: [123.675, 116.28, 103.53], scale: deviations.map { 1 / $0 })
    }
}
