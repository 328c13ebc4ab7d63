// Small quantised networks with random weights, for engines that compute with integers.
import Kernels
import Testing

extension QuantizationGrid {
    static func signed(_ scale: Float, _ zeroPoint: Int = 0) -> Self {
        QuantizationGrid(scale: scale, zeroPoint: zeroPoint, isSigned: true)
    }

    static func unsigned(_ scale: Float, _ zeroPoint: Int = 0) -> Self {
        QuantizationGrid(scale: scale, zeroPoint: zeroPoint, isSigned: false)
    }
}

extension SeededValues {
    /// Weights on a grid, and that grid.
    private mutating func weights(
        _ shape: Shape, perChannel: Bool, zeroPoint: Int?, overflowChannels: ClosedRange<Int>?
    ) -> (values: Tensor, grid: WeightGrid) {
        let count = perChannel ? shape[0] : 1
        let bound = (3 * Float(shape[0]) / Float(shape.count)).squareRoot()
        let scales = floats(count).map { bound / 127 * (0.75 + 0.25 * $0) }
        let grid = WeightGrid(
            scales: scales, zeroPoints: [Int](repeating: zeroPoint ?? 0, count: count), isSigned: zeroPoint == nil)
        var values = floats(shape.count, within: bound)
        for index in values.indices {
            let own = grid[index * shape[0] / shape.count]
            // −128 is rare in trained networks, and XNNPACK doesn't take it.
            let isNarrow = overflowChannels.map { !$0.contains(index * shape[0] / shape.count) } ?? (zeroPoint == nil)
            values[index] = own.rounded(
                isNarrow ? min(max(values[index], -127 * own.scale), 127 * own.scale) : values[index])
        }
        return (Tensor(shape, values), grid)
    }

    /// - Parameters:
    ///   - zeroPoint: of unsigned weights; signed ones if nil.
    ///   - overflowChannels: the only output channels with weights that signed bytes have no room for.
    mutating func quantizedConvolution(
        _ inputs: Int, _ outputs: Int, _ window: Window, groups: Int = 1, _ activation: Activation = .identity,
        perChannel: Bool = true, zeroPoint: Int? = nil, overflowChannels: ClosedRange<Int>? = nil
    ) -> Operation {
        let (values, grid) = weights(
            [outputs, inputs / groups, window.height, window.width], perChannel: perChannel, zeroPoint: zeroPoint,
            overflowChannels: overflowChannels)
        return .convolution(
            Convolution(
                weights: values, bias: floats(outputs, within: 0.5), window: window, groups: groups,
                activation: activation, weightGrid: grid))
    }

    mutating func quantizedFullyConnected(
        _ inputs: Int, _ outputs: Int, _ activation: Activation = .identity, perChannel: Bool = true,
        zeroPoint: Int? = nil, overflowChannels: ClosedRange<Int>? = nil
    ) -> Operation {
        let (values, grid) = weights(
            [outputs, inputs], perChannel: perChannel, zeroPoint: zeroPoint, overflowChannels: overflowChannels)
        return .fullyConnected(
            FullyConnected(
                weights: values, bias: floats(outputs, within: 0.5), activation: activation, weightGrid: grid))
    }
}

/// A network that ends in values on a grid, and in what it was made of.
struct QuantizedCase: Sendable, CustomTestStringConvertible {
    let name: String
    let network: Network
    let inputs: [NetworkInput]
    /// Of each output; nil where it isn't rounded.
    let grids: [QuantizationGrid?]

    var testDescription: String { name }

    /// - Parameter build: appends to the network, whose node 0 is the input, and returns the outputs.
    init(
        _ name: String, _ shape: Shape, seed: UInt64 = 7,
        _ build: (inout Network, inout SeededValues) throws -> [Network.NodeID]
    ) {
        var network = Network(name: name)
        var random = SeededValues(seed: seed)
        do {
            try network.append(.tensor(shape))
            network.setOutputs(try build(&network, &random))
        } catch {
            preconditionFailure("\(name): \(error)")
        }
        (self.name, self.network) = (name, network)
        inputs = [.tensor(random.tensor(shape))]
        grids = network.outputs.map {
            if case .unary(.quantize(let grid)) = network.nodes[$0].operation { grid } else { nil }
        }
    }

    /// One layer between two grids.
    private static func layer(
        _ name: String, _ shape: Shape, _ input: QuantizationGrid, _ output: QuantizationGrid?,
        _ make: (inout SeededValues) -> Operation
    ) -> QuantizedCase {
        QuantizedCase(name, shape) { network, random in
            let rounded = try network.append(.unary(.quantize(input)), 0)
            let result = try network.append(make(&random), rounded)
            return [try output.map { try network.append(.unary(.quantize($0)), result) } ?? result]
        }
    }

