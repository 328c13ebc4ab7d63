// Conformance cases of graphs: joins, residuals, several readers, several inputs and outputs, image inputs.
import Kernels

extension ConformanceCase {
    private static let same = Window(height: 3, width: 3, padding: Padding(1))
    private static let point = Window(height: 1, width: 1)

    static let joins: [ConformanceCase] = [1, 2].flatMap { batch -> [ConformanceCase] in
        [
            ConformanceCase(
                "concatenation of inputs, batch \(batch)", [batch, 5, 4, 6], [batch, 17, 4, 6], [batch, 1, 4, 6]
            ) {
                network, _, ids throws(NetworkError) in [try network.append(.concatenation(), ids)]
            },
            ConformanceCase("concatenation of one, batch \(batch)", [batch, 5, 4, 6]) {
                network, _, ids throws(NetworkError) in [try network.append(.concatenation(), ids)]
            },
            ConformanceCase("concatenation of vectors, batch \(batch)", [batch, 5], [batch, 18]) {
                network, random, ids throws(NetworkError) in
                let wide = try network.append(random.fullyConnected(5, 7), ids[0])
                let joined = try network.append(.concatenation(), wide, ids[1], wide)
                return [try network.append(random.fullyConnected(32, 9), joined)]
            },
            // The shape of SqueezeNet's fire and GoogLeNet's inception, on even and odd channel counts.
            inception(batch, [16, 32, 16]), inception(batch, [5, 3, 17]), inception(batch, [64, 1, 15]),
            ConformanceCase("concatenation of a node with other readers, batch \(batch)", [batch, 8, 6, 6]) {
                network, random, ids throws(NetworkError) in
                let a = try network.append(random.convolution(8, 16, same, .relu), ids[0])
                let b = try network.append(random.convolution(8, 16, point), ids[0])
                let joined = try network.append(.concatenation(), a, b)
                let other = try network.append(random.convolution(16, 4, point), a)
                let clipped = try network.append(.activation(.relu), b)
                return [joined, other, clipped]
            },
            ConformanceCase("concatenation of one node twice, batch \(batch)", [batch, 3, 6, 5]) {
                network, random, ids throws(NetworkError) in
                let a = try network.append(random.convolution(3, 16, same, .relu), ids[0])
                let joined = try network.append(.concatenation(), a, a)
                return [try network.append(random.convolution(32, 7, point), joined)]
            },
            ConformanceCase("concatenation of concatenations, batch \(batch)", [batch, 16, 6, 5]) {
                network, random, ids throws(NetworkError) in
                let a = try network.append(random.convolution(16, 16, point), ids[0])
                let b = try network.append(random.convolution(16, 32, point), ids[0])
                let inner = try network.append(.concatenation(), a, b)
                let c = try network.append(random.convolution(48, 16, same), inner)
                let outer = try network.append(.concatenation(), c, inner, ids[0])
                return [try network.append(random.convolution(80, 5, point), outer)]
            },
            ConformanceCase("a node in two concatenations, batch \(batch)", [batch, 16, 6, 5]) {
                network, random, ids throws(NetworkError) in
                let a = try network.append(random.convolution(16, 16, point), ids[0])
                let b = try network.append(random.convolution(16, 16, same), ids[0])
                return [try network.append(.concatenation(), a, b), try network.append(.concatenation(), b, a, b)]
            },
            ConformanceCase("relu of a concatenation, batch \(batch)", [batch, 16, 4, 4]) {
                network, random, ids throws(NetworkError) in
                let a = try network.append(random.convolution(16, 16, point), ids[0])
                let pooled = try network.append(.pooling(Pooling(.maximum, window: same)), ids[0])
                let joined = try network.append(.concatenation(), a, pooled)
                return [try network.append(.activation(.relu), joined)]
            },
            ConformanceCase("addition of inputs, batch \(batch)", [batch, 5, 4, 6], [batch, 5, 4, 6]) {
                network, _, ids throws(NetworkError) in [try network.append(.addition(.relu), ids)]
            },
            ConformanceCase("addition of a node to itself, batch \(batch)", [batch, 5, 4, 6]) {
                network, random, ids throws(NetworkError) in
                let a = try network.append(random.convolution(5, 6, point), ids[0])
                return [try network.append(.addition(.identity), a, a)]
            },
            ConformanceCase("addition of vectors, batch \(batch)", [batch, 20], [batch, 20]) {
                network, random, ids throws(NetworkError) in
                let a = try network.append(random.fullyConnected(20, 20), ids[0])
                return [try network.append(.addition(.clip(low: -1, high: 1)), a, ids[1])]
            },
            residual(batch, 16, .relu), residual(batch, 17, .clip(low: 0, high: 1)), residual(batch, 32, .identity),
            ConformanceCase("residual behind an activated convolution, batch \(batch)", [batch, 16, 7, 7]) {
                network, random, ids throws(NetworkError) in
                let a = try network.append(random.convolution(16, 16, same, .relu), ids[0])
                let b = try network.append(random.convolution(16, 16, same, .relu), a)
                return [try network.append(.addition(.relu), b, a)]
            },
            ConformanceCase("projection shortcut, batch \(batch)", [batch, 16, 8, 8]) {
                network, random, ids throws(NetworkError) in
                let half = Window(height: 3, width: 3, stride: 2, padding: Padding(1))
                let a = try network.append(random.convolution(16, 24, half, .relu), ids[0])
                let b = try network.append(random.convolution(24, 24, same), a)
                let shortcut = try network.append(
                    random.convolution(16, 24, Window(height: 1, width: 1, stride: 2)), ids[0])
                let sum = try network.append(.addition(.relu), b, shortcut)
                return [try network.append(random.convolution(24, 8, point), sum)]
            },
            ConformanceCase("residual whose shortcut is read later, batch \(batch)", [batch, 16, 7, 7]) {
                network, random, ids throws(NetworkError) in
                let a = try network.append(random.convolution(16, 16, same, .relu), ids[0])
                let b = try network.append(random.convolution(16, 16, same), a)
                let sum = try network.append(.addition(.relu), a, b)
                let c = try network.append(random.convolution(16, 16, point), a)
                return [try network.append(.addition(.identity), sum, c), sum]
            },
        ]
    }

