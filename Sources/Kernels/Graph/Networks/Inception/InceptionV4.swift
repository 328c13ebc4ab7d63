// Inception v4: Szegedy et al., "Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning",
// 2016, figures 3 to 9.

extension NetworkCatalog {
    /// 299×299, means of the pixels that a window holds, padding left out: 12,253,974,624 multiply–accumulates and
    /// 42,679,816 trainable parameters before batch normalisation is folded.
    static func inceptionV4(_ builder: inout NetworkBuilder) {
        var last = builder.inceptionV4Stem(builder.picture(side: 299, .symmetric))
        for index in 1...4 { last = builder.inceptionV4A("inception_a\(index)", last) }
        last = builder.reductionV4A("reduction_a", last)
        for index in 1...7 { last = builder.inceptionV4B("inception_b\(index)", last) }
        last = builder.reductionV4B("reduction_b", last)
        for index in 1...3 { last = builder.inceptionV4C("inception_c\(index)", last) }
        builder.classifier(last)
    }
}

extension NetworkBuilder {
    /// Figure 3: to an eighth of the size, and 384 channels.
    fileprivate mutating func inceptionV4Stem(_ input: Network.NodeID) -> Network.NodeID {
        var last = convolution("stem/conv1", input, outputs: 32, kernel: 3, stride: 2)
        last = convolution("stem/conv2", last, outputs: 32, kernel: 3)
        last = convolution("stem/conv3", last, outputs: 64, kernel: 3, edges: .same)
        last = concatenation(
            "stem/concat1", pooling("stem/pool1", last, kernel: 3, stride: 2),
            convolution("stem/conv4", last, outputs: 96, kernel: 3, stride: 2))
        var short = convolution("stem/short_1", last, outputs: 64, kernel: 1)
        short = convolution("stem/short_2", short, outputs: 96, kernel: 3)
        var long = convolution("stem/long_1", last, outputs: 64, kernel: 1)
        long = convolution("stem/long_2", long, outputs: 64, kernel: 1, by: 7, edges: .same)
        long = convolution("stem/long_3", long, outputs: 64, kernel: 7, by: 1, edges: .same)
        long = convolution("stem/long_4", long, outputs: 96, kernel: 3)
        last = concatenation("stem/concat2", short, long)
        return concatenation(
            "stem/concat3", convolution("stem/conv5", last, outputs: 192, kernel: 3, stride: 2),
            pooling("stem/pool2", last, kernel: 3, stride: 2))
    }

    /// Figure 4.
    fileprivate mutating func inceptionV4A(_ name: String, _ input: Network.NodeID) -> Network.NodeID {
        let one = convolution("\(name)/1x1", input, outputs: 96, kernel: 1)
        var three = convolution("\(name)/3x3_1", input, outputs: 64, kernel: 1)
        three = convolution("\(name)/3x3_2", three, outputs: 96, kernel: 3, edges: .same)
        var double = convolution("\(name)/3x3dbl_1", input, outputs: 64, kernel: 1)
        double = convolution("\(name)/3x3dbl_2", double, outputs: 96, kernel: 3, edges: .same)
        double = convolution("\(name)/3x3dbl_3", double, outputs: 96, kernel: 3, edges: .same)
        return concatenation("\(name)/concat", one, three, double, pooledBranch(name, input, outputs: 96))
    }

    /// Figure 7, with k = 192, l = 224, m = 256, n = 384.
    fileprivate mutating func reductionV4A(_ name: String, _ input: Network.NodeID) -> Network.NodeID {
        let three = convolution("\(name)/3x3", input, outputs: 384, kernel: 3, stride: 2)
        var double = convolution("\(name)/3x3dbl_1", input, outputs: 192, kernel: 1)
        double = convolution("\(name)/3x3dbl_2", double, outputs: 224, kernel: 3, edges: .same)
        double = convolution("\(name)/3x3dbl_3", double, outputs: 256, kernel: 3, stride: 2)
        let pool = pooling("\(name)/pool", input, kernel: 3, stride: 2)
        return concatenation("\(name)/concat", three, double, pool)
    }

