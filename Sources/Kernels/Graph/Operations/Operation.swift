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
    /// Joins tensors along an axis (the channels, if none is given), in input order.
    case concatenation(axis: Int = 1)
    /// Sum of two tensors of one shape, then the activation.
    case addition(Activation)
    case activation(Activation)
    /// e^x ÷ Σ e^x along an axis, the channels if none is given.
    case softmax(axis: Int = 1)
    /// log(softmax(x)) along an axis.
    case logSoftmax(axis: Int)
    /// A value that is the same in every run.
    case constant(Tensor)
    /// A function of each element.
    case unary(UnaryFunction)
    /// A function of two tensors' elements. Shapes broadcast as NumPy's do: aligned at the last axis, extents of 1
    /// repeat.
    case binary(BinaryFunction)
    /// Across channels; see `LocalResponseNormalization`.
    case localResponseNormalization(LocalResponseNormalization)
    /// Product of the last two axes, the others broadcast: …×m×k · …×k×n → …×m×n.
    case matrixMultiplication
    /// The same elements in the same order, in another shape.
    case reshape(Shape)
    /// Axis i of the result is axis `permutation[i]` of the input.
    case transpose([Int])
    /// Picks slices along an axis, in any order and any number of times: slicing, cropping, splitting, flipping,
    /// mirroring, nearest-neighbour resizing.
    case gather(axis: Int, indices: [Int])
    /// A border of one value.
    case pad(ConstantPadding)
    /// Weighted sums along an axis: linear and cubic resizing.
    case resampling(Resampling)
    /// Mean or maximum over axes, which stay with extent 1.
    case reduction(Reduction)
    /// Position of the largest element along an axis, which stays with extent 1; the first or the last of equals.
    /// Positions are given as floats, exact below 2²⁴.
    case argMax(axis: Int, selectsLast: Bool)

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
        case .logSoftmax: "log_softmax"
        case .constant: "constant"
        case .unary(let function): function.name
        case .binary(let function): function.rawValue
        case .localResponseNormalization: "local_response_normalization"
        case .matrixMultiplication: "matrix_multiplication"
        case .reshape: "reshape"
        case .transpose: "transpose"
        case .gather: "gather"
        case .pad: "pad"
        case .resampling: "resampling"
        case .reduction(let reduction): "reduce_\(reduction.kind)"
        case .argMax: "arg_max"
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

/// 2-D convolution (cross-correlation) with zero padding, bias and activation.
public struct Convolution: Sendable {
    /// outputChannels × (inputChannels ÷ groups) × height × width.
    public let weights: Tensor
    /// One value an output channel.
    public let bias: [Float]
    public let window: Window
    public let groups: Int
    public let activation: Activation
    /// The grid of 8-bit weights; nil for any other.
    public let weightGrid: WeightGrid?

    /// - Precondition: the window's kernel is the weights', one bias an output channel, groups divide the outputs, the
    ///   weights lie on their grid.
    public init(
        weights: Tensor, bias: [Float], window: Window, groups: Int = 1, activation: Activation = .identity,
        weightGrid: WeightGrid? = nil
    ) {
        precondition(weights.shape.rank == 4 && bias.count == weights.shape[0])
        precondition(weights.shape[2] == window.height && weights.shape[3] == window.width)
        precondition(groups > 0 && weights.shape[0] % groups == 0)
        (self.weights, self.bias, self.window) = (weights, bias, window)
        precondition([1, bias.count].contains(weightGrid?.scales.count ?? 1), "a grid, or one an output channel")
        (self.groups, self.activation, self.weightGrid) = (groups, activation, weightGrid)
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
        (self.kind, self.window, self.countsPadding) = (kind, window, countsPadding)
    }
}

/// y = W x + b over the flattened C×H×W of each batch element, then the activation. Result N×outputs.
public struct FullyConnected: Sendable {
    /// outputs × inputs, inputs in C×H×W order.
    public let weights: Tensor
    public let bias: [Float]
    public let activation: Activation
    /// The grid of 8-bit weights; nil for any other.
    public let weightGrid: WeightGrid?

    /// - Precondition: one bias an output; the weights lie on their grid.
    public init(
        weights: Tensor, bias: [Float], activation: Activation = .identity, weightGrid: WeightGrid? = nil
    ) {
        precondition(weights.shape.rank == 2 && bias.count == weights.shape[0])
        precondition([1, bias.count].contains(weightGrid?.scales.count ?? 1), "a grid, or one an output")
        (self.weights, self.bias, self.activation, self.weightGrid) = (weights, bias, activation, weightGrid)
    }
}