    private static func inception(_ batch: Int, _ widths: [Int]) -> ConformanceCase {
        ConformanceCase("concatenated branches \(widths), batch \(batch)", [batch, 16, 9, 8]) {
            network, random, ids throws(NetworkError) in
            var branches = [try network.append(random.convolution(16, widths[0], point, .relu), ids[0])]
            let squeezed = try network.append(random.convolution(16, 6, point, .relu), ids[0])
            branches.append(try network.append(random.convolution(6, widths[1], same, .relu), squeezed))
            let pooled = try network.append(.pooling(Pooling(.maximum, window: same)), ids[0])
            branches.append(try network.append(random.convolution(16, widths[2], point, .relu), pooled))
            let joined = try network.append(.concatenation(), branches)
            let half = Window(height: 3, width: 3, stride: 2)
            let smaller = try network.append(.pooling(Pooling(.maximum, window: half)), joined)
            return [try network.append(random.convolution(widths.reduce(0, +), 10, point), smaller)]
        }
    }

    /// A network with something of everything, for tests that need one.
    static let residualBlock = residual(1, 32, .relu)

    private static func residual(_ batch: Int, _ channels: Int, _ activation: Activation) -> ConformanceCase {
        ConformanceCase("residual, \(channels) channels, \(activation), batch \(batch)", [batch, 3, 7, 9]) {
            network, random, ids throws(NetworkError) in
            let a = try network.append(random.convolution(3, channels, same, .relu), ids[0])
            let b = try network.append(random.convolution(channels, channels, point, .relu), a)
            let c = try network.append(random.convolution(channels, channels, same), b)
            let sum = try network.append(.addition(activation), c, a)
            let pooled = try network.append(.globalAveragePooling, sum)
            return [try network.append(random.fullyConnected(channels, 5), pooled)]
        }
    }

