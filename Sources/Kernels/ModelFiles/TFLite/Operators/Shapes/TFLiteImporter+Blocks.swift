// Pixels dealt out to channels or batches, in blocks, and collected again: SPACE_TO_DEPTH, DEPTH_TO_SPACE,
// SPACE_TO_BATCH_ND, BATCH_TO_SPACE_ND. A convolution between the last two is one with dilation, written for those who
// lack it: it becomes one again.
import NetworkGraph

/// A map whose pixels were dealt out to batches, before that.
struct DealtMap {
    let map: TFLiteNode
    /// Rows and columns.
    let block: [Int]
    /// Zeros in front and behind of both.
    let padding: [[Int]]
}

/// A convolution of it, as it stands in the file.
struct DealtConvolution {
    let source: DealtMap
    let layer: Convolution

    init(_ source: DealtMap, _ layer: Convolution) { (self.source, self.layer) = (source, layer) }

    /// On the whole map; nil where it can't be one with dilation.
    /// - Parameter crops: what is cut off its result.
    func dilated(crops: [[Int]]) -> Convolution? {
        guard layer.window.strides == [1, 1] else { return nil }
        func axis(_ axis: Window.Axis, _ index: Int) -> Window.Axis? {
            let block = source.block[index]
            let near = source.padding[index][0] + axis.near * block - crops[index][0]
            let far = source.padding[index][1] + axis.far * block - crops[index][1]
            let dilation = axis.dilation * block
            guard near >= 0, far >= 0, dilation <= ImportLimits.window else { return nil }
            return Window.Axis(kernel: axis.kernel, dilation: dilation, near: near, far: far)
        }
        guard let rows = axis(layer.window.rows, 0), let columns = axis(layer.window.columns, 1) else { return nil }
        return Convolution(
            weights: layer.weights, bias: layer.bias, window: Window(rows: rows, columns: columns),
            groups: layer.groups, activation: layer.activation, weightGrid: layer.weightGrid)
    }
}

extension TFLiteImporter {
    /// N×H×W×(b·b·C) → N×(H·b)×(W·b)×C.
    mutating func depthToSpace(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        let input = try planar(try node(operands[0]))
        let block = try operands.extent(0, "block_size")
        let map = input.extents
        guard map[3].isMultiple(of: block * block) else { throw .invalid("blocks of \(block) in \(map)") }
        let channels = map[3] / (block * block)
        return try rearranged(
            input, [map[0], block, block, channels, map[1], map[2]], [0, 3, 4, 1, 5, 2],
            [map[0], map[1] * block, map[2] * block, channels])
    }

    /// N×(H·b)×(W·b)×C → N×H×W×(b·b·C).
    mutating func spaceToDepth(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        let input = try planar(try node(operands[0]))
        let block = try operands.extent(0, "block_size")
        let map = input.extents
        guard map[1].isMultiple(of: block), map[2].isMultiple(of: block) else {
            throw .invalid("blocks of \(block) in \(map)")
        }
        let (height, width) = (map[1] / block, map[2] / block)
        return try rearranged(
            input, [map[0], map[3], height, block, width, block], [0, 3, 5, 1, 2, 4],
            [map[0], height, width, map[3] * block * block])
    }

    /// Zeros are put around the map; then each place in the blocks becomes a batch of its own.
    mutating func spaceToBatch(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        let input = try unflattened(try node(operands[0]))
        let (block, padding) = try blocks(operands, input)
        let rank = input.extents.count
        var (before, after) = ([Int](repeating: 0, count: rank), [Int](repeating: 0, count: rank))
        var padded = input
        for (index, amounts) in padding.enumerated() {
            (before[input.draftAxis(index + 1)], after[input.draftAxis(index + 1)]) = (amounts[0], amounts[1])
            padded.extents[index + 1] += amounts[0] + amounts[1]
            guard padded.extents[index + 1].isMultiple(of: block[index]) else {
                throw .invalid("blocks of \(block) in \(padded.extents)")
            }
        }
        padded.id = try emit(.pad(ConstantPadding(before: before, after: after)), input.id)
        // The blocks' axes stand behind the map's they are cut from, and go to the front.
        var (split, front, rest): ([Int], [Int], [Int]) = ([], [], [])
        var extents = padded.extents
        for (axis, extent) in draft.nodes[padded.id].shape.extents.enumerated() {
            rest.append(split.count)
            if let index = block.indices.first(where: { input.draftAxis($0 + 1) == axis }) {
                split += [extent / block[index], block[index]]
                extents[index + 1] /= block[index]
                extents[0] *= block[index]
            } else {
                split.append(extent)
            }
        }
        for index in block.indices { front.append(rest[input.draftAxis(index + 1)] + 1) }
        let result = try rearranged(padded, split, front + rest, extents)
        if input.order == .planar, block.count == 2 {
            dealt[result.id] = DealtMap(map: input, block: block, padding: padding)
        }
        return result
    }

