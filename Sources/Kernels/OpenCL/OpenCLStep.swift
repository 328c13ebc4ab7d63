// One kernel launch of a compiled network, as data: contexts turn it into a kernel object with its arguments set.

struct OpenCLStep {
    enum Argument {
        case integer(Int)
        case float(Float)
        /// The context's activations.
        case arena
        /// The compiled network's weights, by index.
        case weights(Int)
        /// A tensor on its way in or out, by network input or output.
        case inputTensor(Int)
        case outputTensor(Int)
        /// RGB bytes of one frame, then two integers: its width and height.
        case frame(input: Int, batch: Int)
    }

    let node: Network.NodeID
    let build: OpenCLBuild
    let kernel: String
    var arguments: [Argument]
    let global: [Int]
    /// Nil: the driver chooses.
    let local: [Int]?
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
}