    static let layers: [QuantizedCase] = {
        let same = Window(height: 3, width: 3, padding: Padding(1))
        let point = Window(height: 1, width: 1)
        let uneven = Window(
            height: 3, width: 3, stride: 2, padding: Padding(top: 0, left: 0, bottom: 1, right: 1))
        var cases: [QuantizedCase] = []
        let grids: [(String, QuantizationGrid, QuantizationGrid)] = [
            ("u8", .unsigned(1.0 / 255), .unsigned(0.01)),
            ("u8 with zero points", .unsigned(2.0 / 255, 117), .unsigned(0.012, 130)),
            ("s8", .signed(1.0 / 127), .signed(0.015)),
            ("s8 with zero points", .signed(2.0 / 255, -9), .signed(0.013, 5)),
            ("s8 to u8", .signed(1.0 / 127, -128), .unsigned(0.01, 3)),
        ]
        for (name, input, output) in grids {
            cases += [
                layer("3×3, \(name)", [1, 32, 9, 11], input, output) { $0.quantizedConvolution(32, 48, same) },
                layer("1×1, one scale, \(name)", [2, 24, 7, 7], input, output) {
                    $0.quantizedConvolution(24, 40, point, .relu, perChannel: false)
                },
                layer("3×3 with a stride and uneven edges, \(name)", [1, 16, 10, 12], input, output) {
                    $0.quantizedConvolution(16, 20, uneven, .clip(low: 0, high: 0.5))
                },
                layer("7×7 on a picture, \(name)", [1, 3, 21, 23], input, output) {
                    $0.quantizedConvolution(
                        3, 16, Window(height: 7, width: 7, stride: 2, padding: Padding(3)), .relu)
                },
                layer("depthwise, \(name)", [1, 32, 9, 9], input, output) {
                    $0.quantizedConvolution(32, 32, same, groups: 32, .clip(low: 0, high: 6))
                },
                layer("depthwise of few channels, \(name)", [1, 5, 8, 8], input, output) {
                    $0.quantizedConvolution(5, 5, uneven, groups: 5)
                },
                layer("2 groups, \(name)", [1, 32, 8, 8], input, output) {
                    $0.quantizedConvolution(32, 32, same, groups: 2)
                },
                layer("3 odd groups, \(name)", [1, 15, 6, 6], input, output) {
                    $0.quantizedConvolution(15, 9, same, groups: 3, .relu)
                },
                layer("fully connected, \(name)", [2, 70], input, output) { $0.quantizedFullyConnected(70, 33, .relu) },
                layer("fully connected map, \(name)", [1, 6, 5, 4], input, output) {
                    $0.quantizedFullyConnected(120, 60, perChannel: false)
                },
                layer("3×3 to floats, \(name)", [1, 16, 6, 6], input, nil) {
                    $0.quantizedConvolution(16, 16, same, .relu)
                },
                layer("fully connected to floats, \(name)", [1, 64], input, nil) {
                    $0.quantizedFullyConnected(64, 20)
                },
                layer("global average, \(name)", [2, 20, 7, 7], input, output) { _ in .globalAveragePooling },
                layer("3×3 average, \(name)", [1, 20, 7, 7], input, output) { _ in
                    .pooling(Pooling(.average, window: same))
                },
                layer("3×3 average with its padding, \(name)", [1, 20, 7, 7], input, output) { _ in
                    .pooling(Pooling(.average, window: same, countsPadding: true))
                },
                layer("3×3 maximum, \(name)", [1, 20, 7, 7], input, output) { _ in
                    .pooling(Pooling(.maximum, window: same))
                },
            ]
        }
        for zeroPoint in [128, 100] {
            cases.append(
                layer("unsigned weights around \(zeroPoint)", [1, 16, 7, 7], .unsigned(0.01, 12), .unsigned(0.02, 99)) {
                    $0.quantizedConvolution(16, 24, same, perChannel: false, zeroPoint: zeroPoint)
                })
        }
        return cases + wide
    }()

    /// Layers with one or two channels whose weights signed bytes have no room for.
    private static let wide: [QuantizedCase] = {
        let (input, output) = (QuantizationGrid.unsigned(2.0 / 255, 117), QuantizationGrid.unsigned(0.012, 130))
        let same = Window(height: 3, width: 3, padding: Padding(1))
        let uneven = Window(
            height: 3, width: 3, stride: 2, dilation: 2, padding: Padding(top: 0, left: 2, bottom: 3, right: 1))
        return [
            layer("3×3 with overflow channels", [2, 20, 6, 7], input, output) {
                $0.quantizedConvolution(
                    20, 24, same, .relu, perChannel: false, zeroPoint: 70, overflowChannels: 22...23)
            },
            layer("overflow channels of a picture", [1, 3, 13, 11], input, output) {
                $0.quantizedConvolution(
                    3, 16, uneven, .clip(low: -0.52, high: 1.004), perChannel: false, zeroPoint: 190,
                    overflowChannels: 0...1)
            },
            layer("overflow channels of a picture, 3 × 3", [2, 3, 12, 23], input, output) {
                $0.quantizedConvolution(
                    3, 16, Window(height: 3, width: 3, stride: 2, padding: Padding(1)), perChannel: false,
                    zeroPoint: 190, overflowChannels: 3...3)
            },
            layer("5×5 depthwise with overflow channels", [1, 24, 9, 11], input, output) {
                $0.quantizedConvolution(
                    24, 24, Window(height: 5, width: 5, stride: 2, padding: Padding(2)), groups: 24, perChannel: false,
                    zeroPoint: 60, overflowChannels: 9...9)
            },
            layer("depthwise with overflow channels", [2, 24, 9, 8], input, output) {
                $0.quantizedConvolution(
                    24, 24, same, groups: 24, perChannel: false, zeroPoint: 60, overflowChannels: 7...9)
            },
            layer("2 groups with overflow channels", [1, 40, 5, 5], input, output) {
                $0.quantizedConvolution(
                    40, 24, same, groups: 2, perChannel: false, zeroPoint: 60, overflowChannels: 15...17)
            },
            layer("fully connected with overflow channels", [3, 70], input, output) {
                $0.quantizedFullyConnected(70, 33, .relu, perChannel: false, zeroPoint: 180, overflowChannels: 32...32)
            },
        ]
    }()
}
