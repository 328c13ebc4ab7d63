// What operations check of their inputs' shapes.

/// Why an operation can't take its inputs; `Network.append` adds the node's name.
package struct ShapeMismatch: Error {
    package let reason: String

    package init(reason: String) { self.reason = reason }
}

extension Shape {
    /// The shape with these extents, if there is one.
    package static func checked(_ extents: [Int]) throws(ShapeMismatch) -> Shape {
        guard let shape = Shape(validating: extents) else {
            throw ShapeMismatch(reason: "the result would be \(extents), which is no shape")
        }
        return shape
    }

    package func checkAxis(_ axis: Int) throws(ShapeMismatch) {
        guard extents.indices.contains(axis) else { throw ShapeMismatch(reason: "\(self) has no axis \(axis)") }
    }

    /// - Parameter operation: who needs a feature map.
    package func checkFeatureMap(for operation: String) throws(ShapeMismatch) {
        guard rank == 4 else { throw ShapeMismatch(reason: "\(operation) needs N×C×H×W, got \(self)") }
    }

    /// With another extent along one axis.
    package func replacing(_ axis: Int, by extent: Int) throws(ShapeMismatch) -> Shape {
        try checkAxis(axis)
        var extents = extents
        extents[axis] = extent
        return try .checked(extents)
    }

    /// With 1 along some axes.
    package func reduced(_ axes: [Int]) throws(ShapeMismatch) -> Shape {
        var extents = extents
        for axis in axes {
            try checkAxis(axis)
            extents[axis] = 1
        }
        return try .checked(extents)
    }

    /// Elements, times a factor; `Int.max` where that overflows.
    package func count(times factor: Int) -> Int {
        let (product, overflow) = count.multipliedReportingOverflow(by: factor)
        return overflow ? .max : product
    }
}

extension Window {
    /// Rows and columns of its positions on a feature map.
    package func checkedSize(_ input: Shape) throws(ShapeMismatch) -> (height: Int, width: Int) {
        guard min(padding.top, padding.left, padding.bottom, padding.right) >= 0 else {
            throw ShapeMismatch(reason: "negative padding")
        }
        guard let size = outputSize(height: input[2], width: input[3]) else {
            throw ShapeMismatch(reason: "a \(height)×\(width) window does not fit in \(input)")
        }
        return size
    }

    package var structure: String { "\(rows.structure) \(columns.structure)" }
}

extension Window.Axis {
    fileprivate var structure: String { "\(kernel) \(stride) \(dilation) \(near) \(far)" }
}

extension OperationDefinition {
    /// A step for each element read or made.
    package func elementwiseWork(_ inputs: [Shape], _ output: Shape) -> Int {
        max(output.count, inputs.map(\.count).max() ?? 0)
    }
}
