// What heads are told apart by: a network's outputs, what they were made by, and its input's size. Made once; values.

import NetworkGraph

/// A network as recognition sees it. No file's name is among it.
package struct NetworkFacts: Sendable {
    package let input: ImageInput
    package let outputs: [OutputFacts]
    /// How many names of classes are known: packed with the model, or given.
    package private(set) var labelCount: Int?
    /// What the file says that the network is for, in its exporter's words ("detect", "pose"); nil where it doesn't.
    package let statedTask: String?

    /// - Returns: nil for a network that doesn't take frames, one at a time.
    package init?(_ network: Network, labelCount: Int? = nil, statedTask: String? = nil) {
        guard let first = network.inputs.first, case .image(let input) = network.nodes[first].operation,
            input.batch == 1
        else { return nil }
        self.input = input
        outputs = network.outputs.map { OutputFacts($0, of: network) }
        (self.labelCount, self.statedTask) = (labelCount, statedTask)
    }

    /// The same, as if no class had a name.
    package var withoutLabels: NetworkFacts {
        var facts = self
        facts.labelCount = nil
        return facts
    }

    /// Where there is one output, that one.
    var onlyOutput: OutputFacts? { outputs.count == 1 ? outputs[0] : nil }

}

/// An output, and what made it.
package struct OutputFacts: Sendable {
    package let name: String
    package let shape: Shape
    /// The shape without ones in front.
    let extents: [Int]
    /// What its values last went through, but for being moved about.
    let end: OutputEnd
    /// All that its values went through since the nearest layers with weights.
    let tail: OutputTail
    /// Whether it joins sums with differences, as corners are made of a centre and a size.
    let joinsCorners: Bool
    /// Whether it is nothing but sigmoids, joined.
    let joinsSigmoids: Bool
    /// Of boxes that the network itself has selected: what it picks of them.
    let selected: SelectedBoxes?

    /// Two numbers or more in a row.
    var isVector: Bool { shape.count > 1 && shape.extents.count { $0 > 1 } == 1 }

    init(_ id: Int, of network: Network) {
        let node = network.nodes[id]
        (name, shape) = (node.name, node.shape)
        extents = Array(node.shape.extents.drop { $0 == 1 })
        let walk = OutputWalk(network)
        (end, tail, selected) = (walk.end(id), walk.tail(id), walk.selected(id))
        (joinsCorners, joinsSigmoids) = (walk.joinsCorners(id), walk.joinsSigmoids(id))
    }
}

/// What an output ends in.
enum OutputEnd: Equatable {
    /// Shares that sum to 1 along an axis of so many.
    case softmax(of: Int)
    case logSoftmax(of: Int)
    case sigmoid
    case argMax
    /// A layer with weights, or a sum or mean of such: scores of any size.
    case linear
    /// Resized.
    case resampling
    case other
}

/// Kinds of operations.
struct OutputTail: OptionSet {
    let rawValue: Int
    static let exponential = OutputTail(rawValue: 1)
    /// Products, sums, differences, and the like of two values.
    static let arithmetic = OutputTail(rawValue: 2)
    static let sigmoid = OutputTail(rawValue: 4)
    static let softmax = OutputTail(rawValue: 8)
    static let pooling = OutputTail(rawValue: 16)
    /// Sines and cosines.
    static let turning = OutputTail(rawValue: 32)
}

/// What an output has of a network's own selection of boxes.
enum SelectedBoxes { case corners, classes, scores, count }
