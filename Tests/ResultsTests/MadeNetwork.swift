// Networks that are nothing but an input and outputs of certain shapes, for what is told from those.

import NetworkGraph

@testable import Results

/// A network in the making.
struct MadeNetwork {
    private(set) var network = Network(name: "made")
    private var outputs: [Int] = []

    init(width: Int, height: Int, fit: ImageFit = .stretch) {
        let input = ImageInput(height: height, width: width, mean: [0, 0, 0], scale: [1, 1, 1], fit: fit)
        _ = try! network.append(.image(input))
    }

    /// - Parameter steps: what the values go through, from the last layer on.
    mutating func output(_ shape: Shape, _ name: String? = nil, _ steps: Operation...) {
        var id = try! network.append(.tensor(shape), name: steps.isEmpty ? name : nil)
        for (index, step) in steps.enumerated() {
            let isPair = if case .binary = step { true } else { false }
            id = try! network.append(step, isPair ? [id, id] : [id], name: index == steps.count - 1 ? name : nil)
        }
        outputs.append(id)
        network.setOutputs(outputs)
    }

    /// Sigmoids of several, joined along an axis.
    mutating func joined(_ shapes: [Shape], axis: Int) {
        let parts = shapes.map { shape in
            try! network.append(.sigmoid, [try! network.append(.tensor(shape))])
        }
        outputs.append(try! network.append(.concatenation(axis: axis), parts))
        network.setOutputs(outputs)
    }

    func facts(labels: Int? = nil, task: String? = nil) -> NetworkFacts {
        NetworkFacts(network, labelCount: labels, statedTask: task)!
    }

    /// Names of the heads that fit.
    func heads(labels: Int? = nil, task: String? = nil) -> [any Head] {
        switch Heads.recognize(facts(labels: labels, task: task)) {
        case .none: []
        case .one(let head): [head]
        case .several(let heads): heads
        }
    }
}

extension Operation {
    static let sigmoid = Operation.unary(.sigmoid)
    static let exponential = Operation.unary(.exponential)
    static let sum = Operation.binary(.add)
}

extension FrameResult {
    var boxes: [Detection] { if case .boxes(let boxes) = self { boxes } else { [] } }
    var points: [Keypoint] { if case .keypoints(let points) = self { points } else { [] } }
    var map: Segmentation? { if case .segments(let map) = self { map } else { nil } }
}

/// A table of zeros in which a test writes some numbers.
struct TestTable {
    var tensor: Tensor
    init(_ shape: Shape, _ value: Float = 0) { tensor = Tensor(shape, [Float](repeating: value, count: shape.count)) }
    subscript(index: Int) -> Float {
        get { tensor.values[index] }
        set { tensor.values[index] = newValue }
    }
}

extension PixelArea {
    /// Whether all sides are where they should be, to a tenth of a pixel.
    func isNear(_ x: Float, _ y: Float, _ width: Float, _ height: Float) -> Bool {
        [self.x - x, self.y - y, self.width - width, self.height - height].allSatisfy { abs($0) < 0.1 }
    }
}