    /// The way back; then edges are cut off.
    mutating func batchToSpace(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        let input = try unflattened(try node(operands[0]))
        let (block, crops) = try blocks(operands, input)
        if let dilated = try dilated(input, block, crops) { return dilated }
        let count = block.reduce(1, *)
        guard input.extents[0].isMultiple(of: count) else { throw .invalid("blocks of \(block) in \(input.extents)") }
        let shape = draft.nodes[input.id].shape.extents
        var extents = input.extents
        extents[0] /= count
        var permutation = [block.count]
        for axis in shape.indices.dropFirst() {
            permutation.append(block.count + axis)
            guard let index = block.indices.first(where: { input.draftAxis($0 + 1) == axis }) else { continue }
            permutation.append(index)
            extents[index + 1] *= block[index]
        }
        var result = try rearranged(input, block + [extents[0]] + shape.dropFirst(), permutation, extents)
        for (index, amounts) in crops.enumerated() {
            let extent = result.extents[index + 1]
            guard amounts[0] + amounts[1] < extent else { throw .invalid("\(amounts) cut off \(extent)") }
            try spend(extent)
            result = try gathered(result, axis: index + 1, Array(amounts[0]..<extent - amounts[1]))
        }
        return result
    }

    /// Extents of blocks, and what is put or cut off in front and behind, for as many axes as follow the first.
    private func blocks(
        _ operands: TFLiteOperands, _ input: TFLiteNode
    ) throws(ImportFailure) -> (block: [Int], edges: [[Int]]) {
        let block = try operands.integers(1, "the blocks")
        let edges = try operands.integers(2, "the edges")
        let limit = ImportLimits.window
        guard block.count < input.extents.count, block.count <= 4, edges.count == 2 * block.count,
            block.allSatisfy((1...limit).contains), edges.allSatisfy((0...limit).contains),
            block.reduce(1, { min($0 * $1, limit + 1) }) <= limit
        else { throw .invalid("blocks of \(block) with edges \(edges) in \(input.extents)") }
        return (block, block.indices.map { Array(edges[2 * $0..<2 * $0 + 2]) })
    }

    /// The convolution in between, if there is nothing else but functions of elements.
    private mutating func dilated(
        _ input: TFLiteNode, _ block: [Int], _ crops: [[Int]]
    ) throws(ImportFailure) -> TFLiteNode? {
        guard input.order == .planar else { return nil }
        var functions: [Operation] = []
        var id = input.id
        while dealtConvolutions[id] == nil {
            try spend(1)
            switch draft.nodes[id].operation {
            case .unary, .activation: functions.append(draft.nodes[id].operation)
            default: return nil
            }
            id = draft.nodes[id].inputs[0]
        }
        guard let found = dealtConvolutions[id], found.source.block == block,
            let layer = found.dilated(crops: crops)
        else { return nil }
        var result = try windowed(.convolution(layer), found.source.map)
        for function in functions.reversed() { result.id = try emit(function, result.id) }
        result.grid = input.grid
        return result
    }

    /// The same elements in other axes, those in another order, and joined again.
    /// - Parameter extents: of the result, as the file orders them.
    private mutating func rearranged(
        _ node: TFLiteNode, _ split: [Int], _ permutation: [Int], _ extents: [Int]
    ) throws(ImportFailure) -> TFLiteNode {
        var result = node
        result.extents = extents
        let joined = node.order == .planar ? TFLiteNode.planar(extents) : extents
        guard let shape = Shape(validating: joined) else { throw .invalid("the result would be \(extents)") }
        let parts = try emit(.reshape(Shape(split)), node.id)
        result.id = try emit(.reshape(shape), try emit(.transpose(permutation), parts))
        return result
    }
}
