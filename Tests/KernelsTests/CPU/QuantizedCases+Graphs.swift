// Small quantised networks of several nodes: what is fused, joined, shared and reshaped.
import Kernels

extension Network {
    fileprivate mutating func rounded(_ id: NodeID, _ grid: QuantizationGrid) throws -> NodeID {
        try append(.unary(.quantize(grid)), id)
    }
}

extension QuantizedCase {
    private static let input = QuantizationGrid.unsigned(2.0 / 255, 117)
    private static let same = Window(height: 3, width: 3, padding: Padding(1))
    private static let point = Window(height: 1, width: 1)
    // Scales without a common measure: sums of multiples of such rarely lie half-way between two numbers.
    /// What a convolution without activation gives.
    private static let wide = QuantizationGrid.signed(0.020179, -10)
    /// What one with ReLU gives.
    private static let positive = QuantizationGrid.unsigned(0.01)

    static let graphs: [QuantizedCase] = joins + chains + moved

    private static let joins: [QuantizedCase] = [
        QuantizedCase("a residual in its own place", [1, 16, 8, 8]) { network, random in
            let first = try network.rounded(
                network.append(random.quantizedConvolution(16, 16, same), network.rounded(0, input)), wide)
            let middle = try network.rounded(
                network.append(random.quantizedConvolution(16, 16, same, .relu), first), positive)
            let last = try network.append(random.quantizedConvolution(16, 16, point), middle)
            return [try network.rounded(network.append(.addition(.relu), last, first), positive)]
        },
        QuantizedCase("a residual that others read later", [1, 16, 8, 8]) { network, random in
            let first = try network.rounded(0, input)
            let last = try network.append(random.quantizedConvolution(16, 16, same), first)
            let sum = try network.rounded(network.append(.addition(.identity), first, last), wide)
            let reader = try network.append(random.quantizedConvolution(16, 16, point), first)
            return [sum, first, try network.rounded(reader, wide)]
        },
        QuantizedCase("a sum that isn't rounded", [1, 16, 8, 8]) { network, random in
            let first = try network.rounded(0, input)
            let last = try network.append(random.quantizedConvolution(16, 16, same), first)
            return [try network.append(.addition(.relu), last, first)]
        },
        QuantizedCase("sums of grids of all kinds", [1, 16, 8, 8]) { network, _ in
            let a = try network.rounded(0, input)
            let b = try network.rounded(0, .signed(0.015313, 3))
            let c = try network.rounded(network.append(.addition(.relu), a, b), .unsigned(0.013127))
            let d = try network.rounded(network.append(.addition(.clip(low: -0.5, high: 1)), b, c), wide)
            let activated = try network.append(.activation(.relu), network.append(.addition(.identity), d, d))
            return [c, try network.rounded(activated, .unsigned(0.027431, 7))]
        },
        QuantizedCase("a concatenation of equal grids", [1, 16, 8, 8]) { network, random in
            let first = try network.rounded(0, input)
            let a = try network.rounded(
                network.append(random.quantizedConvolution(16, 20, same, .relu), first), positive)
            let b = try network.rounded(
                network.append(random.quantizedConvolution(16, 12, point, .relu), first), positive)
            let pooled = try network.append(.pooling(Pooling(.maximum, window: same)), a)
            let joined = try network.append(.concatenation(), b, a, pooled)
            let last = try network.append(random.quantizedConvolution(52, 16, same), joined)
            return [joined, try network.rounded(last, wide)]
        },
        QuantizedCase("a concatenation of unlike grids", [2, 16, 8, 8]) { network, random in
            let first = try network.rounded(0, input)
            let a = try network.rounded(network.append(random.quantizedConvolution(16, 20, same), first), wide)
            let joined = try network.rounded(network.append(.concatenation(), first, a), .signed(0.025137, 2))
            return [joined, try network.append(.concatenation(), a, first)]
        },
    ]

