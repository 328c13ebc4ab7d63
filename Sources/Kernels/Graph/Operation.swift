// What a node of a network computes. Shapes, padding and weights are explicit here, so that engines only execute.

/// What one node computes. Feature maps are N×C×H×W; every node has one output.
public enum Operation: Sendable {
    /// Network input: raw RGB frames of any size, resized and normalised to a feature map.
    case image(ImageInput)
    /// Network input: a tensor of this shape.
    case tensor(Shape)
    case convolution(Convolution)
    case pooling(Pooling)
    /// Mean over height and width: N×C×H×W → N×C×1×1.
    case globalAveragePooling
    case fullyConnected(FullyConnected)
    /// Joins feature maps, or vectors, along the channel axis, in input order.
    case concatenation
    /// Sum of two tensors of one shape, then the activation.
    case addition(Activation)
    case activation(Activation)
    /// Softmax along the channel axis.
    case softmax

    /// Name for tables and errors.
    public var name: String {
        switch self {
        case .image: "image"
        case .tensor: "tensor"
        case .convolution(let c): c.isDepthwise ? "depthwise" : "convolution"
        case .pooling(let p): p.kind == .maximum ? "max_pooling" : "average_pooling"
        case .globalAveragePooling: "global_average_pooling"
        case .fullyConnected: "fully_connected"
        case .concatenation: "concatenation"
        case .addition: "addition"
        case .activation: "activation"
        case .softmax: "softmax"
        }
    }

    public var isInput: Bool {
        switch self {
        case .image, .tensor: true
        default: false
        }
    }
}

/// Elementwise function applied to a node's result.
public enum Activation: Hashable, Sendable {
    case identity
    /// max(x, 0)
    case relu
    /// min(max(x, low), high); ReLU6 is `clip(low: 0, high: 6)`.
    case clip(low: Float, high: Float)

    /// The function as a range that results are clamped to.
    public var range: (low: Float, high: Float) {
        switch self {
        case .identity: (-.infinity, .infinity)
        case .relu: (0, .infinity)
        case .clip(let low, let high): (low, high)
        }
    }
}

/// Bilinear resize of an RGB frame to `width`×`height` (half-pixel centres, edges clamped, aspect ratio not kept:
/// source x = (x + 0.5) × sourceWidth ÷ width − 0.5), then value = (byte − mean[c]) × scale[c], R, G, B in order.
public struct ImageInput: Hashable, Sendable {
    public let batch: Int
    public let height: Int
    public let width: Int
    /// One a channel, in byte units (0…255).
    public let mean: [Float]
    public let scale: [Float]

    /// - Precondition: three means and scales, positive sizes.
    public init(batch: Int = 1, height: Int, width: Int, mean: [Float], scale: [Float]) {
        precondition(batch > 0 && height > 0 && width > 0 && mean.count == 3 && scale.count == 3)
        (self.batch, self.height, self.width, self.mean, self.scale) = (batch, height, width, mean, scale)
    }
}

/// Rows and columns of zeros (or, for pooling, of nothing) around a feature map.
public struct Padding: Hashable, Sendable {
    public let top: Int
    public let left: Int
    public let bottom: Int
    public let right: Int

    public init(top: Int, left: Int, bottom: Int, right: Int) {
        (self.top, self.left, self.bottom, self.right) = (top, left, bottom, right)
    }

    public init(_ all: Int) { self.init(top: all, left: all, bottom: all, right: all) }
    public static let none = Padding(0)
}

/// Where a sliding window of a convolution or pooling goes.
public struct Window: Hashable, Sendable {
    public let height: Int
    public let width: Int
    public let stride: Int
    public let dilation: Int
    public let padding: Padding

    public init(height: Int, width: Int, stride: Int = 1, dilation: Int = 1, padding: Padding = .none) {
        precondition(height > 0 && width > 0 && stride > 0 && dilation > 0)
        (self.height, self.width, self.stride, self.dilation) = (height, width, stride, dilation)
        self.padding = padding
    }

    /// Positions along one axis: (extent + padding − dilated kernel) ÷ stride + 1, rounded down.
    func positions(extent: Int, kernel: Int, padding: Int) -> Int {
        (extent + padding - ((kernel - 1) * dilation + 1)) / stride + 1
    }

    /// Rows and columns of windows over a feature map, nil where it is smaller than one window.
    public func outputSize(height inputHeight: Int, width inputWidth: Int) -> (height: Int, width: Int)? {
        guard inputHeight + padding.top + padding.bottom >= (height - 1) * dilation + 1,
            inputWidth + padding.left + padding.right >= (width - 1) * dilation + 1
        else { return nil }
        return (
            positions(extent: inputHeight, kernel: height, padding: padding.top + padding.bottom),
            positions(extent: inputWidth, kernel: width, padding: padding.left + padding.right)
        )
    }
}

/// 2-D convolution (cross-correlation) with zero padding, bias and activation.
public struct Convolution: Sendable {
    /// outputChannels × (inputChannels ÷ groups) × height × width.
    public let weights: Tensor
    /// One value an output channel.
    public let bias: [Float]
    public let window: Window
    public let groups: Int
    public let activation: Activation

    /// - Precondition: the window's kernel is the weights', one bias an output channel, groups divide the outputs.
    public init(weights: Tensor, bias: [Float], window: Window, groups: Int = 1, activation: Activation = .identity) {
        precondition(weights.shape.rank == 4 && bias.count == weights.shape[0])
        precondition(weights.shape[2] == window.height && weights.shape[3] == window.width)
        precondition(groups > 0 && weights.shape[0] % groups == 0)
        (self.weights, self.bias, self.window) = (weights, bias, window)
        (self.groups, self.activation) = (groups, activation)
    }

    public var outputChannels: Int { weights.shape[0] }
    public var inputChannels: Int { weights.shape[1] * groups }
    /// One input channel and one output channel a group.
    public var isDepthwise: Bool { groups > 1 && weights.shape[1] == 1 && outputChannels == groups }
}

/// Maximum or mean over windows; padding never counts, unless `countsPadding` says so for the mean.
public struct Pooling: Sendable {
    public enum Kind: Sendable { case maximum, average }
    public let kind: Kind
    public let window: Window
    /// Average only: divide by the kernel's area even where it hangs over the edge.
    public let countsPadding: Bool

    public init(_ kind: Kind, window: Window, countsPadding: Bool = false) {
        precondition(window.dilation == 1, "pooling windows aren't dilated")
        (self.kind, self.window, self.countsPadding) = (kind, window, countsPadding)
    }
}

/// y = W x + b over the flattened C×H×W of each batch element, then the activation. Result N×outputs.
public struct FullyConnected: Sendable {
    /// outputs × inputs, inputs in C×H×W order.
    public let weights: Tensor
    public let bias: [Float]
    public let activation: Activation

    /// - Precondition: one bias an output.
    public init(weights: Tensor, bias: [Float], activation: Activation = .identity) {
        precondition(weights.shape.rank == 2 && bias.count == weights.shape[0])
        (self.weights, self.bias, self.activation) = (weights, bias, activation)
    }
}