    /// Figure 5.
    fileprivate mutating func inceptionV4B(_ name: String, _ input: Network.NodeID) -> Network.NodeID {
        let one = convolution("\(name)/1x1", input, outputs: 384, kernel: 1)
        var seven = convolution("\(name)/7x7_1", input, outputs: 192, kernel: 1)
        seven = convolution("\(name)/7x7_2", seven, outputs: 224, kernel: 1, by: 7, edges: .same)
        seven = convolution("\(name)/7x7_3", seven, outputs: 256, kernel: 7, by: 1, edges: .same)
        var double = convolution("\(name)/7x7dbl_1", input, outputs: 192, kernel: 1)
        double = convolution("\(name)/7x7dbl_2", double, outputs: 192, kernel: 7, by: 1, edges: .same)
        double = convolution("\(name)/7x7dbl_3", double, outputs: 224, kernel: 1, by: 7, edges: .same)
        double = convolution("\(name)/7x7dbl_4", double, outputs: 224, kernel: 7, by: 1, edges: .same)
        double = convolution("\(name)/7x7dbl_5", double, outputs: 256, kernel: 1, by: 7, edges: .same)
        return concatenation("\(name)/concat", one, seven, double, pooledBranch(name, input, outputs: 128))
    }

    /// Figure 8.
    fileprivate mutating func reductionV4B(_ name: String, _ input: Network.NodeID) -> Network.NodeID {
        var three = convolution("\(name)/3x3_1", input, outputs: 192, kernel: 1)
        three = convolution("\(name)/3x3_2", three, outputs: 192, kernel: 3, stride: 2)
        var seven = convolution("\(name)/7x7_1", input, outputs: 256, kernel: 1)
        seven = convolution("\(name)/7x7_2", seven, outputs: 256, kernel: 1, by: 7, edges: .same)
        seven = convolution("\(name)/7x7_3", seven, outputs: 320, kernel: 7, by: 1, edges: .same)
        seven = convolution("\(name)/7x7_4", seven, outputs: 320, kernel: 3, stride: 2)
        let pool = pooling("\(name)/pool", input, kernel: 3, stride: 2)
        return concatenation("\(name)/concat", three, seven, pool)
    }

    /// Figure 6.
    fileprivate mutating func inceptionV4C(_ name: String, _ input: Network.NodeID) -> Network.NodeID {
        let one = convolution("\(name)/1x1", input, outputs: 256, kernel: 1)
        let three = convolution("\(name)/3x3_1", input, outputs: 384, kernel: 1)
        let threeRow = convolution("\(name)/3x3_2a", three, outputs: 256, kernel: 1, by: 3, edges: .same)
        let threeColumn = convolution("\(name)/3x3_2b", three, outputs: 256, kernel: 3, by: 1, edges: .same)
        var double = convolution("\(name)/3x3dbl_1", input, outputs: 384, kernel: 1)
        double = convolution("\(name)/3x3dbl_2", double, outputs: 448, kernel: 3, by: 1, edges: .same)
        double = convolution("\(name)/3x3dbl_3", double, outputs: 512, kernel: 1, by: 3, edges: .same)
        let doubleRow = convolution("\(name)/3x3dbl_4a", double, outputs: 256, kernel: 1, by: 3, edges: .same)
        let doubleColumn = convolution("\(name)/3x3dbl_4b", double, outputs: 256, kernel: 3, by: 1, edges: .same)
        return concatenation(
            "\(name)/concat", one, threeRow, threeColumn, doubleRow, doubleColumn,
            pooledBranch(name, input, outputs: 256))
    }

    private mutating func pooledBranch(
        _ name: String, _ input: Network.NodeID, outputs: Int
    ) -> Network.NodeID {
        let pool = pooling("\(name)/pool", input, .average, kernel: 3, stride: 1, edges: .pad(1))
        return convolution("\(name)/pool_proj", pool, outputs: outputs, kernel: 1)
    }
}
