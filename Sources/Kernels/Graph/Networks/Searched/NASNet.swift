// NASNet-A: Zoph et al., "Learning Transferable Architectures for Scalable Image Recognition", 2018, figure 4.

extension NetworkCatalog {
    /// NASNet-A (4 @ 1056) and (6 @ 4032), TensorFlow's SAME padding but for the first layer: 5,289,978 and 88,753,150
    /// trainable parameters before batch normalisation is folded, without the class for background.
    /// - Parameters:
    ///   - stem: channels of the first layer.
    ///   - filters: of the first cells' branches.
    ///   - repeats: normal cells of each stage.
    ///   - skips: whether the cell behind a reduction reads, beside it, what the reduction read beside the last cell.
    static func nasNet(
        _ builder: inout NetworkBuilder, side: Int, stem: Int, filters: Int, repeats: Int, skips: Bool
    ) {
        let picture = builder.picture(side: side, .symmetric)
        let first = builder.convolution(
            "conv0", picture, outputs: stem, kernel: 3, stride: 2, activation: .identity)
        let squeezed = builder.rectifiedConvolution("stem0/last", first, outputs: filters / 4)
        var previous = builder.nasReduction("stem0", last: squeezed, previous: first, width: filters / 4)
        var last = builder.nasReductionCell("stem1", last: previous, previous: first, width: filters / 2)
        for stage in 0..<3 {
            let width = filters << stage
            if stage > 0 {
                let name = "reduction\(stage)"
                let next = builder.nasReductionCell(name, last: last, previous: previous, width: width)
                (previous, last) = (skips ? previous : last, next)
            }
            for index in 1...repeats {
                let name = "cell\(stage + 1).\(index)"
                let next = builder.nasNormalCell(name, last: last, previous: previous, width: width)
                (previous, last) = (last, next)
            }
        }
        builder.classifier(builder.relu("relu", last))
    }
}

extension NetworkBuilder {
    fileprivate mutating func nasReductionCell(
        _ name: String, last: Network.NodeID, previous: Network.NodeID, width: Int
    ) -> Network.NodeID {
        let right = rectifiedConvolution("\(name)/last", last, outputs: width)
        let left = fitted("\(name)/previous", previous, to: last, outputs: width)
        return nasReduction(name, last: right, previous: left, width: width)
    }

    fileprivate mutating func nasReduction(
        _ name: String, last: Network.NodeID, previous: Network.NodeID, width: Int
    ) -> Network.NodeID {
        func separable(_ label: String, _ input: Network.NodeID, _ kernel: Int, stride: Int) -> Network.NodeID {
            twiceSeparable("\(name)/\(label)", input, outputs: width, kernel: kernel, stride: stride)
        }
        let sum0 = addition(
            "\(name)/sum0", separable("5x5_0", last, 5, stride: 2), separable("7x7_0", previous, 7, stride: 2))
        let sum1 = addition(
            "\(name)/sum1", cellPooling("\(name)/pool1", last, .maximum, stride: 2),
            separable("7x7_1", previous, 7, stride: 2))
        let sum2 = addition(
            "\(name)/sum2", cellPooling("\(name)/pool2", last, .average, stride: 2),
            separable("5x5_2", previous, 5, stride: 2))
        let sum3 = addition("\(name)/sum3", cellPooling("\(name)/pool3", sum0, .average), sum1)
        let sum4 = addition(
            "\(name)/sum4", separable("3x3_4", sum0, 3, stride: 1),
            cellPooling("\(name)/pool4", last, .maximum, stride: 2))
        return concatenation("\(name)/concat", sum1, sum2, sum3, sum4)
    }

    fileprivate mutating func nasNormalCell(
        _ name: String, last: Network.NodeID, previous: Network.NodeID, width: Int
    ) -> Network.NodeID {
        func separable(_ label: String, _ input: Network.NodeID, _ kernel: Int) -> Network.NodeID {
            twiceSeparable("\(name)/\(label)", input, outputs: width, kernel: kernel)
        }
        func mean(_ label: String, _ input: Network.NodeID) -> Network.NodeID {
            cellPooling("\(name)/\(label)", input, .average)
        }
        let left = fitted("\(name)/previous", previous, to: last, outputs: width)
        let right = rectifiedConvolution("\(name)/last", last, outputs: width)
        let sum0 = addition("\(name)/sum0", separable("5x5_0", right, 5), separable("3x3_0", left, 3))
        let sum1 = addition("\(name)/sum1", separable("5x5_1", left, 5), separable("3x3_1", left, 3))
        let sum2 = addition("\(name)/sum2", mean("pool2", right), left)
        let sum3 = addition("\(name)/sum3", mean("pool3_left", left), mean("pool3_right", left))
        let sum4 = addition("\(name)/sum4", separable("3x3_4", right, 3), right)
        return concatenation("\(name)/concat", left, sum0, sum1, sum2, sum3, sum4)
    }
}
