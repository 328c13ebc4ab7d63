// One kernel launch of a compiled network, as data: contexts turn it into a kernel object with its arguments set.
import NetworkGraph

struct OpenCLStep {
    enum Argument {
        case integer(Int)
        case float(Float)
        /// The context's activations.
        case arena
        /// The context's memory for what lies between the launches of one layer, in single precision.
        case scratch
        /// One of the compiled network's constants, by index.
        case constant(Int)
        /// A tensor on its way in or out, by network input or output.
        case inputTensor(Int)
        case outputTensor(Int)
        /// A value on its way to or from the host's memory, by index.
        case host(Int)
        /// One frame: five arguments, as `OpenCLFrame` sets them.
        case frame(input: Int, batch: Int)
    }

    let node: Network.NodeID
    let build: OpenCLBuild
    let kernel: String
    var arguments: [Argument]
    /// Work-items along each axis: whole work-groups.
    let global: [Int]
    let local: [Int]

    /// - Parameter group: work-items of a group; then the launch is filled up to whole groups, and the kernel must
    ///   leave the rest alone. Nil: groups that divide the launch.
    init(
        node: Network.NodeID, build: OpenCLBuild, kernel: String, arguments: [Argument], global: [Int],
        group: [Int]? = nil, _ traits: OpenCLTraits
    ) {
        (self.node, self.build, self.kernel, self.arguments) = (node, build, kernel, arguments)
        local = group ?? traits.group(dividing: global)
        self.global = zip(global, local).map { $0.rounded(up: $1) }
    }
}

/// What kernels read in every run: uploaded once for all contexts.
enum OpenCLConstant {
    /// Numbers in the network's precision.
    case values([Float])
    /// Numbers that stay in single precision.
    case floats([Float])
    case integers([Int32])

    var count: Int {
        switch self {
        case .values(let numbers), .floats(let numbers): numbers.count
        case .integers(let numbers): numbers.count
        }
    }
}

extension [OpenCLStep.Argument] {
    mutating func append(integers: Int...) { append(contentsOf: integers.map { .integer($0) }) }

    /// Base and steps; with them height and width where kernels need them.
    mutating func append(_ view: FeatureMapView, withSize: Bool = false) {
        append(integers: view.base, view.image, view.row, view.pixel)
        if withSize { append(integers: view.height, view.width) }
    }

    /// A view, or none: kernels know it by its negative base.
    mutating func append(optional view: FeatureMapView?) {
        if let view { append(view) } else { append(integers: -1, 0, 0, 0) }
    }

    mutating func append(_ activation: Activation) {
        append(.float(activation.range.low))
        append(.float(activation.range.high))
    }

    /// What results are limited to, in steps of the grid that they are rounded to, and its zero point.
    mutating func append(_ activation: Activation, on grid: QuantizationGrid?, _ between: OpenCLStep.Argument...) {
        let step = grid?.scale ?? 1
        append(.float(activation.range.low / step))
        append(.float(activation.range.high / step))
        append(contentsOf: between)
        append(.float(Float(grid?.zeroPoint ?? 0)))
    }
}
