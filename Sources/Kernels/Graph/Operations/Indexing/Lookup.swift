// Slices and elements picked at positions that a run computes.

/// `Operation.lookup`: data and positions, of which each picks a slice along an axis; the positions' extents take the
/// axis's place.
struct Lookup: OperationDefinition {
    let axis: Int

    var name: String { "lookup" }
    var inputCount: ClosedRange<Int> { 2...2 }
    var structure: String { "\(axis)" }

    func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
        try inputs[0].checkAxis(axis)
        var extents = inputs[0].extents
        extents.replaceSubrange(axis...axis, with: inputs[1].extents)
        return try .checked(extents)
    }

    func work(_ inputs: [Shape], _ output: Shape) -> Int { elementwiseWork(inputs, output) }

    func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        let (data, positions) = (inputs[0], inputs[1])
        let extent = data.shape[axis]
        let inner = data.shape.extents[(axis + 1)...].reduce(1, *)
        var target = output.values.baseAddress!
        for outer in 0..<data.shape.extents[..<axis].reduce(1, *) {
            for element in 0..<positions.shape.count {
                let slice = outer * extent + positions.position(element, of: extent)
                target.update(from: data.values.baseAddress! + slice * inner, count: inner)
                target += inner
            }
        }
    }

    func grid(_ inputs: [QuantizationGrid?]) -> QuantizationGrid? { inputs[0] }
}

/// `Operation.elementLookup`: data and positions of the same rank; each result is the element at its own place but for
/// the axis, where the position says which. (ONNX's GatherElements.)
struct ElementLookup: OperationDefinition {
    let axis: Int

    var name: String { "element_lookup" }
    var inputCount: ClosedRange<Int> { 2...2 }
    var structure: String { "\(axis)" }

    func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
        try inputs[0].checkElements(inputs[1], axis)
        return inputs[1]
    }

    func work(_ inputs: [Shape], _ output: Shape) -> Int { elementwiseWork(inputs, output) }

    func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        forEachElement(of: output.shape, in: inputs[0].shape, axis) { element, start, step in
            let position = inputs[1].position(element, of: inputs[0].shape[axis])
            output.values[element] = inputs[0].values[start + position * step]
        }
    }

    func grid(_ inputs: [QuantizationGrid?]) -> QuantizationGrid? { inputs[0] }
}

/// `Operation.coordinateLookup`: data and coordinates, whose last axis holds a position along each of data's first axes
/// behind those that both have in common. (ONNX's GatherND.)
struct CoordinateLookup: OperationDefinition {
    /// Axes in front, along which both go together.
    let commonAxes: Int

    var name: String { "coordinate_lookup" }
    var inputCount: ClosedRange<Int> { 2...2 }
    var structure: String { "\(commonAxes)" }

    func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
        let (data, coordinates) = (inputs[0], inputs[1])
        guard let depth = coordinates.extents.last, commonAxes >= 0, commonAxes < coordinates.rank,
            commonAxes <= data.rank, depth <= data.rank - commonAxes,
            data.extents.prefix(commonAxes) == coordinates.extents.prefix(commonAxes)
        else { throw ShapeMismatch(reason: "coordinates \(coordinates) don't fit \(data)") }
        return try .checked(coordinates.extents.dropLast() + data.extents.dropFirst(commonAxes + depth))
    }

    func work(_ inputs: [Shape], _ output: Shape) -> Int { elementwiseWork(inputs, output) }

    func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        let (data, coordinates) = (inputs[0], inputs[1])
        let rows = coordinates.shape.rowCount
        let common = data.shape.extents.prefix(commonAxes).reduce(1, *)
        let inner = output.shape.count / rows
        for row in 0..<rows {
            let start = data.shape.offset(coordinates, row, from: commonAxes)
            let image = row / (rows / common) * (data.shape.count / common)
            (output.values.baseAddress! + row * inner)
                .update(from: data.values.baseAddress! + image + start, count: inner)
        }
    }

    func grid(_ inputs: [QuantizationGrid?]) -> QuantizationGrid? { inputs[0] }
}

extension Shape {
    /// Whether a tensor of positions along an axis goes with this one: as many axes, none longer but that one.
    func checkElements(_ positions: Shape, _ axis: Int) throws(ShapeMismatch) {
        try checkAxis(axis)
        guard positions.rank == rank,
            extents.indices.allSatisfy({ $0 == axis || positions[$0] <= extents[$0] })
        else { throw ShapeMismatch(reason: "positions \(positions) don't fit \(self)") }
    }

    /// Rows along the last axis.
    var rowCount: Int { extents.dropLast().reduce(1, *) }

    /// Where the slice begins that a row of coordinates names.
    /// - Parameter axis: the first that there is a coordinate for.
    func offset(_ coordinates: TensorBuffer, _ row: Int, from axis: Int) -> Int {
        let depth = coordinates.shape.extents.last!
        var offset = 0
        for index in 0..<depth {
            offset = offset * extents[axis + index]
                + coordinates.position(row * depth + index, of: extents[axis + index])
        }
        return offset * extents.dropFirst(axis + depth).reduce(1, *)
    }
}

/// Calls with each element of a tensor, the place in another one that is the same but for an axis, where it is the
/// first, and the step along that axis.
func forEachElement(
    of elements: Shape, in shape: Shape, _ axis: Int, _ body: (_ element: Int, _ start: Int, _ step: Int) -> Void
) {
    let steps = Reference.strides(shape.extents)
    var position = [Int](repeating: 0, count: elements.rank)
    var start = 0
    for element in 0..<elements.count {
        body(element, start, steps[axis])
        var last = elements.rank - 1
        while last >= 0 {
            let step = last == axis ? 0 : steps[last]
            position[last] += 1
            start += step
            if position[last] < elements[last] { break }
            start -= position[last] * step
            position[last] = 0
            last -= 1
        }
    }
}
