// Conformance cases of normalisation by mean and variance: along lines and across them, in every order that values
// have.
import Kernels

extension ConformanceCase {
    private static func alone(
        _ name: String, _ shape: Shape, _ axes: [Int], parameters: [Int]?, hasBias: Bool = true, isCentred: Bool = true
    ) -> ConformanceCase {
        let layer = Normalization(axes: axes, epsilon: 1e-5, isCentred: isCentred)
        return ConformanceCase("\(name), \(shape)", shape, within: 3) { network, random, ids throws(NetworkError) in
            [try append(layer, ids[0], parameters, hasBias, &network, &random)]
        }
    }

    private static func append(
        _ layer: Normalization, _ input: Network.NodeID, _ parameters: [Int]?, _ hasBias: Bool,
        _ network: inout Network, _ random: inout SeededValues
    ) throws(NetworkError) -> Network.NodeID {
        var inputs = [input]
        for _ in 0..<(parameters == nil ? 0 : hasBias ? 2 : 1) {
            inputs.append(try network.append(.constant(random.tensor(Shape(parameters ?? [])))))
        }
        return try network.append(.normalization(layer), inputs)
    }

    /// Behind a convolution and before one, over 17 and 32 channels.
    private static func between(
        _ name: String, _ axes: [Int], _ parameters: @Sendable (Int) -> [Int]?
    ) -> [ConformanceCase] {
        [17, 32].map { channels in
            let extents = parameters(channels)
            return ConformanceCase("\(name) between convolutions, \(channels) channels", [2, 3, 7, 6]) {
                network, random, ids throws(NetworkError) in
                let point = Window(height: 1, width: 1)
                let before = try network.append(random.convolution(3, channels, point), ids[0])
                let layer = Normalization(axes: axes, epsilon: 1e-3)
                let here = try append(layer, before, extents, true, &network, &random)
                return [try network.append(random.convolution(channels, 5, point), here), here, before]
            }
        }
    }

    static let normalizations: [ConformanceCase] = {
        var cases = [
            alone("layer normalization", [2, 5, 96], [2], parameters: [96]),
            alone("layer normalization", [2, 3, 7, 50], [3], parameters: [50]),
            alone("layer normalization of short lines", [3, 5, 7], [2], parameters: [7]),
            alone("layer normalization over two axes", [2, 3, 4, 5], [2, 3], parameters: [4, 5]),
            alone("layer normalization of all", [3, 70], [0, 1], parameters: nil),
            alone("layer normalization, scale only", [2, 5, 33], [2], parameters: [33], hasBias: false),
            alone("layer normalization of long lines", [2, 10_001], [1], parameters: [10_001]),
            alone("layer normalization, one scale", [2, 5, 33], [2], parameters: []),
            alone("root mean square", [2, 5, 96], [2], parameters: [96], hasBias: false, isCentred: false),
            alone("root mean square across", [2, 20, 9], [1], parameters: [20, 1], isCentred: false),
            alone("instance normalization", [2, 6, 5, 7], [2, 3], parameters: [6, 1, 1]),
            alone("instance normalization of lines", [2, 6, 35], [2], parameters: [6, 1]),
            alone("group normalization", [2, 4, 3, 20], [2, 3], parameters: [4, 3, 1]),
            alone("group normalization by group", [2, 4, 3, 20], [2, 3], parameters: [4, 1, 1]),
            alone("normalization across", [2, 40, 300], [1], parameters: [40, 1]),
            alone("normalization across, parameters along", [2, 40, 300], [1], parameters: [300], hasBias: false),
            alone("normalization across many rows", [1000, 9], [0], parameters: nil),
            alone("normalization over separate axes", [3, 4, 5, 6], [1, 3], parameters: [4, 1, 6]),
            alone("normalization, parameters of everything", [2, 3, 4, 9], [3], parameters: [2, 3, 4, 9]),
            alone("normalization over nothing", [3, 1, 4], [1], parameters: nil),
        ]
        cases += between("layer normalization", [3]) { _ in [6] }
        cases += between("normalization of channels", [1]) { [$0, 1, 1] }
        cases += between("instance normalization", [2, 3]) { [$0, 1, 1] }
        cases += between("instance normalization without parameters", [2, 3]) { _ in nil }
        cases += between("normalization of pixels", [1]) { _ in nil }
        // Scales and biases that a run computes, and of different shapes.
        cases.append(
            ConformanceCase("normalization, computed parameters", [2, 5, 16], [16], [5, 1], within: 3) {
                network, _, ids throws(NetworkError) in
                let layer = Normalization(axes: [2], epsilon: 1e-5)
                let itself = try network.append(.normalization(layer), [ids[0], ids[0]])
                return [try network.append(.normalization(layer), ids), itself]
            })
        return cases
    }()
}
