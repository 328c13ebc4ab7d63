// Reference operations along axes, with sums in double precision: softmax, normalisation, products. Pure functions.
import Foundation

extension Reference {
    /// The elements along one axis for every position on the others; `index` is where an element of a line lies.
    private struct Lines {
        let count: Int
        let length: Int
        let step: Int

        init(_ shape: Shape, axis: Int) {
            length = shape[axis]
            step = shape.extents[(axis + 1)...].reduce(1, *)
            count = shape.count / length
        }

        func index(_ line: Int, _ element: Int) -> Int { (line / step * length + element) * step + line % step }
    }

    /// e^(x − max) ÷ Σ e^(x − max), or its logarithm.
    static func softmax(_ input: Tensor, axis: Int, isLogarithmic: Bool) -> Tensor {
        let lines = Lines(input.shape, axis: axis)
        var output = input
        for line in 0..<lines.count {
            let values = (0..<lines.length).map { Double(input.values[lines.index(line, $0)]) }
            let largest = values.max() ?? 0
            let sum = values.reduce(0) { $0 + exp($1 - largest) }
            for (element, value) in values.enumerated() {
                output.values[lines.index(line, element)] =
                    isLogarithmic ? Float(value - largest - log(sum)) : Float(exp(value - largest) / sum)
            }
        }
        return output
    }

    static func localResponseNormalization(_ layer: LocalResponseNormalization, _ input: Tensor) -> Tensor {
        let lines = Lines(input.shape, axis: 1)
        let before = (layer.size - 1) / 2
        let after = layer.size - 1 - before
        var output = input
        for line in 0..<lines.count {
            let squares = (0..<lines.length).map { pow(Double(input.values[lines.index(line, $0)]), 2) }
            for channel in 0..<lines.length {
                let sum = squares[max(channel - before, 0)...min(channel + after, lines.length - 1)].reduce(0, +)
                let base = Double(layer.bias) + Double(layer.alpha) / Double(layer.size) * sum
                let index = lines.index(line, channel)
                output.values[index] = Float(Double(input.values[index]) / pow(base, Double(layer.beta)))
            }
        }
        return output
    }

    static func resampling(_ resampling: Resampling, _ input: Tensor, _ shape: Shape) -> Tensor {
        let (from, to) = (Lines(input.shape, axis: resampling.axis), Lines(shape, axis: resampling.axis))
        var output = Tensor(zeros: shape)
        for line in 0..<to.count {
            for (element, taps) in resampling.taps.enumerated() {
                output.values[to.index(line, element)] = Float(
                    taps.reduce(0.0) { $0 + Double($1.weight) * Double(input.values[from.index(line, $1.index)]) })
            }
        }
        return output
    }

    static func argMax(_ input: Tensor, axis: Int, selectsLast: Bool, _ shape: Shape) -> Tensor {
        let lines = Lines(input.shape, axis: axis)
        return Tensor(
            shape,
            (0..<lines.count).map { line in
                var best = 0
                for element in 1..<max(lines.length, 1) {
                    let (value, largest) = (
                        input.values[lines.index(line, element)], input.values[lines.index(line, best)]
                    )
                    if value > largest || (selectsLast && value == largest) { best = element }
                }
                return Float(best)
            })
    }

    /// `shape` is the input's, with 1 for the axes that are reduced.
    static func reduction(_ reduction: Reduction, _ input: Tensor, _ shape: Shape) -> Tensor {
        var sums = [Double](repeating: reduction.kind == .mean ? 0 : -.infinity, count: shape.count)
        let steps = zip(shape.extents, strides(shape.extents)).map { $0 == 1 ? 0 : $1 }
        var position = [Int](repeating: 0, count: shape.rank)
        var target = 0
        for value in input.values {
            sums[target] = reduction.kind == .mean ? sums[target] + Double(value) : max(sums[target], Double(value))
            var axis = shape.rank - 1
            while axis >= 0 {
                position[axis] += 1
                target += steps[axis]
                if position[axis] < input.shape[axis] { break }
                target -= position[axis] * steps[axis]
                position[axis] = 0
                axis -= 1
            }
        }
        let count = Double(reduction.kind == .mean ? input.shape.count / shape.count : 1)
        return Tensor(shape, sums.map { Float($0 / count) })
    }

    /// Matrices of the last two axes, those in front broadcast.
    static func matrixMultiplication(_ a: Tensor, _ b: Tensor, _ shape: Shape) -> Tensor {
        let (rows, columns) = (shape[shape.rank - 2], shape[shape.rank - 1])
        let depth = a.shape[a.shape.rank - 1]
        let outer = Shape(shape.extents.dropLast(2))
        // Which matrix of each operand makes each matrix of the result.
        func matrices(_ operand: Tensor) -> [Int] {
            let own = Shape(operand.shape.extents.dropLast(2))
            let zeros = [Int](repeating: 0, count: outer.count)
            return broadcast(Array(0..<own.count), own, zeros, outer, outer) { index, _ in index }
        }
        var output = Tensor(zeros: shape)
        for (index, (first, second)) in zip(matrices(a), matrices(b)).enumerated() {
            for row in 0..<rows {
                var sums = [Double](repeating: 0, count: columns)
                for k in 0..<depth {
                    let factor = Double(a.values[(first * rows + row) * depth + k])
                    let start = (second * depth + k) * columns
                    for column in 0..<columns { sums[column] += factor * Double(b.values[start + column]) }
                }
                let start = (index * rows + row) * columns
                for column in 0..<columns { output.values[start + column] = Float(sums[column]) }
            }
        }
        return output
    }
}
