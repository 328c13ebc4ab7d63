// What ONNX Runtime's quantiser writes without calibration: weights of 8 bits, and activations that each run rounds to
// the range that they happen to have.

extension ONNXImporter {
    /// Numbers, their scale and their zero point. The numbers aren't rounded: they stay what they are, in steps of 1
    /// from 0. So sums of products, times this scale and that of the weights, are the layer's with unrounded
    /// activations, nearer to the network that was quantised than what each run would round.
    mutating func dynamicQuantization(_ operands: ONNXOperands) throws(ImportFailure) -> [ONNXValue] {
        if case .constant(let constant) = operands[0] { return try dynamicQuantization(of: constant) }
        for (name, readers) in zip(operands.outputs.dropFirst(), Self.readers) where !name.isEmpty {
            chosenByRuns[name] = readers
        }
        let zeroPoint = ONNXConstant([], .integers([0]), type: .uint8)
        switch operands[0] {
        case .node(let id): return [.unrounded(id), .constant(.scalar(1)), .constant(zeroPoint)]
        case .constant, .quantized, .unrounded: throw .invalid("what is quantised is whole numbers already")
        case .absent: throw .invalid("a required input is left out")
        case .unavailable(let reason): throw .unsupported(reason)
        }
    }

    /// A range that is known: 0 and all elements lie in it.
    private mutating func dynamicQuantization(of constant: ONNXConstant) throws(ImportFailure) -> [ONNXValue] {
        guard case .floats(let values) = constant.elements, values.allSatisfy(\.isFinite) else {
            throw .invalid("what is quantised must be finite floats")
        }
        try spend(values.count, of: Int.self)
        let (low, high) = (min(values.min() ?? 0, 0), max(values.max() ?? 0, 0))
        let scale = high > low ? (high - low) / 255 : 1
        guard scale.isNormal else { throw .unsupported("a range from \(low) to \(high)") }
        let zeroPoint = min(max((-low / scale).rounded(.toNearestOrEven), 0), 255)
        let numbers = values.map { value in
            Int(min(max((value / scale).rounded(.toNearestOrEven) + zeroPoint, 0), 255))
        }
        return [
            .constant(ONNXConstant(constant.extents, .integers(numbers), type: .uint8)), .constant(.scalar(scale)),
            .constant(ONNXConstant([], .integers([Int(zeroPoint)]), type: .uint8)),
        ]
    }

    /// Of the scale, and of the zero point.
    private static let readers: [Set<String>] = [["Mul"], ["ConvInteger", "MatMulInteger"]]

    /// - Parameter operatorName: nil for an output of the network.
    func checkReader(of name: String, _ operatorName: String?) throws(ImportFailure) {
        guard let readers = chosenByRuns[name], !(operatorName.map(readers.contains) ?? false) else { return }
        throw .unsupported("'\(name)', which each run would choose, as anything but the scale of sums of products")
    }
}
