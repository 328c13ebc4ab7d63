// The orders that elements of feature maps stand in: as the file has them, or plane by plane, as layers here take them.
import NetworkGraph

extension TFLiteImporter {
    /// The same map as N×C×H×W.
    mutating func planar(_ node: TFLiteNode) throws(ImportFailure) -> TFLiteNode {
        guard node.extents.count == 4 else {
            throw .unsupported("a feature map of \(node.extents.count) axes; 4 are supported")
        }
        guard node.order != .planar else { return node }
        var result = node
        result.order = .planar
        if let known = planes[node.id] {
            result.id = known
        } else {
            result.id = try turned(node.id, TFLiteNode.toPlanar, TFLiteNode.planar(node.extents), node.extents)
            planes[node.id] = result.id
        }
        return result
    }

    /// The same value with its elements as the file orders them.
    mutating func stated(_ node: TFLiteNode) throws(ImportFailure) -> TFLiteNode {
        var result = node
        result.order = .stated
        guard node.order != .stated else { return node }
        if let known = pixels[node.id] {
            result.id = known
            return result
        }
        switch node.order {
        case .stated: break
        case .planar:
            result.id = try turned(node.id, TFLiteNode.planarAxes, node.extents, node.extents)
        case .flattened(let height, let width, let channels):
            let map = [node.extents[0], height, width, channels]
            let planes = try emit(.reshape(Shape(TFLiteNode.planar(map))), node.id)
            let turned = try turned(planes, TFLiteNode.planarAxes, map, map)
            result.id = try emit(.reshape(Shape(node.extents)), turned)
        }
        pixels[node.id] = result.id
        return result
    }

    /// The same value with a place in the draft for each of its axes.
    mutating func unflattened(_ node: TFLiteNode) throws(ImportFailure) -> TFLiteNode {
        if case .flattened = node.order { return try stated(node) }
        return node
    }

    /// A transpose, or a reshape where that does the same.
    private mutating func turned(
        _ id: Int, _ permutation: [Int], _ extents: [Int], _ map: [Int]
    ) throws(ImportFailure) -> Int {
        if map[3] == 1 || map[1] * map[2] == 1 { return try emit(.reshape(Shape(extents)), id) }
        return try emit(.transpose(permutation), id)
    }

    /// The same elements with other extents, as the file orders them.
    mutating func reshaped(_ node: TFLiteNode, _ extents: [Int]) throws(ImportFailure) -> TFLiteNode {
        guard let shape = Shape(validating: extents), shape.count == Shape(node.extents).count else {
            throw .invalid("\(node.extents) does not become \(extents)")
        }
        guard extents.count <= ImportLimits.rank else { throw .unsupported("a tensor of \(extents.count) axes") }
        guard extents != node.extents else { return node }
        if node.order == .planar, extents.count == 2, extents[0] == node.extents[0] {
            // What comes next takes planes, most likely.
            let map = node.extents
            return TFLiteNode(
                try emit(.reshape(shape), node.id), extents,
                map[3] == 1 || map[1] * map[2] == 1
                    ? .stated : .flattened(height: map[1], width: map[2], channels: map[3]), grid: node.grid)
        }
        return TFLiteNode(try emit(.reshape(shape), try stated(node).id), extents, grid: node.grid)
    }

    /// Slices along an axis of the file.
    mutating func gathered(_ node: TFLiteNode, axis: Int, _ indices: [Int]) throws(ImportFailure) -> TFLiteNode {
        if indices.elementsEqual(0..<node.extents[axis]) { return node }
        guard !indices.isEmpty else { throw .unsupported("a result without elements") }
        var result = try unflattened(node)
        result.extents[axis] = indices.count
        result.id = try emit(.gather(axis: result.draftAxis(axis), indices: indices), result.id)
        return result
    }
}
