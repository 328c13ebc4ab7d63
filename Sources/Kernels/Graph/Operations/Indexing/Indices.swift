// Positions that a run computes, and not the model's file: floats, exact below 2²⁴.

extension TensorBuffer {
    /// The position that an element stands for along an axis: negative ones count from its end. What lies outside is
    /// taken as the nearest one inside: a run can't fail because of a value.
    func position(_ element: Int, of extent: Int) -> Int {
        let value = values[element]
        guard !value.isNaN else { return 0 }
        let position = Int(min(max(value, -0x1p62), 0x1p62))
        return min(max(position < 0 ? position + extent : position, 0), extent - 1)
    }
}

/// What becomes of an element that something is scattered to.
public enum ScatterCombination: String, Sendable {
    case replace, add, multiply, minimum, maximum

    func callAsFunction(_ old: Float, _ new: Float) -> Float {
        switch self {
        case .replace: new
        case .add: old + new
        case .multiply: old * new
        case .minimum: min(old, new)
        case .maximum: max(old, new)
        }
    }
}
