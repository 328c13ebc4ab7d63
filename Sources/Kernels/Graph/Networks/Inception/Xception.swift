// Xception: Chollet, "Xception: Deep Learning with Depthwise Separable Convolutions", 2017, figure 5.

extension NetworkCatalog {
    /// 299×299, the first two convolutions without padding: 22,855,952 trainable parameters before batch normalisation
    /// is folded, as Keras' and timm's.
    static func xception(_ builder: inout NetworkBuilder) {
        var last = builder.picture(side: 299, .symmetric)
        last = builder.convolution("conv1", last, outputs: 32, kernel: 3, stride: 2)
        last = builder.convolution("conv2", last, outputs: 64, kernel: 3)
        last = builder.xceptionReduction("block1", last, widths: [128, 128], startsWithRelu: false)
        last = builder.xceptionReduction("block2", last, widths: [256, 256])
        last = builder.xceptionReduction("block3", last, widths: [728, 728])
        for index in 4...11 {
            let name = "block\(index)"
            let branch = builder.xceptionBranch(name, last, widths: [728, 728, 728], gain: 0.25)
            last = builder.addition("\(name)/sum", last, branch)
        }
        last = builder.xceptionReduction("block12", last, widths: [728, 1024])
        last = builder.separable("conv3", last, outputs: 1536, kernel: 3, activation: .relu)
        last = builder.separable("conv4", last, outputs: 2048, kernel: 3, activation: .relu)
        builder.classifier(last)
    }
}

extension NetworkBuilder {
    /// To half the size, beside a 1×1 convolution.
    fileprivate mutating func xceptionReduction(
        _ name: String, _ input: Network.NodeID, widths: [Int], startsWithRelu: Bool = true
    ) -> Network.NodeID {
        let branch = xceptionBranch(name, input, widths: widths, startsWithRelu: startsWithRelu, gain: 0.5)
        let pool = pooling("\(name)/pool", branch, kernel: 3, stride: 2, edges: .pad(1))
        let shortcut = convolution(
            "\(name)/shortcut", input, outputs: widths[1], kernel: 1, stride: 2, activation: .identity, gain: 0.5)
        return addition("\(name)/sum", pool, shortcut)
    }

    /// Separable convolutions with a ReLU in front of each.
    /// - Parameter gain: of the last one.
    fileprivate mutating func xceptionBranch(
        _ name: String, _ input: Network.NodeID, widths: [Int], startsWithRelu: Bool = true, gain: Float
    ) -> Network.NodeID {
        var last = startsWithRelu ? relu("\(name)/relu", input) : input
        for (index, width) in widths.enumerated() {
            let isLast = index == widths.count - 1
            last = separable(
                "\(name)/conv\(index + 1)", last, outputs: width, kernel: 3,
                activation: isLast ? .identity : .relu, gain: isLast ? gain : .behindLinear)
        }
        return last
    }
}
