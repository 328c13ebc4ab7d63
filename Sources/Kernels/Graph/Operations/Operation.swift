// What a node of a network computes. Shapes, padding and weights are explicit here, so that engines only execute.

/// What one node computes. Feature maps are N×C×H×W; every node has one output.
public enum Operation: Sendable {
    /// Network input: raw frames of any size, resized and normalised to a feature map.
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

    /// What it means: a new operation is a case above, a line here, and a type in a file of its own.
    package var definition: any OperationDefinition {
        switch self {
        case .image(let image): image
        case .tensor(let shape): TensorInput(shape: shape)
        case .convolution(let layer): layer
        case .pooling(let layer): layer
        case .globalAveragePooling: GlobalAveragePooling()
        case .fullyConnected(let layer): layer
        case .concatenation(let axis): Concatenation(axis: axis)
        case .addition(let activation): Addition(activation: activation)
        case .activation(let activation): activation
        case .softmax(let axis): Softmax(axis: axis, isLogarithmic: false)
        case .logSoftmax(let axis): Softmax(axis: axis, isLogarithmic: true)
        case .constant(let tensor): Constant(tensor: tensor)
        case .unary(let function): UnaryOperation(function: function)
        case .binary(let function): BinaryOperation(function: function)
        case .localResponseNormalization(let layer): layer
        case .matrixMultiplication: MatrixMultiplication()
        case .reshape(let shape): Reshape(shape: shape)
        case .transpose(let permutation): Transpose(permutation: permutation)
        case .gather(let axis, let indices): Gather(axis: axis, indices: indices)
        case .pad(let padding): padding
        case .resampling(let resampling): resampling
        case .reduction(let reduction): reduction
        case .argMax(let axis, let selectsLast): ArgMax(axis: axis, selectsLast: selectsLast)
        }
    }

    /// Name for tables and errors.
    public var name: String { definition.name }

    /// Fed by a run, not computed.
    public var isInput: Bool {
        switch self {
        case .image, .tensor: true
        default: false
        }
    }

    /// Of a layer with weights; nil for all others.
    package var parameters: LayerParameters? { (definition as? any WeightedLayer)?.parameters }

    /// The shape of the output for inputs of these shapes.
    package func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
        let definition = definition
        guard definition.inputCount.contains(inputs.count) else {
            throw ShapeMismatch(reason: "\(definition.name) does not take \(inputs.count) inputs")
        }
        return try definition.outputShape(inputs)
    }
}
