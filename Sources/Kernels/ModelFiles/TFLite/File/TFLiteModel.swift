// A TFLite model as its file says it (schema.fbs of TensorFlow Lite, version 3). Value types.

struct TFLiteModel {
    /// What an operator is.
    struct OperatorCode {
        let builtin: Int
        let custom: String?

        var name: String {
            if builtin == TFLiteOperator.customCode { return custom.map { "custom operator '\($0)'" } ?? "CUSTOM" }
            return TFLiteOperator.name(ofCode: builtin)
        }
    }

    struct Operator {
        let code: Int
        /// Tensors' indices; −1 for those left out.
        let inputs: [Int]
        let outputs: [Int]
        /// Which kind of options, by its position in the schema's union; 0 for none.
        let optionsType: Int
        let options: FlatTable?
        let customOptions: ByteSlice?
    }

    let codes: [OperatorCode]
    let tensors: [TFLiteTensor]
    let operators: [Operator]
    let inputs: [Int]
    let outputs: [Int]
    let buffers: [ByteSlice?]
    let metadata: TFLiteMetadata
    /// The file's size.
    let byteCount: Int

    static let identifier = "TFL3"

    init(_ bytes: ByteSlice) throws(ImportFailure) {
        let buffer = FlatBuffer(bytes, budget: TFLiteLimits.budget)
        guard buffer.identifier == Self.identifier else {
            throw .invalid("not a TFLite model: the file has no identifier '\(Self.identifier)'")
        }
        let model = try buffer.root()
        let version = try model.number(0, UInt32.self, "version")
        guard version == 3 else { throw .unsupported("version \(version) of the TFLite schema; 3 is supported") }
        var codes: [OperatorCode] = []
        for table in try model.tables(1, "operator code") {
            // Newer operators don't fit in the older field.
            codes.append(
                OperatorCode(
                    builtin: max(
                        try table.number(0, Int8.self, "deprecated_builtin_code"),
                        try table.number(3, Int32.self, "builtin_code")),
                    custom: try table.text(1, "custom_code")))
        }
        self.codes = codes
        var buffers: [ByteSlice?] = []
        for table in try model.tables(4, "buffer") { buffers.append(try Self.data(table, bytes)) }
        self.buffers = buffers
        let graphs = try model.tables(2, "subgraph")
        guard graphs.count == 1 else {
            throw .unsupported("the model has \(graphs.count) subgraphs; one is supported")
        }
        var tensors: [TFLiteTensor] = []
        for table in try graphs[0].tables(0, "tensor") { tensors.append(try TFLiteTensor(table)) }
        self.tensors = tensors
        inputs = try graphs[0].numbers(1, Int32.self, "inputs")
        outputs = try graphs[0].numbers(2, Int32.self, "outputs")
        var operators: [Operator] = []
        for table in try graphs[0].tables(3, "operator") {
            operators.append(
                Operator(
                    code: try table.number(0, UInt32.self, "opcode_index"),
                    inputs: try table.numbers(1, Int32.self, "inputs"),
                    outputs: try table.numbers(2, Int32.self, "outputs"),
                    optionsType: try table.number(3, UInt8.self, "builtin_options_type"),
                    options: try table.table(4, "builtin_options"),
                    customOptions: try table.bytes(5, "custom_options")))
        }
        self.operators = operators
        byteCount = bytes.count
        var described: ByteSlice?
        for table in try model.tables(6, "metadata") {
            guard try table.text(0, "name") == "TFLITE_METADATA" else { continue }
            let index = try table.number(1, UInt32.self, "buffer")
            guard buffers.indices.contains(index) else { throw .invalid("metadata in buffer \(index), which is none") }
            described = buffers[index]
        }
        metadata = try TFLiteMetadata(described, PackedFiles(bytes))
    }

    /// Where a buffer's bytes lie: in its table, or behind the tables in models of more than 2 GiB.
    private static func data(_ table: FlatTable, _ file: ByteSlice) throws(ImportFailure) -> ByteSlice? {
        if let inside = try table.bytes(0, "data") { return inside }
        let offset = try table.number(1, UInt64.self, "offset")
        let size = try table.number(2, UInt64.self, "size")
        // 0 and 1 stand for none.
        guard offset > 1 else { return nil }
        guard offset <= file.count, size <= file.count - offset else { throw FlatBuffer.outside("a buffer") }
        return file.slice(offset..<offset + size)
    }

    /// - Throws: where an index of the graph is out of range.
    func tensor(_ index: Int) throws(ImportFailure) -> TFLiteTensor {
        guard tensors.indices.contains(index) else {
            throw .invalid("tensor \(index) is read, but there are \(tensors.count)")
        }
        return tensors[index]
    }

    func code(_ operation: Operator) throws(ImportFailure) -> OperatorCode {
        guard codes.indices.contains(operation.code) else {
            throw .invalid("operator code \(operation.code) is used, but there are \(codes.count)")
        }
        return codes[operation.code]
    }
}

/// Bounds that only TFLite files need.
enum TFLiteLimits {
    /// Tables, numbers and bytes of texts in a file, weights not counted.
    static let budget = 1 << 23
}