    /// Maps too large for a core's cache: only there does oneDNN have both convolutions in one primitive.
    static let depthwisePairs: [ConformanceCase] = [
        Window(height: 3, width: 3, padding: Padding(1)),
        Window(height: 3, width: 3, stride: 2, padding: Padding(1)),
        Window(height: 3, width: 3, stride: 2, padding: Padding(top: 0, left: 0, bottom: 1, right: 1)),
        Window(height: 3, width: 3, stride: 2, padding: Padding(top: 1, left: 0, bottom: 1, right: 1)),
    ].flatMap { window in
        [Activation.identity, .clip(low: 0, high: 6)].map { activation in
            ConformanceCase(
                "1×1 and depthwise of stride \(window.strides), \(window.padding), \(activation)", [1, 16, 96, 96]
            ) {
                network, random, ids throws(NetworkError) in
                let a = try network.append(random.convolution(16, 64, point, activation), ids[0])
                return [try network.append(random.convolution(64, 64, window, groups: 64, activation), a)]
            }
        }
    }

    static let graphs: [ConformanceCase] =
        depthwisePairs
        + [1, 2].flatMap { batch -> [ConformanceCase] in
            [
                ConformanceCase("a node read by two, batch \(batch)", [batch, 16, 6, 6]) {
                    network, random, ids throws(NetworkError) in
                    let a = try network.append(random.convolution(16, 16, point), ids[0])
                    let b = try network.append(.activation(.relu), a)
                    let c = try network.append(.pooling(Pooling(.average, window: same)), a)
                    return [try network.append(.addition(.identity), b, c)]
                },
                ConformanceCase("an output that is read too, batch \(batch)", [batch, 8, 6, 6]) {
                    network, random, ids throws(NetworkError) in
                    let a = try network.append(random.convolution(8, 17, point), ids[0])
                    let b = try network.append(.activation(.relu), a)
                    let c = try network.append(random.convolution(17, 16, same), b)
                    return [c, a, b]
                },
                ConformanceCase("one output twice, batch \(batch)", [batch, 8, 6, 6]) {
                    network, random, ids throws(NetworkError) in
                    let a = try network.append(random.convolution(8, 17, point), ids[0])
                    return [a, a]
                },
                ConformanceCase("two inputs and two outputs, batch \(batch)", [batch, 3, 8, 8], [batch, 5, 8, 8]) {
                    network, random, ids throws(NetworkError) in
                    let a = try network.append(random.convolution(3, 16, same, .relu), ids[0])
                    let b = try network.append(random.convolution(5, 16, same, .relu), ids[1])
                    let sum = try network.append(.addition(.identity), a, b)
                    let pooled = try network.append(.globalAveragePooling, sum)
                    return [try network.append(.softmax(), pooled), b]
                },
                ConformanceCase("an input that is an output, batch \(batch)", [batch, 3, 4, 4]) {
                    network, random, ids throws(NetworkError) in
                    [ids[0], try network.append(random.convolution(3, 16, point), ids[0])]
                },
                ConformanceCase("activation of an input that is an output, batch \(batch)", [batch, 3, 4, 4]) {
                    network, _, ids throws(NetworkError) in [try network.append(.activation(.relu), ids[0]), ids[0]]
                },
                ConformanceCase("a node that nothing reads, batch \(batch)", [batch, 3, 4, 4]) {
                    network, random, ids throws(NetworkError) in
                    try network.append(random.convolution(3, 4, point), ids[0])
                    return [try network.append(random.convolution(3, 5, point), ids[0])]
                },
                ConformanceCase("depthwise separable blocks, batch \(batch)", [batch, 3, 16, 16]) {
                    network, random, ids throws(NetworkError) in
                    let far = Padding(top: 0, left: 0, bottom: 1, right: 1)
                    let half = Window(height: 3, width: 3, stride: 2, padding: far)
                    var last = try network.append(random.convolution(3, 10, half, .clip(low: 0, high: 6)), ids[0])
                    for (inputs, outputs, window) in [(10, 20, same), (20, 33, half), (33, 33, same)] {
                        last = try network.append(
                            random.convolution(inputs, inputs, window, groups: inputs, .relu), last)
                        last = try network.append(random.convolution(inputs, outputs, point, .relu), last)
                    }
                    last = try network.append(.globalAveragePooling, last)
                    last = try network.append(random.fullyConnected(33, 12), last)
                    return [try network.append(.softmax(), last)]
                },
            ]
        }
}
