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
    /// By mean and variance over axes; then scaled and shifted by further inputs, where there are any.
    case normalization(Normalization)
    /// What a convolution does to gradients; see `TransposedConvolution`.
    case transposedConvolution(TransposedConvolution)
    /// Condition, a, b: a where the condition isn't 0, else b. Shapes repeat as those of `binary` do.
    case selection
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
    /// Mean, sum, maximum … over axes, which stay with extent 1.
    case reduction(Reduction)
    /// Position of the largest element along an axis, which stays with extent 1; the first or the last of equals.
    /// Positions are given as floats, exact below 2²⁴.
    case argMax(axis: Int, selectsLast: Bool)
    /// The largest elements along an axis, or where they are; see `TopK`.
    case topK(TopK)
    case cumulativeSum(CumulativeSum)
    /// Slices of the first input, at the positions along an axis that the second holds.
    case lookup(axis: Int)
    /// Elements of the first input, each at its own place but for an axis, where the second says which.
    case elementLookup(axis: Int)
    /// Slices of the first input, at coordinates along the last axis of the second, behind axes common to both.
    case coordinateLookup(commonAxes: Int)
    /// The first input with elements of the third put where the second says, along an axis.
    case elementScatter(axis: Int, ScatterCombination)
    /// The first input with slices of the third put where coordinates along the last axis of the second say.
    case coordinateScatter(ScatterCombination)
    /// Where the elements of a maximum pooling come from, counted over the whole input.
    case poolingPositions(Pooling, isColumnMajor: Bool)
    /// Zeros, with the first input's elements at the second's positions, counted over the whole result.
    case unpooling(Shape)
    /// A map sampled where the second input says.
    case gridSampling(GridSampling)
    /// Regions of a map brought to one size: a map, regions, image numbers.
    case regionAlignment(RegionAlignment)
    /// Boxes that don't cover each other: boxes and scores.
    case boxSelection(BoxSelection)
    /// TensorFlow's end of single-shot detectors: encodings, scores and anchors.
    case anchoredDetection(AnchoredDetection)

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
        case .normalization(let layer): layer
        case .matrixMultiplication: MatrixMultiplication()
        case .reshape(let shape): Reshape(shape: shape)
        case .transpose(let permutation): Transpose(permutation: permutation)
        case .gather(let axis, let indices): Gather(axis: axis, indices: indices)
        case .pad(let padding): padding
        case .resampling(let resampling): resampling
        case .reduction(let reduction): reduction
        case .argMax(let axis, let selectsLast): ArgMax(axis: axis, selectsLast: selectsLast)
        case .transposedConvolution(let layer): layer
        case .selection: Selection()
        case .topK(let topK): topK
        case .cumulativeSum(let sum): sum
        case .lookup(let axis): Lookup(axis: axis)
        case .elementLookup(let axis): ElementLookup(axis: axis)
        case .coordinateLookup(let axes): CoordinateLookup(commonAxes: axes)
        case .elementScatter(let axis, let combination): ElementScatter(axis: axis, combination: combination)
        case .coordinateScatter(let combination): CoordinateScatter(combination: combination)
        case .poolingPositions(let pooling, let order): PoolingPositions(pooling: pooling, isColumnMajor: order)
        case .unpooling(let shape): Unpooling(shape: shape)
        case .gridSampling(let sampling): sampling
        case .regionAlignment(let alignment): alignment
        case .boxSelection(let selection): selection
        case .anchoredDetection(let detection): detection
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
