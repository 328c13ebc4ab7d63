// Inception v3: Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", 2015, table 1.

extension NetworkCatalog {
    /// 299×299, as torchvision's `inception_v3` at inference, without the auxiliary head: 5,713,216,096
    /// multiply–accumulates and 23,834,568 trainable parameters before batch normalisation is folded.
    static func inceptionV3(_ builder: inout NetworkBuilder) {
        var last = builder.picture(side: 299, .imageNet)
        last = builder.convolution("conv1a", last, outputs: 32, kernel: 3, stride: 2)
        last = builder.convolution("conv2a", last, outputs: 32, kernel: 3)
        last = builder.convolution("conv2b", last, outputs: 64, kernel: 3, edges: .pad(1))
        last = builder.pooling("pool1", last, kernel: 3, stride: 2)
        last = builder.convolution("conv3b", last, outputs: 80, kernel: 1)
        last = builder.convolution("conv4a", last, outputs: 192, kernel: 3)
        last = builder.pooling("pool2", last, kernel: 3, stride: 2)
        for (letter, pooled) in [("b", 32), ("c", 64), ("d", 64)] {
            last = builder.inceptionV3A("mixed5\(letter)", last, pooled: pooled)
        }
        last = builder.inceptionV3B("mixed6a", last)
        for (letter, width) in [("b", 128), ("c", 160), ("d", 160), ("e", 192)] {
            last = builder.inceptionV3C("mixed6\(letter)", last, width: width)
        }
        last = builder.inceptionV3D("mixed7a", last)
        for letter in ["b", "c"] { last = builder.inceptionV3E("mixed7\(letter)", last) }
        builder.classifier(last)
    }
}

/// The modules, with torchvision's letters.
extension NetworkBuilder {
    /// 1×1; 5×5; two of 3×3; pool.
    fileprivate mutating func inceptionV3A(
        _ name: String, _ input: Network.NodeID, pooled: Int
    ) -> Network.NodeID {
        let one = convolution("\(name)/1x1", input, outputs: 64, kernel: 1)
        var five = convolution("\(name)/5x5_1", input, outputs: 48, kernel: 1)
        five = convolution("\(name)/5x5_2", five, outputs: 64, kernel: 5, edges: .same)
        var three = convolution("\(name)/3x3dbl_1", input, outputs: 64, kernel: 1)
        three = convolution("\(name)/3x3dbl_2", three, outputs: 96, kernel: 3, edges: .same)
        three = convolution("\(name)/3x3dbl_3", three, outputs: 96, kernel: 3, edges: .same)
        return concatenation("\(name)/concat", one, five, three, pooledBranch(name, input, outputs: pooled))
    }

    /// To half the size: 3×3; two of 3×3; pool.
    fileprivate mutating func inceptionV3B(_ name: String, _ input: Network.NodeID) -> Network.NodeID {
        let three = convolution("\(name)/3x3", input, outputs: 384, kernel: 3, stride: 2)
        var double = convolution("\(name)/3x3dbl_1", input, outputs: 64, kernel: 1)
        double = convolution("\(name)/3x3dbl_2", double, outputs: 96, kernel: 3, edges: .same)
        double = convolution("\(name)/3x3dbl_3", double, outputs: 96, kernel: 3, stride: 2)
        let pool = pooling("\(name)/pool", input, kernel: 3, stride: 2)
        return concatenation("\(name)/concat", three, double, pool)
    }

    /// 1×1; 1×7 and 7×1; the same twice; pool.
    fileprivate mutating func inceptionV3C(_ name: String, _ input: Network.NodeID, width: Int) -> Network.NodeID {
        let one = convolution("\(name)/1x1", input, outputs: 192, kernel: 1)
        var seven = convolution("\(name)/7x7_1", input, outputs: width, kernel: 1)
        seven = convolution("\(name)/7x7_2", seven, outputs: width, kernel: 1, by: 7, edges: .same)
        seven = convolution("\(name)/7x7_3", seven, outputs: 192, kernel: 7, by: 1, edges: .same)
        var double = convolution("\(name)/7x7dbl_1", input, outputs: width, kernel: 1)
        double = convolution("\(name)/7x7dbl_2", double, outputs: width, kernel: 7, by: 1, edges: .same)
        double = convolution("\(name)/7x7dbl_3", double, outputs: width, kernel: 1, by: 7, edges: .same)
        double = convolution("\(name)/7x7dbl_4", double, outputs: width, kernel: 7, by: 1, edges: .same)
        double = convolution("\(name)/7x7dbl_5", double, outputs: 192, kernel: 1, by: 7, edges: .same)
        return concatenation("\(name)/concat", one, seven, double, pooledBranch(name, input, outputs: 192))
    }

    /// To half the size: 3×3; 1×7, 7×1 and 3×3; pool.
    fileprivate mutating func inceptionV3D(_ name: String, _ input: Network.NodeID) -> Network.NodeID {
        var three = convolution("\(name)/3x3_1", input, outputs: 192, kernel: 1)
        three = convolution("\(name)/3x3_2", three, outputs: 320, kernel: 3, stride: 2)
        var seven = convolution("\(name)/7x7x3_1", input, outputs: 192, kernel: 1)
        seven = convolution("\(name)/7x7x3_2", seven, outputs: 192, kernel: 1, by: 7, edges: .same)
        seven = convolution("\(name)/7x7x3_3", seven, outputs: 192, kernel: 7, by: 1, edges: .same)
        seven = convolution("\(name)/7x7x3_4", seven, outputs: 192, kernel: 3, stride: 2)
        let pool = pooling("\(name)/pool", input, kernel: 3, stride: 2)
        return concatenation("\(name)/concat", three, seven, pool)
    }

    /// 1×1; 1×3 beside 3×1; the same behind a 3×3; pool.
    fileprivate mutating func inceptionV3E(_ name: String, _ input: Network.NodeID) -> Network.NodeID {
        let one = convolution("\(name)/1x1", input, outputs: 320, kernel: 1)
        let three = convolution("\(name)/3x3_1", input, outputs: 384, kernel: 1)
        let threeRow = convolution("\(name)/3x3_2a", three, outputs: 384, kernel: 1, by: 3, edges: .same)
        let threeColumn = convolution("\(name)/3x3_2b", three, outputs: 384, kernel: 3, by: 1, edges: .same)
        var double = convolution("\(name)/3x3dbl_1", input, outputs: 448, kernel: 1)
        double = convolution("\(name)/3x3dbl_2", double, outputs: 384, kernel: 3, edges: .same)
        let doubleRow = convolution("\(name)/3x3dbl_3a", double, outputs: 384, kernel: 1, by: 3, edges: .same)
        let doubleColumn = convolution("\(name)/3x3dbl_3b", double, outputs: 384, kernel: 3, by: 1, edges: .same)
        return concatenation(
            "\(name)/concat", one, threeRow, threeColumn, doubleRow, doubleColumn,
            pooledBranch(name, input, outputs: 192))
    }

    private mutating func pooledBranch(
        _ name: String, _ input: Network.NodeID, outputs: Int
    ) -> Network.NodeID {
        let pool = pooling(
            "\(name)/pool", input, .average, kernel: 3, stride: 1, edges: .pad(1), countsPadding: true)
        return convolution("\(name)/pool_proj", pool, outputs: outputs, kernel: 1)
    }
}