    private static let chains: [QuantizedCase] = [
        QuantizedCase("from a map to probabilities", [2, 3, 16, 16]) { network, random in
            var last = try network.rounded(0, input)
            last = try network.rounded(
                network.append(random.quantizedConvolution(3, 16, same, .relu), last), positive)
            last = try network.rounded(
                network.append(random.quantizedConvolution(16, 16, same, groups: 16, .clip(low: 0, high: 6)), last),
                positive)
            last = try network.rounded(
                network.append(random.quantizedConvolution(16, 24, point, .relu), last), .unsigned(0.005))
            last = try network.rounded(network.append(.globalAveragePooling, last), .unsigned(0.003))
            last = try network.append(random.quantizedFullyConnected(24, 30), network.append(.reshape([2, 24]), last))
            return [try network.append(.softmax(), last)]
        },
        // oneDNN 2.6's code for AMX writes a fourth tile behind three, which only the choice of other code prevents.
        QuantizedCase("pixels that fill three tiles", [1, 160, 6, 6]) { network, random in
            let first = try network.rounded(
                network.append(random.quantizedConvolution(160, 160, point), network.rounded(0, input)), wide)
            let wider = try network.rounded(
                network.append(random.quantizedConvolution(160, 960, point, .relu), first), positive)
            let last = try network.append(random.quantizedConvolution(960, 960, same, groups: 960, .relu), wider)
            return [try network.rounded(last, positive)]
        },
        QuantizedCase("flattened maps", [1, 6, 4, 5]) { network, random in
            let first = try network.rounded(0, input)
            let flat = try network.append(.reshape([1, 120]), first)
            let other = try network.append(.reshape([1, 5, 6, 4]), first)
            let layer = try network.append(random.quantizedFullyConnected(120, 50), flat)
            let convolved = try network.append(random.quantizedConvolution(5, 16, point), other)
            return [try network.rounded(layer, wide), try network.rounded(convolved, wide), flat]
        },
        QuantizedCase("readers of bytes and of floats", [1, 16, 6, 6]) { network, random in
            let first = try network.rounded(0, input)
            let floats = try network.append(.unary(.sigmoid), first)
            let layer = try network.append(random.quantizedConvolution(16, 16, same), first)
            let plain = try network.append(random.convolution(16, 16, point), first)
            let sum = try network.append(.addition(.relu), plain, layer)
            return [floats, sum, try network.rounded(sum, positive)]
        },
        QuantizedCase("one value on two grids", [1, 16, 6, 6]) { network, random in
            let layer = try network.append(random.quantizedConvolution(16, 16, same), network.rounded(0, input))
            let (a, b) = (try network.rounded(layer, wide), try network.rounded(layer, positive))
            let again = try network.rounded(b, .signed(0.017371, -5))
            let same = try network.rounded(again, .signed(0.017371, -5))
            let next = try network.append(random.quantizedConvolution(16, 16, point), same)
            return [a, b, try network.rounded(network.append(.addition(.identity), next, a), wide)]
        },
    ]

    /// What picks elements stays on its input's grid, and bytes.
    static let moved: [QuantizedCase] = [
        QuantizedCase("twice as large", [1, 16, 5, 6]) { network, random in
            let map = try network.append(random.quantizedConvolution(16, 20, same), network.rounded(0, input))
            let rounded = try network.rounded(map, wide)
            let rows = try network.append(.gather(axis: 2, indices: [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]), rounded)
            let all = try network.append(.gather(axis: 3, indices: [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]), rows)
            let next = try network.append(random.quantizedConvolution(20, 16, same), all)
            return [try network.rounded(next, wide)]
        },
        QuantizedCase("every second, some channels", [2, 16, 8, 6]) { network, random in
            let map = try network.append(random.quantizedConvolution(16, 21, same), network.rounded(0, input))
            let rounded = try network.rounded(map, wide)
            let rows = try network.append(.gather(axis: 2, indices: [1, 3, 5, 7]), rounded)
            let channels = try network.append(.gather(axis: 1, indices: [3, 4, 5, 20, 0, 7, 2, 2, 9]), rows)
            let next = try network.append(random.quantizedConvolution(9, 16, same), channels)
            return [try network.rounded(next, wide)]
        },
        QuantizedCase("a border, and rows for columns", [1, 16, 5, 6]) { network, random in
            let map = try network.append(random.quantizedConvolution(16, 18, same), network.rounded(0, input))
            let rounded = try network.rounded(map, wide)
            let border = ConstantPadding(before: [0, 1, 1, 0], after: [0, 0, 2, 1])
            let larger = try network.append(.pad(border), rounded)
            let turned = try network.append(.transpose([0, 1, 3, 2]), larger)
            let next = try network.append(random.quantizedConvolution(19, 16, same), turned)
            return [try network.rounded(next, wide)]
        },
    ]
}
