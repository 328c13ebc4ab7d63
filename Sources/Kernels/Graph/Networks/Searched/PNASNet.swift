// PNASNet-5: Liu et al., "Progressive Neural Architecture Search", 2018, figure 1.

extension NetworkCatalog {
    /// The large one: 331×331, twelve cells of 216 to 864 filters behind two of the stem, TensorFlow's SAME padding:
    /// 86,057,668 trainable parameters before batch normalisation is folded, without the class for background.
    static func pnasNet5(_ builder: inout NetworkBuilder) {
        let picture = builder.picture(side: 331, .symmetric)
        let first = builder.convolution(
            "conv0", picture, outputs: 96, kernel: 3, stride: 2, activation: .identity)
        let squeezed = builder.rectifiedConvolution("stem0/last", first, outputs: 54)
        var last = builder.pnasCell("stem0", last: squeezed, previous: first, width: 54, stride: 2)
        var previous = first
        // The second cell of the stem, then those that halve the size lead the others.
        let cells = [108, 216, 216, 216, 216, 432, 432, 432, 432, 864, 864, 864, 864]
        for (index, width) in cells.enumerated() {
            let name = index == 0 ? "stem1" : "cell\(index - 1)"
            let left = builder.fitted("\(name)/previous", previous, to: last, outputs: width)
            let right = builder.rectifiedConvolution("\(name)/last", last, outputs: width)
            previous = last
            last = builder.pnasCell(
                name, last: right, previous: left, width: width, stride: [0, 5, 9].contains(index) ? 2 : 1)
        }
        builder.classifier(builder.relu("relu", last))
    }
}

extension NetworkBuilder {
    fileprivate mutating func pnasCell(
        _ name: String, last: Network.NodeID, previous: Network.NodeID, width: Int, stride: Int
    ) -> Network.NodeID {
        func separable(_ label: String, _ input: Network.NodeID, _ kernel: Int, stride: Int) -> Network.NodeID {
            twiceSeparable("\(name)/\(label)", input, outputs: width, kernel: kernel, stride: stride)
        }
        func maximum(_ label: String, _ input: Network.NodeID) -> Network.NodeID {
            cellPooling("\(name)/\(label)", input, .maximum, stride: stride)
        }
        var pool = maximum("pool0", previous)
        if shape(pool)[1] != width {
            pool = convolution(
                "\(name)/pool0_conv", pool, outputs: width, kernel: 1, activation: .identity, gain: 0.5)
        }
        let sum0 = addition("\(name)/sum0", separable("5x5_0", previous, 5, stride: stride), pool)
        let sum1 = addition("\(name)/sum1", separable("7x7_1", last, 7, stride: stride), maximum("pool1", last))
        let sum2 = addition(
            "\(name)/sum2", separable("5x5_2", last, 5, stride: stride), separable("3x3_2", last, 3, stride: stride))
        let sum3 = addition("\(name)/sum3", separable("3x3_3", sum2, 3, stride: 1), maximum("pool3", last))
        let kept =
            stride == 1 ? last : rectifiedConvolution("\(name)/1x1_4", last, outputs: width, stride: stride)
        let sum4 = addition("\(name)/sum4", separable("3x3_4", previous, 3, stride: stride), kept)
        return concatenation("\(name)/concat", sum0, sum1, sum2, sum3, sum4)
    }
}
