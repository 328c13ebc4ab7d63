// Writes TFLite models for tests.

struct TFLiteEncoder {
    enum ElementType: Int {
        case float32 = 0
        case float16 = 1
        case int32 = 2
        case uint8 = 3
        case int64 = 4
        case bool = 6
        case int16 = 7
        case int8 = 9
    }

    struct Grid {
        var scales: [Float]
        var zeroPoints: [Int]
        var axis = 0

        init(_ scale: Float, _ zeroPoint: Int) { (scales, zeroPoints) = ([scale], [zeroPoint]) }
        init(scales: [Float], axis: Int) {
            (self.scales, zeroPoints, self.axis) = (scales, scales.map { _ in 0 }, axis)
        }
    }

    var version = 3
    var identifier = "TFL3"
    var subgraphs = 1
    var inputs: [Int] = []
    var outputs: [Int] = []
    private(set) var tensorCount = 0
    private var tensors: [FlatValue] = []
    private var operators: [FlatValue] = []
    private var codes: [FlatValue] = []
    private var buffers: [FlatValue] = [.table([])]
    private var metadata: [FlatValue] = []

    /// How a sparse tensor's positions along one axis are given.
    enum SparseAxis {
        case dense(Int)
        /// For each position above, which part of the positions is its.
        case rows([Int], [Int])

        fileprivate var value: FlatValue {
            switch self {
            case .dense(let extent): .table([.int8(0), .uint32(extent)])
            case .rows(let segments, let positions):
                .table([
                    .int8(1), nil, .int8(1), .table([.int32s(segments)]), .int8(1), .table([.int32s(positions)]),
                ])
            }
        }
    }

    mutating func sparse(
        _ name: String, _ extents: [Int], _ values: [Float], order: [Int], blocks: [Int], _ axes: [SparseAxis]
    ) -> Int {
        let sparsity = FlatValue.table([.int32s(order), .int32s(blocks), .tables(axes.map(\.value))])
        return tensor(name, extents, bytes: values.flatMap(\.bitPattern.bytes), sparsity: sparsity)
    }

    @discardableResult
    mutating func tensor(
        _ name: String, _ extents: [Int], _ type: ElementType = .float32, _ grid: Grid? = nil, bytes: [UInt8]? = nil,
        typeCode: Int? = nil, buffer: Int? = nil, signature: [Int]? = nil,
        sparsity: FlatValue? = nil
    ) -> Int {
        var position = 0
        if let bytes {
            position = buffers.count
            buffers.append(.table([.bytes(bytes)]))
        }
        let quantization = grid.map { grid in
            FlatValue.table([
                nil, nil, .floats(grid.scales), .int64s(grid.zeroPoints), nil, nil, .uint32(grid.axis),
            ])
        }
        tensors.append(
            .table([
                .int32s(extents), .int8(typeCode ?? type.rawValue), .uint32(buffer ?? position), .text(name),
                quantization,
                nil, sparsity, signature.map(FlatValue.int32s),
            ]))
        tensorCount += 1
        return tensorCount - 1
    }

    mutating func floats(_ name: String, _ extents: [Int], _ values: [Float]) -> Int {
        tensor(name, extents, bytes: values.flatMap(\.bitPattern.bytes))
    }

    mutating func integers(_ name: String, _ values: [Int], _ extents: [Int]? = nil) -> Int {
        tensor(name, extents ?? [values.count], .int32, bytes: values.flatMap { Int32($0).bytes })
    }

    mutating func quantized(
        _ name: String, _ extents: [Int], _ type: ElementType, _ grid: Grid?, _ values: [Int]
    ) -> Int {
        tensor(name, extents, type, grid, bytes: values.map { UInt8(truncatingIfNeeded: $0) })
    }

    /// - Parameter options: their kind, by its position in the schema's union, and their fields.
    mutating func operation(
        _ code: Int, _ inputs: [Int], _ outputs: [Int], _ options: (kind: Int, fields: [FlatValue?])? = nil,
        custom: String? = nil, customOptions: [UInt8]? = nil, codeIndex: Int? = nil
    ) {
        // TFLite's first version of BROADCAST_TO is 2.
        let version = code == 130 ? FlatValue.uint32(2) : nil
        codes.append(.table([.int8(min(code, 127)), custom.map(FlatValue.text), version, .uint32(code)]))
        operators.append(
            .table([
                .uint32(codeIndex ?? codes.count - 1), .int32s(inputs), .int32s(outputs),
                options.map { .int8($0.kind) }, options.map { .table($0.fields) }, customOptions.map(FlatValue.bytes),
            ]))
    }

    mutating func metadata(_ bytes: [UInt8]) {
        buffers.append(.table([.bytes(bytes)]))
        metadata.append(.table([.text("TFLITE_METADATA"), .uint32(buffers.count - 1)]))
    }

    var bytes: [UInt8] {
        let graph = FlatValue.table([.tables(tensors), .int32s(inputs), .int32s(outputs), .tables(operators)])
        return FlatValue.table([
            .uint32(version), .tables(codes), .tables(Array(repeating: graph, count: subgraphs)), nil, .tables(buffers),
            nil, .tables(metadata),
        ]).encoded(identifier: identifier)
    }

    /// A model of one operator between an input and an output of floats, whose extents matter to nobody.
    static func between(_ extents: [Int], _ build: (inout TFLiteEncoder, Int, Int) -> Void) -> TFLiteEncoder {
        var model = TFLiteEncoder()
        let (x, y) = (model.tensor("x", extents), model.tensor("y", []))
        (model.inputs, model.outputs) = ([x], [y])
        build(&model, x, y)
        return model
    }
}

/// 0, 1, 2, … in steps.
func ramp(_ count: Int, step: Float = 1, from start: Float = 0) -> [Float] {
    (0..<count).map { start + step * Float($0) }
}
