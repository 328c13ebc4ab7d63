// The reference's movement, reduction and elementwise operations against results worked out by hand.
import Kernels
import Testing

@Suite("Reference operations")
struct ReferenceOperationsTests {
    private let grid = Tensor([2, 3], [1, 2, 3, 4, 5, 6])

    private func expectClose(_ tensor: Tensor, _ values: [Double]) {
        #expect(zip(tensor.values, values).allSatisfy { abs(Double($0) - $1) < 1e-6 }, "\(tensor.values)")
    }

    @Test func functionsOfElements() throws {
        let x = Tensor([5], [-4, -1, 0, 1, 4])
        #expect(try apply(.unary(.leakyRelu(slope: 0.5)), x).values == [-2, -0.5, 0, 1, 4])
        #expect(try apply(.unary(.hardSigmoid(slope: 0.25, offset: 0.5)), x).values == [0, 0.25, 0.5, 0.75, 1])
        expectClose(try apply(.unary(.hardSwish), x), [0, -1.0 / 3, 0, 2.0 / 3, 4])
        expectClose(
            try apply(.unary(.sigmoid), x), [0.0179862100, 0.2689414214, 0.5, 0.7310585786, 0.9820137900])
        expectClose(try apply(.unary(.tanh), x), [-0.9993292997, -0.7615941560, 0, 0.7615941560, 0.9993292997])
        expectClose(
            try apply(.unary(.errorFunction), x), [-0.9999999846, -0.8427007929, 0, 0.8427007929, 0.9999999846])
        expectClose(try apply(.unary(.gelu), x), [-0.0001266850, -0.1586552540, 0, 0.8413447460, 3.9998733150])
        expectClose(try apply(.unary(.geluByTanh), x), [-0.0000702460, -0.1588080094, 0, 0.8411919906, 3.9999297540])
        #expect(try apply(.unary(.negation), x).values == [4, 1, 0, -1, -4])
        #expect(try apply(.unary(.absolute), x).values == [4, 1, 0, 1, 4])
        let y = Tensor([4], [0.25, 0.5, 1, 2])
        expectClose(try apply(.unary(.exponential), y), [1.2840254167, 1.6487212707, 2.7182818285, 7.3890560989])
        expectClose(try apply(.unary(.logarithm), y), [-1.3862943611, -0.6931471806, 0, 0.6931471806])
        #expect(try apply(.unary(.squareRoot), Tensor([2], [0.25, 4])).values == [0.5, 2])
        #expect(try apply(.unary(.reciprocal), y).values == [4, 2, 1, 0.5])
        #expect(try apply(.unary(.floor), Tensor([4], [-1.5, -1, 0.75, 2])).values == [-2, -1, 0, 2])
        #expect(try apply(.binary(.power), y, Tensor([], [2])).values == [0.0625, 0.25, 1, 4])
        #expect(try apply(.binary(.power), Tensor([2], [-2, -3]), Tensor([], [3])).values == [-8, -27])
    }

    @Test func shapesBroadcast() throws {
        let row = Tensor([3], [10, 20, 30])
        let column = Tensor([2, 1], [1, -1])
        #expect(try apply(.binary(.add), grid, row).values == [11, 22, 33, 14, 25, 36])
        #expect(try apply(.binary(.subtract), row, grid).values == [9, 18, 27, 6, 15, 24])
        #expect(try apply(.binary(.multiply), column, row) == Tensor([2, 3], [10, 20, 30, -10, -20, -30]))
        #expect(try apply(.binary(.divide), grid, Tensor([], [2])).values == [0.5, 1, 1.5, 2, 2.5, 3])
        #expect(try apply(.binary(.parametricRelu), column, Tensor([], [3])).values == [1, -3])
        #expect(try apply(.binary(.add), Tensor([], [1]), Tensor([], [2])) == Tensor([], [3]))
        #expect(throws: NetworkError.self) { try apply(.binary(.add), grid, Tensor([2], [1, 2])) }
    }

