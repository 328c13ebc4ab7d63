// What ONNX Runtime's quantiser writes without calibration: weights of 8 bits, and activations that each run rounds to
// the range that they happen to have.

extension ONNXImporter {
    /// Numbers, their scale and their zero point. The numbers aren't rounded: they stay what they are, in steps of 1
    /// from 0. So sums of products, times this scale and that of the weights, are the layer's with unrounded
    /// activations, nearer to the network that was quantised than what each run would round.
    mutating func dynamicQuantization(_ operands: ONNXOperands) throws(ImportFailure) -> [ONNXValue] {
        for (name, readers) in zip(operands.outputs.dropFirst(), Self.readers) where !name.isEmpty {
            chosenByRuns[name] = readers
        }
        let zeroPoint = ONNXConstant([], .integers([0]), type: .uint8)
        switch operands[0] {
        case .node(let id): return [.unrounded(id), .constant(.scalar(1)), .constant(zeroPoint)]
        case .constant: throw .unsupported("rounding a constant as its range asks for")
        case .quantized, .unrounded: throw .invalid("what is quantised is whole numbers already")
        case .absent: throw .invalid("a required input is left out")
        case .unavailable(let reason): throw .unsupported(reason)
        }
    }

    /// Of the scale, and of the zero point.
    private static let readers: [Set<String>] = [["Mul"], ["ConvInteger", "MatMulInteger"]]

    /// - Parameter operatorName: nil for an output of the network.
    func checkReader(of name: String, _ operatorName: String?) throws(ImportFailure) {
        guard let readers = chosenByRuns[name], !(operatorName.map(readers.contains) ?? false) else { return }
        throw .unsupported("'\(name)', which each run would choose, as anything but the scale of sums of products")
    }
}
