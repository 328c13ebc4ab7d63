// Which operators pick, put and find elements, and end detectors. Positions are floats in a network, whole in ONNX.
import NetworkGraph

extension ONNXExporter {
    /// - Parameter inputs: what the values are called that the node reads.
    mutating func select(_ node: Network.Node, _ inputs: [String]) throws(ONNXExportError) {
        let name = node.name
        switch node.operation {
        case .topK(let topK): add(topK, inputs[0], to: name)
        case .lookup(let axis):
            add("Gather", [inputs[0], positions(inputs[1])], to: name, ["axis": .integer(axis)])
        case .elementLookup(let axis):
            add("GatherElements", [inputs[0], positions(inputs[1])], to: name, ["axis": .integer(axis)])
        case .coordinateLookup(let axes):
            add("GatherND", [inputs[0], positions(inputs[1])], to: name, ["batch_dims": .integer(axes)])
        case .elementScatter(let axis, let combination):
            add(
                "ScatterElements", [inputs[0], positions(inputs[1]), inputs[2]], to: name,
                ["axis": .integer(axis), "reduction": .text(combination.reduction)])
        case .coordinateScatter(let combination):
            add(
                "ScatterND", [inputs[0], positions(inputs[1]), inputs[2]], to: name,
                ["reduction": .text(combination.reduction)])
        case .poolingPositions(let pooling, let isColumnMajor):
            let whole = unique(name, "positions")
            add(
                "MaxPool", inputs, to: [unique(name, "values"), whole], name: name,
                [
                    "kernel_shape": .integers([pooling.window.height, pooling.window.width]),
                    "strides": .integers(pooling.window.strides), "dilations": .integers(pooling.window.dilations),
                    "pads": .integers(pooling.window.padding.pads), "storage_order": .integer(isColumnMajor ? 1 : 0),
                ])
            addCast(whole, .float, to: name)
        case .unpooling(let shape): try add(unpooling: shape, node, inputs)
        case .gridSampling(let sampling): add(sampling, inputs, to: name)
        case .regionAlignment(let alignment):
            add(
                "RoiAlign", [inputs[0], inputs[1], positions(inputs[2])], to: name,
                [
                    "output_height": .integer(alignment.height), "output_width": .integer(alignment.width),
                    "sampling_ratio": .integer(alignment.samples), "spatial_scale": .float(alignment.scale),
                    "mode": .text(alignment.takesMaximum ? "max" : "avg"),
                    "coordinate_transformation_mode":
                        .text(alignment.isHalfPixel ? "half_pixel" : "output_half_pixel"),
                ])
        case .boxSelection(let selection): add(selection, node, inputs)
        default: preconditionFailure("\(node.operation.name) selects nothing")
        }
    }

    private mutating func positions(_ value: String) -> String { cast(value, .int64, "positions") }

    private mutating func add(_ topK: TopK, _ input: String, to name: String) {
        let count = constant(unique(name, "count"), [1], .int64, [Int64(topK.count)])
        let givesValues = topK.result == .values
        let (values, whole) = (givesValues ? name : unique(name, "values"), unique(name, "positions"))
        add(
            "TopK", [input, count], to: [values, whole], name: name,
            ["axis": .integer(topK.axis), "largest": .integer(topK.takesLargest ? 1 : 0)])
        if !givesValues { addCast(whole, .float, to: name) }
    }

    /// With windows that reach from the first value to the last element.
    private mutating func add(
        unpooling shape: Shape, _ node: Network.Node, _ inputs: [String]
    ) throws(ONNXExportError) {
        let given = network.nodes[node.inputs[0]].shape
        guard given.rank == shape.rank, given.rank > 2, given.extents.prefix(2) == shape.extents.prefix(2),
            zip(given.extents, shape.extents).allSatisfy({ $0 <= $1 })
        else { throw .unsupported(node: node.name, reason: "\(given) unpooled to \(shape)") }
        let kernel = zip(given.extents, shape.extents).map { $1 - $0 + 1 }.dropFirst(2)
        add(
            "MaxUnpool", [inputs[0], positions(inputs[1])], to: node.name,
            ["kernel_shape": .integers(Array(kernel)), "strides": .integers(kernel.map { _ in 1 })])
    }

    private mutating func add(_ sampling: GridSampling, _ inputs: [String], to name: String) {
        let mode =
            switch sampling.interpolation {
            case .nearest: "nearest"
            case .linear: "bilinear"
            case .cubic: "bicubic"
            }
        let border =
            switch sampling.border {
            case .zeros: "zeros"
            case .edge: "border"
            case .reflection: "reflection"
            }
        add(
            "GridSample", inputs, to: name,
            [
                "mode": .text(mode), "padding_mode": .text(border),
                "align_corners": .integer(sampling.alignsCorners ? 1 : 0),
            ])
    }

    /// ONNX gives as many rows as there are: those that a network has beyond them are put behind.
    private mutating func add(_ selection: BoxSelection, _ node: Network.Node, _ inputs: [String]) {
        let name = node.name
        let limit = constant(unique(name, "limit"), [1], .int64, [Int64(selection.limit)])
        let overlap = constant(unique(name, "overlap"), [1], [selection.overlap])
        var operands = inputs + [limit, overlap]
        if let threshold = selection.threshold {
            operands.append(constant(unique(name, "threshold"), [1], [threshold]))
        }
        let (found, extents, open) = (unique(name, "found"), unique(name, "extents"), unique(name, "open"))
        add(
            "NonMaxSuppression", operands, to: found, name: name,
            ["center_point_box": .integer(selection.hasCentres ? 1 : 0)])
        add("Shape", [found], to: extents)
        let whole = constant(unique(name, "shape"), [2], .int64, node.shape.extents.map { Int64($0) })
        add("Sub", [whole, extents], to: open)
        let (pads, padded) = (unique(name, "pads"), unique(name, "padded"))
        let before = constant(unique(name, "before"), [2], .int64, [Int64(0), 0])
        add("Concat", [before, open], to: pads, ["axis": .integer(0)])
        let none = constant(unique(name, "none"), [], .int64, [Int64(-1)])
        add("Pad", [found, pads, none], to: padded)
        addCast(padded, .float, to: name)
    }
}

extension ScatterCombination {
    /// As ONNX calls it.
    fileprivate var reduction: String {
        switch self {
        case .replace: "none"
        case .add: "add"
        case .multiply: "mul"
        case .minimum: "min"
        case .maximum: "max"
        }
    }
}
