// The grids that detectors look at: feature maps of a picture at several strides. Values.

import NetworkGraph

/// Cells of a feature map, in rows from the top left.
struct BoxGrid: Equatable, Sendable {
    let width: Int
    let height: Int
    /// From a cell to the next, in pixels of the input.
    let stepX: Float
    let stepY: Float
    /// Width and height of each cell's anchors, in pixels of the input; one of no size where there are none.
    var anchors: [AnchorSize]

    var cellCount: Int { width * height }
    var candidateCount: Int { cellCount * anchors.count }
}

struct AnchorSize: Equatable, Sendable {
    let width: Float
    let height: Float
    static let none = AnchorSize(width: 0, height: 0)
}

extension BoxGrid {
    /// A map that is so many times smaller than the input; cells that begin in the picture count.
    init(_ input: ImageInput, stride: Int, anchors: [AnchorSize] = [.none]) {
        width = (input.width + stride - 1) / stride
        height = (input.height + stride - 1) / stride
        (stepX, stepY) = (Float(stride), Float(stride))
        self.anchors = anchors
    }

    /// A map whose cells divide the input evenly.
    init(_ input: ImageInput, width: Int, height: Int, anchors: [AnchorSize] = [.none]) {
        (self.width, self.height, self.anchors) = (width, height, anchors)
        (stepX, stepY) = (Float(input.width) / Float(width), Float(input.height) / Float(height))
    }

    /// Maps at several strides, with as many anchors a cell each.
    static func pyramid(_ input: ImageInput, _ strides: [Int], perCell: Int = 1) -> [BoxGrid] {
        strides.map { BoxGrid(input, stride: $0, anchors: [AnchorSize](repeating: .none, count: perCell)) }
    }
}

extension [BoxGrid] {
    var candidateCount: Int { reduce(0) { $0 + $1.candidateCount } }
}
