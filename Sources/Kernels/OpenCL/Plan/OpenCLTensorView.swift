// Tensors of any rank in a buffer, as kernels walk them: a step along each axis. Values, made at compile time.
import NetworkGraph

/// A tensor's elements in some buffer; offsets and steps are in values.
struct TensorView {
    var memory = OpenCLStep.Argument.arena
    var base = 0
    /// Of what lies there in bytes; nil for floats.
    var grid: QuantizationGrid?
    var extents: [Int]
    /// From one element to the next along each axis; 0 where elements repeat.
    var steps: [Int]

    /// The tensor that lies as a feature map: what follows the channels counts as rows, but for N×C×H×W.
    init(_ map: FeatureMapView, _ shape: Shape, on grid: QuantizationGrid? = nil) {
        (base, extents, self.grid) = (map.base, shape.extents, grid)
        if shape.rank == 4 {
            steps = [map.image, 1, map.row, map.pixel]
        } else {
            let rows = Reference.strides(Array(shape.extents.dropFirst(2)))
            steps = [map.image, 1].prefix(shape.rank) + rows.map { $0 * map.row }
        }
    }

    /// A tensor whose elements lie one behind the other, the last axis fastest.
    init(_ shape: Shape, in memory: OpenCLStep.Argument, on grid: QuantizationGrid? = nil) {
        (self.memory, self.grid) = (memory, grid)
        (extents, steps) = (shape.extents, Reference.strides(shape.extents))
    }

    /// Repeated as NumPy's rule has it.
    func broadcast(to shape: Shape) -> TensorView {
        var result = self
        let missing = shape.rank - extents.count
        result.extents = shape.extents
        result.steps =
            [Int](repeating: 0, count: missing)
            + zip(extents, zip(steps, shape.extents.dropFirst(missing))).map { $0 == $1.1 ? $1.0 : 0 }
        return result
    }

    func transposed(_ permutation: [Int]) -> TensorView {
        var result = self
        (result.extents, result.steps) = (permutation.map { extents[$0] }, permutation.map { steps[$0] })
        return result
    }

    /// `count` slices of an axis, from slice `start` on, `step` slices apart.
    func sliced(_ axis: Int, from start: Int, count: Int, step: Int = 1) -> TensorView {
        var result = self
        result.base += start * steps[axis]
        result.extents[axis] = count
        result.steps[axis] *= step
        return result
    }

    /// An axis as two, of which the second counts faster.
    func split(_ axis: Int, inner count: Int) -> TensorView {
        var result = self
        result.extents[axis] /= count
        result.steps[axis] *= count
        result.extents.insert(count, at: axis + 1)
        result.steps.insert(steps[axis], at: axis + 1)
        return result
    }

    func removing(_ axis: Int) -> TensorView {
        var result = self
        result.extents.remove(at: axis)
        result.steps.remove(at: axis)
        return result
    }

    /// The same elements in the same order with as few axes as there can be.
    var flattened: TensorView {
        var result = self
        (result.extents, result.steps) = ([], [])
        for (extent, step) in zip(extents, steps) where extent > 1 {
            if let last = result.steps.last, last == step * extent {
                result.extents[result.extents.count - 1] *= extent
                result.steps[result.steps.count - 1] = step
            } else {
                result.extents.append(extent)
                result.steps.append(step)
            }
        }
        return result
    }

    /// Two tensors of as many elements with axes of the same extents, so that elements of one number belong together.
    /// - Returns: nil where the axes of one cross those of the other.
    static func refined(_ a: TensorView, _ b: TensorView) -> (TensorView, TensorView)? {
        var (a, b) = (a.flattened, b.flattened)
        // From the last axis on: the larger is split.
        var behind = 0
        while behind < max(a.extents.count, b.extents.count) {
            guard behind < a.extents.count, behind < b.extents.count else { return nil }
            let (i, j) = (a.extents.count - 1 - behind, b.extents.count - 1 - behind)
            let (m, n) = (a.extents[i], b.extents[j])
            if m > n {
                guard m.isMultiple(of: n) else { return nil }
                a = a.split(i, inner: n)
            } else if n > m {
                guard n.isMultiple(of: m) else { return nil }
                b = b.split(j, inner: m)
            }
            behind += 1
        }
        return (a, b)
    }
}
