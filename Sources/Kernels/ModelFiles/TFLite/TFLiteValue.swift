// What a tensor of a TFLite model stands for while the model is imported. Value types.
import NetworkGraph

enum TFLiteValue {
    /// Computed in each run.
    case node(TFLiteNode)
    /// Known already.
    case constant(TFLiteConstant)
    /// An optional input that is left out.
    case absent

    var isComputed: Bool { if case .node = self { true } else { false } }
}

/// A node of the draft, and how the elements lie that the file orders N×H×W×C.
struct TFLiteNode {
    enum Order: Equatable {
        /// As the file has them.
        case stated
        /// N×C×H×W.
        case planar
        /// N×(C·H·W), what the file has as N×(H·W·C).
        case flattened(height: Int, width: Int, channels: Int)
    }

    var id: Int
    /// As the file orders them.
    var extents: [Int]
    var order: Order
    /// What all elements lie on already.
    var grid: QuantizationGrid?

    init(_ id: Int, _ extents: [Int], _ order: Order = .stated, grid: QuantizationGrid? = nil) {
        (self.id, self.extents, self.order, self.grid) = (id, extents, order, grid)
    }

    /// Where an axis of the file lies in the draft.
    func draftAxis(_ axis: Int) -> Int { order == .planar ? Self.planarAxes[axis] : axis }

    /// Where N, H, W, C lie in N×C×H×W; as a permutation, the way back from there.
    static let planarAxes = [0, 2, 3, 1]
    /// The way from N×H×W×C to N×C×H×W.
    static let toPlanar = [0, 3, 1, 2]

    static func planar(_ extents: [Int]) -> [Int] { toPlanar.map { extents[$0] } }
}

extension QuantizationGrid {
    /// Whether the numbers are the same, signed or not.
    func hasNumbers(of other: QuantizationGrid?) -> Bool {
        guard let other else { return false }
        return scale == other.scale
            && zeroPoint - indices.lowerBound == other.zeroPoint - other.indices.lowerBound
    }
}
