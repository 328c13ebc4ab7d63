// What the cells of NASNet and PNASNet are made of. Part of a value type.

extension NetworkBuilder {
    /// max(x, 0), appended once however many read it.
    mutating func rectified(_ input: Network.NodeID) -> Network.NodeID {
        let name = "\(network.nodes[input].name)/relu"
        return network.nodes.lastIndex { $0.name == name } ?? relu(name, input)
    }

    /// ReLU and a separable convolution, twice: the first has the stride, both give as many channels.
    mutating func twiceSeparable(
        _ name: String, _ input: Network.NodeID, outputs: Int, kernel: Int, stride: Int = 1
    ) -> Network.NodeID {
        let first = separable(
            "\(name)_1", rectified(input), outputs: outputs, kernel: kernel, stride: stride, activation: .relu)
        return separable("\(name)_2", first, outputs: outputs, kernel: kernel, gain: 0.5)
    }

    /// ReLU and a 1×1 convolution.
    mutating func rectifiedConvolution(
        _ name: String, _ input: Network.NodeID, outputs: Int, stride: Int = 1
    ) -> Network.NodeID {
        convolution(
            name, rectified(input), outputs: outputs, kernel: 1, stride: stride, activation: .identity, gain: 0.65)
    }

    /// What a cell makes of the value before the last, so that it has the last one's size: half the channels are 1×1
    /// convolutions of the pixels with even rows and columns, half of those with odd ones, if it is twice as large.
    mutating func fitted(
        _ name: String, _ input: Network.NodeID, to other: Network.NodeID, outputs: Int
    ) -> Network.NodeID {
        let side = shape(input)[2]
        guard side != shape(other)[2] else { return rectifiedConvolution(name, input, outputs: outputs) }
        let even = rectifiedConvolution("\(name)_even", input, outputs: outputs / 2, stride: 2)
        var odd = rectified(input)
        if !side.isMultiple(of: 2) {
            let padding = ConstantPadding(before: [0, 0, 0, 0], after: [0, 0, 1, 1])
            odd = append(.pad(padding), [odd], "\(name)_padded")
        }
        let places = Array(stride(from: 1, through: side, by: 2))
        odd = append(.gather(axis: 2, indices: places), [odd], "\(name)_odd_rows")
        odd = append(.gather(axis: 3, indices: places), [odd], "\(name)_odd_columns")
        odd = convolution("\(name)_odd", odd, outputs: outputs / 2, kernel: 1, activation: .identity, gain: 0.5)
        return concatenation("\(name)_joined", even, odd)
    }

    /// 3×3.
    mutating func cellPooling(
        _ name: String, _ input: Network.NodeID, _ kind: Pooling.Kind, stride: Int = 1
    ) -> Network.NodeID {
        pooling(name, input, kind, kernel: 3, stride: stride, edges: .same)
    }
}
