// What one operator of a TFLite model is given: values and options. A value type.
import NetworkGraph

struct TFLiteOperands {
    let inputs: [TFLiteValue]
    /// What the file says of inputs; nil for those left out.
    let inputTensors: [TFLiteTensor?]
    /// At least one.
    let outputTensors: [TFLiteTensor]
    private let options: FlatTable?
    /// Of custom operators, in whatever form each has them.
    let customOptions: ByteSlice?

    init(
        _ known: TFLiteOperator, _ operation: TFLiteModel.Operator, _ model: TFLiteModel, _ inputs: [TFLiteValue]
    ) throws(ImportFailure) {
        self.inputs = inputs
        customOptions = operation.customOptions
        var tensors: [TFLiteTensor?] = []
        for index in operation.inputs { tensors.append(index == -1 ? nil : try model.tensor(index)) }
        inputTensors = tensors
        var results: [TFLiteTensor] = []
        for index in operation.outputs { results.append(try model.tensor(index)) }
        outputTensors = results
        guard let expected = known.optionsType, operation.optionsType != 0 else {
            options = nil
            return
        }
        guard operation.optionsType == expected else {
            throw .invalid("options of kind \(operation.optionsType), kind \(expected) is this operator's")
        }
        options = operation.options
    }

    subscript(index: Int) -> TFLiteValue { index < inputs.count ? inputs[index] : .absent }

    var outputCount: Int { outputTensors.count }

    /// Whether the result counts something, so that division leaves no fractions.
    func isWhole() throws(ImportFailure) -> Bool { try outputTensors[0].type.isWhole }

    /// - Throws: where an input is left out.
    func inputTensor(_ index: Int) throws(ImportFailure) -> TFLiteTensor {
        guard inputTensors.indices.contains(index), let tensor = inputTensors[index] else {
            throw .invalid("a required input is left out")
        }
        return tensor
    }

    // MARK: Constant inputs

    /// A constant input; nil if it is left out.
    func constant(_ index: Int, _ what: String) throws(ImportFailure) -> TFLiteConstant? {
        switch self[index] {
        case .constant(let constant): return constant
        case .absent: return nil
        case .node: throw .unsupported("\(what) must be constant")
        }
    }

    /// Whole numbers that are needed; so few that they are positions or extents.
    func integers(_ index: Int, _ what: String) throws(ImportFailure) -> [Int] {
        guard let constant = try constant(index, what) else { throw .invalid("\(what) are left out") }
        guard constant.count <= 2 * ImportLimits.rank else { throw .invalid("\(constant.count) numbers as \(what)") }
        return try constant.integers()
    }

    /// One whole number that is needed.
    func integer(input index: Int, _ what: String) throws(ImportFailure) -> Int {
        let integers = try integers(index, what)
        guard integers.count == 1 else { throw .invalid("\(integers.count) numbers as \(what)") }
        return integers[0]
    }

    // MARK: Options

    func flag(_ index: Int, _ name: String) throws(ImportFailure) -> Bool {
        try options?.flag(index, name) ?? false
    }

    func byte(_ index: Int, _ name: String) throws(ImportFailure) -> Int {
        try options?.number(index, Int8.self, name) ?? 0
    }

    func integer(_ index: Int, default value: Int32 = 0, _ name: String) throws(ImportFailure) -> Int {
        try options?.number(index, Int32.self, default: value, name) ?? Int(value)
    }

    func float(_ index: Int, _ name: String) throws(ImportFailure) -> Float? { try options?.float(index, name) }

    func integers(option index: Int, _ name: String) throws(ImportFailure) -> [Int] {
        try options?.numbers(index, Int32.self, name) ?? []
    }

    /// A number from 1 to what windows may have.
    func extent(_ index: Int, default value: Int32 = 0, _ name: String) throws(ImportFailure) -> Int {
        let extent = try integer(index, default: value, name)
        guard (1...ImportLimits.window).contains(extent) else {
            throw .invalid("\(name) is \(extent), not from 1 to \(ImportLimits.window)")
        }
        return extent
    }

    /// What is done to each element of the result.
    func activation(_ index: Int) throws(ImportFailure) -> Activation {
        let code = try byte(index, "fused_activation_function")
        switch code {
        case 0: return .identity
        case 1: return .relu
        case 2: return .clip(low: -1, high: 1)
        case 3: return .clip(low: 0, high: 6)
        case 4: throw .unsupported("fused activation TANH")
        case 5: throw .unsupported("fused activation SIGN_BIT")
        default: throw .invalid("fused activation \(code)")
        }
    }

    /// Of padding's two kinds, whether it is the one that keeps the extents.
    func isSame() throws(ImportFailure) -> Bool {
        let code = try byte(0, "padding")
        guard code == 0 || code == 1 else { throw .invalid("padding \(code)") }
        return code == 0
    }
}
