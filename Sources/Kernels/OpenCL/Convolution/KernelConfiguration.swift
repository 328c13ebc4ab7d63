// How a layer with weights is computed on an OpenCL device: algorithm, vectors, tiles, groups. Values.
import NetworkGraph

/// A register tile of the convolution kernel: `pixels` outputs × `vectors` vectors of channels, from `depth` input
/// channels at a time (1 or 4).
struct ConvolutionTile: Codable, Hashable {
    var pixels: Int
    var vectors = 1
    var depth = 1
}

/// What is chosen, by rule or by measuring, for a layer with weights.
struct KernelConfiguration: Codable, Hashable {
    enum Algorithm: String, Codable {
        /// The convolution kernel.
        case direct
        /// Winograd's transforms around the convolution kernel: 3×3 kernels with stride 1.
        case winograd
        /// One input and one output channel a group.
        case depthwise
        /// A fully connected layer of one input vector, summed by `group[1]` work-items.
        case matrixVector
    }

    var algorithm: Algorithm
    /// Numbers a vector; nil: as the device's kind likes it.
    var width: Int?
    /// What a work-item makes. A depthwise one makes `pixels` outputs of one row.
    var tile: ConvolutionTile
    /// Work-items of a group along the axes of the main kernel; nil: as the device's kind likes it.
    var group: [Int]?
}

/// A layer with weights, as far as choosing a configuration for it needs to know it.
struct OpenCLLayer {
    let convolution: Convolution
    /// N×C×H×W.
    let output: Shape
    /// Whether it is a fully connected layer.
    let isVector: Bool
    /// Whether it is computed with integers.
    let multipliesBytes: Bool

    /// Nil for a node without weights.
    init?(_ node: Network.Node, multipliesBytes: Bool = false) {
        self.multipliesBytes = multipliesBytes
        switch node.operation {
        case .convolution(let layer): (convolution, output, isVector) = (layer, node.shape, false)
        case .fullyConnected(let layer):
            let weights = Tensor(Shape(layer.weights.shape.extents + [1, 1]), layer.weights.values)
            convolution = Convolution(weights: weights, bias: layer.bias, window: Window(height: 1, width: 1))
            (output, isVector) = (Shape(node.shape.extents + [1, 1]), true)
        default: return nil
        }
    }

    /// A convolution that is part of a layer.
    init(_ convolution: Convolution, _ output: Shape) {
        (self.convolution, self.output, isVector, multipliesBytes) = (convolution, output, false, false)
    }

    var groupOutputs: Int { convolution.outputChannels / convolution.groups }
    var pixels: Int { output.nchw.batch * output.nchw.height * output.nchw.width }
    /// Products a sum.
    var depth: Int { convolution.weights.shape.count / convolution.outputChannels }

    /// Whether it has to be, or may be, computed so.
    func fits(_ algorithm: KernelConfiguration.Algorithm) -> Bool {
        switch algorithm {
        case .depthwise: convolution.isDepthwise
        case .direct: !convolution.isDepthwise
        case .winograd:
            convolution.window.height == 3 && convolution.window.width == 3 && convolution.window.isDense
                && convolution.groups == 1 && !multipliesBytes
        case .matrixVector: isVector && pixels == 1 && !multipliesBytes
        }
    }
}
