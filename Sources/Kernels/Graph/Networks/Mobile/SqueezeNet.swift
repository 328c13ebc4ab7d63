// SqueezeNet: Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters", 2016, table 1, and its
// authors' version 1.1.

extension NetworkCatalog {
    /// Version 1.0, 224×224, a first convolution of 7×7/2 without padding and pooling in ceil mode, as torchvision's
    /// `squeezenet1_0`: 818.9 M multiply–accumulates, 1,248,424 parameters.
    static func squeezeNet(_ builder: inout NetworkBuilder) {
        var last = builder.picture(side: 224, .imageNet)
        last = builder.convolution("conv1", last, outputs: 96, kernel: 7, stride: 2)
        last = builder.pooling("pool1", last, kernel: 3, stride: 2, edges: .ceil)
        builder.squeezeNet(last, poolingAfter: [4, 8])
    }

    /// Version 1.1: fewer and smaller filters in front, pools earlier; 349.2 M multiply–accumulates, 1,235,496
    /// parameters.
    static func squeezeNet11(_ builder: inout NetworkBuilder) {
        var last = builder.picture(side: 224, .imageNet)
        last = builder.convolution("conv1", last, outputs: 64, kernel: 3, stride: 2)
        last = builder.pooling("pool1", last, kernel: 3, stride: 2, edges: .ceil)
        builder.squeezeNet(last, poolingAfter: [3, 5])
    }
}

extension NetworkBuilder {
    /// The eight fire modules, with pools between them, and the head.
    fileprivate mutating func squeezeNet(_ input: Network.NodeID, poolingAfter pools: Set<Int>) {
        var last = input
        for number in 2...9 {
            let squeeze = 16 * (number / 2)
            last = fire("fire\(number)", last, squeeze: squeeze, expand: 4 * squeeze)
            if pools.contains(number) {
                last = pooling("pool\(number)", last, kernel: 3, stride: 2, edges: .ceil)
            }
        }
        last = convolution("conv10", last, outputs: 1000, kernel: 1)
        softmax(globalAveragePooling("pool10", last))
    }

    private mutating func fire(
        _ name: String, _ input: Network.NodeID, squeeze: Int, expand: Int
    ) -> Network.NodeID {
        let squeezed = convolution("\(name)/squeeze1x1", input, outputs: squeeze, kernel: 1)
        let narrow = convolution("\(name)/expand1x1", squeezed, outputs: expand, kernel: 1)
        let wide = convolution("\(name)/expand3x3", squeezed, outputs: expand, kernel: 3, edges: .pad(1))
        return concatenation("\(name)/concat", narrow, wide)
    }
}
