// Whole numbers and truth values among floats: a network knows only floats, which hold them exactly below 2²⁴. Which
// values are whole by their types decides how they divide, and which constants may stand beside them.
import NetworkGraph

extension ONNXImporter {
    private static let comparing: Set = [
        "Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual", "And", "Or", "Xor", "Not", "IsNaN", "IsInf",
    ]

    /// Operators of two or more operands that are all of one type.
    private static let combining = comparing.union([
        "Add", "Sub", "Mul", "Div", "Mod", "Max", "Min", "Sum", "Mean", "Concat", "Clip",
    ])

    /// Operators that have no way of their own for whole constants: they compute them in floats.
    private static let throughFloats: Set = [
        "TopK", "CumSum", "GatherElements", "GatherND", "ScatterND", "ScatterElements", "Scatter", "Clip", "Trilu",
        "com.microsoft.Trilu", "ArgMax", "ArgMin", "OneHot", "ReverseSequence", "ReduceSum", "ReduceMean", "ReduceMax",
        "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare", "Relu", "Einsum", "Hardmax", "Mean",
        "Sum",
    ]

    /// Which operands are of the type that the first result has.
    private static func alike(_ name: String, _ count: Int) -> [Int] {
        switch name {
        case _ where combining.contains(name): Array(0..<count)
        case "Where": [1, 2]
        case "ScatterND", "ScatterElements", "Scatter", "Pad": [0, 2]
        case "OneHot": [0, 2]
        default: [0]
        }
    }

    /// Whether a value is whole numbers by its type.
    func isWhole(_ value: ONNXValue) -> Bool {
        switch value {
        case .node(let id): wholeNodes.contains(id)
        case .constant(let constant): if case .integers = constant.elements { true } else { false }
        case .quantized, .unrounded, .absent, .unavailable: false
        }
    }

    /// Puts floats in the place of whole constants that stand beside what a run computes, or that an operator only takes
    /// as floats.
    mutating func takeWhole(_ inputs: inout [ONNXValue], of name: String) throws(ImportFailure) {
        let places = Self.alike(name, inputs.count).filter { $0 < inputs.count }
        let isRun = places.contains { if case .node(let id) = inputs[$0] { wholeNodes.contains(id) } else { false } }
        guard isRun || Self.throughFloats.contains(name) else { return }
        for place in places {
            guard case .constant(let constant) = inputs[place], case .integers(let values) = constant.elements else {
                continue
            }
            try spend(values.count)
            guard values.allSatisfy({ (-(1 << 24)...1 << 24).contains($0) }) else {
                throw .unsupported("whole numbers beyond 2²⁴")
            }
            inputs[place] = .constant(constant.asFloats)
        }
    }

    /// Notes which of a node's results are whole numbers, and makes constants of them such.
    /// - Parameter inputs: as the model has them.
    mutating func markWhole(
        _ results: [ONNXValue], of name: String, _ inputs: [ONNXValue]
    ) throws(ImportFailure) -> [ONNXValue] {
        var marked: [ONNXValue] = []
        for (index, result) in results.enumerated() {
            guard givesWholeNumbers(name, index, inputs) else {
                marked.append(result)
                continue
            }
            if case .node(let id) = result { wholeNodes.insert(id) }
            if case .constant(let constant) = result, case .floats(let values) = constant.elements,
                values.allSatisfy(\.isFinite)
            {
                try spend(values.count, of: Int.self)
                marked.append(.constant(try constant.wholeNumbers(.int64)))
            } else {
                marked.append(result)
            }
        }
        return marked
    }

    private func givesWholeNumbers(_ name: String, _ index: Int, _ inputs: [ONNXValue]) -> Bool {
        switch name {
        case "ArgMax", "ArgMin", "NonMaxSuppression": true
        case _ where Self.comparing.contains(name): true
        // These say it themselves.
        case "Cast", "CastLike", "ConstantOfShape", "EyeLike": false
        case "TopK", "MaxPool": index == 1 || inputs.first.map(isWhole) ?? false
        case "OneHot": inputs.count > 2 && isWhole(inputs[2])
        case _ where name.contains("Linear") || name.contains("Integer"): false
        default: Self.alike(name, inputs.count).contains { $0 < inputs.count && isWhole(inputs[$0]) }
        }
    }
}
