// Walking a tensor along one axis.

/// The elements along one axis for every position on the others; `index` is where an element of a line lies.
package struct TensorLines {
    package let count: Int
    package let length: Int
    let step: Int

    package init(_ shape: Shape, axis: Int) {
        length = shape[axis]
        step = shape.extents[(axis + 1)...].reduce(1, *)
        count = shape.count / length
    }

    package func index(_ line: Int, _ element: Int) -> Int { (line / step * length + element) * step + line % step }
}
