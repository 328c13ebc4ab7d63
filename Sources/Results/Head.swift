// What a network's outputs mean, and the list of those that are known. Values; decisions are pure.

import NetworkGraph

/// Makes a result of a frame's outputs. Any thread.
package protocol Head: Sendable {
    var task: ResultTask { get }
    /// What it is, in a few words.
    var name: String { get }
    /// How it was told, in a few words.
    var reason: String { get }
    /// What classes are called by default; nil where nobody knows.
    var classNames: [String]? { get }
    /// How many classes there are; nil where there are none, or only the network knows.
    var classCount: Int? { get }
    /// What its makers make of pictures, as the program's options; nil where nobody knows.
    var makersPictures: String? { get }

    /// - Parameter outputs: one frame's, in the network's order. Values may be anything; where shapes are others than
    ///   the network's, nothing is found.
    func result(of outputs: [Tensor], in geometry: FrameGeometry, _ choices: ResultChoices) -> FrameResult
}

extension Head {
    package var makersPictures: String? { nil }
}

/// A kind of heads, told from a network's structure: shapes, counts that must fit the input's size, and operations.
package protocol HeadFamily: Sendable {
    /// The heads that this network may have: mostly one, or none.
    static func heads(of network: NetworkFacts) -> [any Head]
}

/// The known heads. A new family is a type in `Families`, and a line here.
package enum Heads {
    static let families: [any HeadFamily.Type] = [
        ClassFamily.self, SelectedBoxFamily.self, YOLOFamily.self, YOLOMapFamily.self, OrientedBoxFamily.self,
        QueryBoxFamily.self, PriorBoxFamily.self, BlazeFaceFamily.self, GridFamily.self, CentreFamily.self,
        SegmentationFamily.self, KeypointFamily.self,
    ]

    /// What a network's outputs are.
    package static func recognize(_ network: NetworkFacts) -> Recognition {
        Recognition(families.flatMap { $0.heads(of: network) })
    }

    /// What a user says they are: see `HeadDescription`.
    /// - Throws: `HeadDescriptionError`.
    package static func described(
        by description: HeadDescription, _ network: NetworkFacts
    ) throws(HeadDescriptionError) -> any Head {
        try description.head(of: network)
    }
}

/// What was recognised.
package enum Recognition: Sendable {
    case one(any Head)
    /// Several that would fit.
    case several([any Head])
    case none

    init(_ heads: [any Head]) {
        switch heads.count {
        case 0: self = .none
        case 1: self = .one(heads[0])
        default: self = .several(heads)
        }
    }

    /// Those for one task.
    package func only(_ task: ResultTask) -> Recognition {
        switch self {
        case .none: .none
        case .one(let head): Recognition(head.task == task ? [head] : [])
        case .several(let heads): Recognition(heads.filter { $0.task == task })
        }
    }
}
