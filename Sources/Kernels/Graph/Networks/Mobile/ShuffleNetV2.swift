// ShuffleNet v2: Ma et al., "ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design", 2018, table 5.

extension NetworkCatalog {
    /// 224×224, as torchvision's `shufflenet_v2_x0_5` and `shufflenet_v2_x1_0`: with 116 channels, 2,278,604 trainable
    /// parameters before batch normalisation is folded.
    /// - Parameter channels: of the first stage's result.
    static func shuffleNetV2(_ builder: inout NetworkBuilder, channels: Int) {
        var last = builder.picture(side: 224, .imageNet)
        last = builder.convolution("conv1", last, outputs: 24, kernel: 3, stride: 2, edges: .pad(1))
        last = builder.pooling("pool1", last, kernel: 3, stride: 2, edges: .pad(1))
        for (stage, repeats) in [4, 8, 4].enumerated() {
            last = builder.shuffleReduction("stage\(stage + 2).0", last, outputs: channels << stage)
            for block in 1..<repeats { last = builder.shuffleBlock("stage\(stage + 2).\(block)", last) }
        }
        last = builder.convolution("conv5", last, outputs: 1024, kernel: 1)
        builder.classifier(last)
    }
}

extension NetworkBuilder {
    /// To half the size: two branches on all channels, joined and shuffled.
    fileprivate mutating func shuffleReduction(
        _ name: String, _ input: Network.NodeID, outputs: Int
    ) -> Network.NodeID {
        var left = depthwise(
            "\(name)/left_depthwise", input, kernel: 3, stride: 2, edges: .pad(1), activation: .identity)
        left = convolution("\(name)/left_conv", left, outputs: outputs / 2, kernel: 1, gain: .behindLinear)
        let right = shuffleBranch("\(name)/right", input, outputs: outputs / 2, stride: 2)
        return shuffled(name, left, right)
    }

    /// Half of the channels stay as they are, half go through a branch; joined and shuffled.
    fileprivate mutating func shuffleBlock(_ name: String, _ input: Network.NodeID) -> Network.NodeID {
        let all = shape(input)[1]
        let left = channels("\(name)/left", input, Array(0..<all / 2))
        let right = channels("\(name)/right", input, Array(all / 2..<all))
        return shuffled(name, left, shuffleBranch("\(name)/right", right, outputs: all / 2, stride: 1))
    }

    private mutating func shuffleBranch(
        _ name: String, _ input: Network.NodeID, outputs: Int, stride: Int
    ) -> Network.NodeID {
        let wide = convolution("\(name)_conv1", input, outputs: outputs, kernel: 1)
        let each = depthwise(
            "\(name)_depthwise", wide, kernel: 3, stride: stride, edges: .pad(1), activation: .identity)
        return convolution("\(name)_conv2", each, outputs: outputs, kernel: 1, gain: .behindLinear)
    }

    /// The channels of two feature maps in turn.
    private mutating func shuffled(
        _ name: String, _ left: Network.NodeID, _ right: Network.NodeID
    ) -> Network.NodeID {
        let half = shape(left)[1]
        let joined = concatenation("\(name)/concat", left, right)
        return channels("\(name)/shuffle", joined, (0..<half).flatMap { [$0, half + $0] })
    }
}
