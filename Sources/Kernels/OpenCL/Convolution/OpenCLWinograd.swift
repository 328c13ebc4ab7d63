// 3×3 convolutions by Winograd's F(4×4, 3×3): when it pays, its transformed weights and its three launches.
//
// Lavin & Gray, "Fast Algorithms for Convolutional Neural Networks" (2016), section 4.3. Per tile of 4×4 outputs, 36
// products a pair of channels instead of 144; the price is memory traffic, and weights four times as large.
import NetworkGraph

struct WinogradLaunch {
    let layer: Convolution
    private let tileRows: Int
    private let tileColumns: Int
    private let tiles: Int
    private let configuration: KernelConfiguration
    private let traits: OpenCLTraits

    /// Outputs a tile's side, and values a transformed tile.
    private static let side = 4
    static let positions = 36

    /// Tiles of an N×C×H×W output.
    static func tileCount(_ output: Shape) -> Int {
        let output = output.nchw
        return output.batch * output.height.dividedRoundingUp(by: side) * output.width.dividedRoundingUp(by: side)
    }

    /// - Parameter output: N×C×H×W.
    init(_ layer: Convolution, output: Shape, configuration: KernelConfiguration, traits: OpenCLTraits) {
        (self.layer, self.configuration, self.traits) = (layer, configuration, traits)
        tileRows = output.nchw.height.dividedRoundingUp(by: Self.side)
        tileColumns = output.nchw.width.dividedRoundingUp(by: Self.side)
        tiles = Self.tileCount(output)
    }

    /// Floats that the transformed input and output take, with slack for vector loads.
    var scratchCount: Int { inputCount + Self.positions * tiles * layer.outputChannels + 64 }

    private var inputCount: Int { (Self.positions * tiles * layer.inputChannels).rounded(up: 32) }

    /// - Parameter constant: the index that the first of the constants will have.
    func steps(
        node: Network.NodeID, source: FeatureMapView, target: FeatureMapView, addend: FeatureMapView?,
        activation: Activation, zeros: Int, constant: Int
    ) -> (steps: [OpenCLStep], constants: [OpenCLConstant]) {
        let (inputs, outputs) = (layer.inputChannels, layer.outputChannels)

        var arguments: [OpenCLStep.Argument] = [.arena, .scratch]
        arguments.append(source, withSize: true)
        arguments.append(
            integers: tileRows, tileColumns, tiles, inputs, layer.window.padding.top, layer.window.padding.left, zeros)
        let transformInput = step(node, "transform_input", arguments, channels: inputs)

        // 36 products of matrices, as the groups of a 1×1 convolution over the tiles.
        let product = Convolution(
            weights: Tensor([Self.positions * outputs, inputs, 1, 1], transformedWeights()),
            bias: [Float](repeating: 0, count: Self.positions * outputs), window: Window(height: 1, width: 1),
            groups: Self.positions)
        func tileView(_ base: Int, _ channels: Int) -> FeatureMapView {
            FeatureMapView(
                base: base, image: 0, row: 0, pixel: channels, batch: 1, channels: channels, height: 1, width: tiles)
        }
        var launch = ConvolutionLaunch(
            layer: product, source: tileView(0, inputs), target: tileView(inputCount, outputs), addend: nil,
            activation: .identity, configuration: configuration, traits: traits.inSinglePrecision)
        launch.memory = .scratch
        launch.groupSteps = (tiles * inputs, tiles * outputs)
        let (multiply, packed) = launch.direct(node: node, constant: constant, zeros: 0)

        arguments = [.arena, .scratch, .constant(constant + 1)]
        arguments.append(integers: inputCount, tileRows, tileColumns, tiles)
        arguments.append(target, withSize: true)
        arguments.append(optional: addend)
        arguments.append(integers: outputs)
        arguments.append(activation)
        let transformOutput = step(node, "transform_output", arguments, channels: outputs)
        let padding = [Float](repeating: 0, count: outputs.rounded(up: traits.width) - outputs)
        return ([transformInput, multiply, transformOutput], [.floats(packed), .values(layer.bias + padding)])
    }

    private func step(
        _ node: Network.NodeID, _ kernel: String, _ arguments: [OpenCLStep.Argument], channels: Int
    ) -> OpenCLStep {
        OpenCLStep(
            node: node, build: OpenCLBuild(.winograd, traits, ""), kernel: kernel, arguments: arguments,
            global: [channels.dividedRoundingUp(by: traits.width), tiles], traits)
    }

    /// G g Gᵀ of every filter: positions × outputs × inputs.
    private func transformedWeights() -> [Float] {
        let count = layer.outputChannels * layer.inputChannels
        var result = [Float](repeating: 0, count: Self.positions * count)
        result.withUnsafeMutableBufferPointer { result in
            layer.weights.values.withUnsafeBufferPointer { weights in
                for filter in 0..<count {
                    // Columns first: 6×3, then rows: 6×6.
                    for column in 0..<6 {
                        let g = weights.baseAddress! + filter * 9
                        let a = Self.row(column, Double(g[0]), Double(g[1]), Double(g[2]))
                        let b = Self.row(column, Double(g[3]), Double(g[4]), Double(g[5]))
                        let c = Self.row(column, Double(g[6]), Double(g[7]), Double(g[8]))
                        for row in 0..<6 { result[(row * 6 + column) * count + filter] = Float(Self.row(row, a, b, c)) }
                    }
                }
            }
        }
        return result
    }

    /// One row of G times three values.
    private static func row(_ index: Int, _ a: Double, _ b: Double, _ c: Double) -> Double {
        switch index {
        case 0: a / 4
        case 1: -(a + b + c) / 6
        case 2: -(a - b + c) / 6
        case 3: a / 24 + b / 12 + c / 6
        case 4: a / 24 - b / 12 + c / 6
        default: c
        }
    }
}