    @Test func elementsMove() throws {
        #expect(try apply(.transpose([1, 0]), grid) == Tensor([3, 2], [1, 4, 2, 5, 3, 6]))
        #expect(try apply(.reshape([3, 2]), grid) == Tensor([3, 2], [1, 2, 3, 4, 5, 6]))
        #expect(try apply(.gather(axis: 1, indices: [2, 0, 0]), grid) == Tensor([2, 3], [3, 1, 1, 6, 4, 4]))
        #expect(try apply(.concatenation(axis: 0), grid, grid).shape == [4, 3])
        #expect(
            try apply(.concatenation(axis: 1), Tensor([2, 1], [7, 8]), grid)
                == Tensor([2, 4], [7, 1, 2, 3, 8, 4, 5, 6]))
        #expect(
            try apply(.pad(ConstantPadding(before: [0, 1], after: [1, 0], value: 9)), grid)
                == Tensor([3, 4], [9, 1, 2, 3, 9, 4, 5, 6, 9, 9, 9, 9]))
        // 1×2×3 to 3×1×2: the last axis comes first.
        #expect(
            try apply(.transpose([2, 0, 1]), Tensor([1, 2, 3], grid.values)) == Tensor([3, 1, 2], [1, 4, 2, 5, 3, 6]))
    }

    @Test func axesReduce() throws {
        #expect(try apply(.reduction(Reduction(.mean, axes: [1])), grid) == Tensor([2, 1], [2, 5]))
        #expect(try apply(.reduction(Reduction(.maximum, axes: [0])), grid) == Tensor([1, 3], [4, 5, 6]))
        #expect(try apply(.reduction(Reduction(.mean, axes: [0, 1])), grid) == Tensor([1, 1], [3.5]))
        let ties = Tensor([2, 3], [5, 5, 1, 2, 7, 7])
        #expect(try apply(.argMax(axis: 1, selectsLast: false), ties) == Tensor([2, 1], [0, 1]))
        #expect(try apply(.argMax(axis: 1, selectsLast: true), ties) == Tensor([2, 1], [1, 2]))
        let taps = [[Resampling.Tap(index: 0, weight: 0.5), Resampling.Tap(index: 2, weight: 0.5)], []]
        #expect(try apply(.resampling(Resampling(axis: 1, taps: taps)), grid) == Tensor([2, 2], [2, 0, 5, 0]))
    }

    @Test func matricesMultiply() throws {
        let other = Tensor([3, 1], [1, 10, 100])
        #expect(try apply(.matrixMultiplication, grid, other) == Tensor([2, 1], [321, 654]))
        let stack = Tensor([2, 1, 3], grid.values)
        #expect(try apply(.matrixMultiplication, stack, other) == Tensor([2, 1, 1], [321, 654]))
        #expect(throws: NetworkError.self) { try apply(.matrixMultiplication, grid, grid) }
    }

    @Test func softmaxAlongAnyAxis() throws {
        expectClose(try apply(.softmax(axis: 0), Tensor([2, 1], [0, 0])), [0.5, 0.5])
        expectClose(try apply(.softmax(axis: 0), Tensor([1, 2], [3, 4])), [1, 1])
        expectClose(try apply(.logSoftmax(axis: 1), Tensor([1, 2], [1000, 1000])), [-0.6931471806, -0.6931471806])
    }

    @Test func normalizationLooksFurtherBehindThanBefore() throws {
        // Even sizes: (size − 1) ÷ 2 rounded down before, up behind.
        let layer = LocalResponseNormalization(size: 2, alpha: 2, beta: 1, bias: 1)
        let result = try apply(.localResponseNormalization(layer), Tensor([1, 3, 1, 1], [1, 2, 3]))
        expectClose(result, [1.0 / 6, 2.0 / 14, 3.0 / 10])
    }

    @Test func windowsDifferByAxis() throws {
        let window = Window(rows: Window.Axis(kernel: 1, stride: 2), columns: Window.Axis(kernel: 2, dilation: 2))
        let map = Tensor([1, 1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9])
        #expect(try apply(.pooling(Pooling(.maximum, window: window)), map) == Tensor([1, 1, 2, 1], [3, 9]))
        let layer = Convolution(weights: Tensor([1, 1, 1, 2], [1, 10]), bias: [0], window: window)
        #expect(try apply(.convolution(layer), map) == Tensor([1, 1, 2, 1], [31, 97]))
    }
}
