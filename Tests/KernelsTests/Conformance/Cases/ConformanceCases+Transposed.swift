// Conformance cases of transposed convolutions.
import Kernels

extension ConformanceCase {
    /// Strides, windows, what is cut off and added, groups; alone, and between convolutions.
    static let transposed: [ConformanceCase] = {
        let shapes: [(kernel: Int, stride: Int, dilation: Int, padding: Int, extra: Int)] = [
            (2, 2, 1, 0, 0), (3, 2, 1, 1, 1), (4, 2, 1, 1, 0), (3, 1, 1, 1, 0), (1, 2, 1, 0, 1), (5, 3, 1, 2, 0),
            (3, 2, 2, 1, 0), (2, 3, 1, 0, 2), (5, 1, 1, 3, 0), (4, 2, 1, 2, 0), (2, 2, 1, 0, 3),
        ]
        var cases = shapes.flatMap { shape in
            let window = Window(
                height: shape.kernel, width: shape.kernel, stride: shape.stride, dilation: shape.dilation,
                padding: Padding(shape.padding))
            return [(17, 19, 1), (20, 12, 4), (19, 19, 19)].map { inputs, outputs, groups in
                ConformanceCase("transposed \(shape), \(inputs) to \(outputs), \(groups) groups", [2, inputs, 5, 7]) {
                    $0.transposedConvolution(inputs, outputs, window, extra: shape.extra, groups: groups)
                }
            }
        }
        let uneven = Window(
            rows: Window.Axis(kernel: 3, stride: 2, near: 1, far: 0),
            columns: Window.Axis(kernel: 2, stride: 1, dilation: 3, near: 0, far: 1))
        cases.append(
            ConformanceCase("transposed, rows and columns differ", [1, 17, 5, 7]) {
                $0.transposedConvolution(17, 19, uneven)
            })
        // As many phases as a file may ask for: nothing is to be made of each.
        let wide = Window(height: 1, width: 1, stride: 1 << 16)
        cases.append(
            ConformanceCase("transposed, strides of 65536", [1, 3, 1, 1]) { $0.transposedConvolution(3, 2, wide, extra: 9) })
        for (kernel, padding) in [(2, 0), (4, 1)] {
            cases.append(
                ConformanceCase("transposed between convolutions, \(kernel)", [2, 3, 6, 7]) {
                    network, random, ids throws(NetworkError) in
                    let point = Window(height: 1, width: 1)
                    let window = Window(height: kernel, width: kernel, stride: 2, padding: Padding(padding))
                    let map = try network.append(random.convolution(3, 32, point, .relu), ids[0])
                    let larger = try network.append(random.transposedConvolution(32, 16, window), map)
                    let active = try network.append(.activation(.relu), larger)
                    let joined = try network.append(.concatenation(), active, larger)
                    return [try network.append(random.convolution(32, 5, point), joined)]
                })
        }
        return cases
    }()
}
