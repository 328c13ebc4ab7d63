// Where each node's value lies in a context's one activation buffer. Made at compile time; immutable.
//
// Values are N×H×W×C. A value that is joined with others is written straight into its part of the joined map; a slice
// of a value is read where it lies; a value whose readers have all run gives its place to later ones. Offsets are in
// values.

/// A feature map in the activation buffer: channels contiguous, free steps between pixels, rows and images.
struct FeatureMapView {
    var base: Int
    var image: Int
    var row: Int
    var pixel: Int
    var batch: Int
    var channels: Int
    var height: Int
    var width: Int
}

/// A network's extents as a feature map: shapes of other ranks are N×C×rest×1.
func featureMapExtents(_ shape: Shape) -> (batch: Int, channels: Int, height: Int, width: Int) {
    if shape.rank == 4 { return shape.nchw }
    return (
        shape.rank > 0 ? shape[0] : 1, shape.rank > 1 ? shape[1] : 1, shape.extents.dropFirst(2).reduce(1, *), 1
    )
}

struct OpenCLLayout {
    /// By node; nil for a node that is computed inside another.
    private(set) var views: [FeatureMapView?]
    /// Values that the buffer holds, slack for vector loads included.
    let length: Int
    /// Where zeros lie, at least as many as any kernel reads for a tap outside its input.
    let zeros = 0

    /// By node: whether its value is a part of its input's, so that there is nothing to compute.
    private(set) var isPart: [Bool]

    private struct Place {
        /// The node whose map holds this one: itself, a concatenation, or what it is a part of.
        var root: Int
        /// Its first image, channel, row and pixel in that map.
        var start = [0, 0, 0, 0]
    }

    /// - Parameters:
    ///   - fusion: what runs inside another node.
    ///   - zeroCount: values of zero to keep.
    init(_ network: Network, _ fusion: OpenCLFusion, zeroCount: Int) {
        let nodes = network.nodes
        // Whether a concatenation's input is written in its place by its producer.
        var isJoined = [Bool](repeating: false, count: nodes.count)
        isPart = isJoined
        var places = nodes.indices.map { Place(root: $0) }
        // Later joins first, so that a join inside a join finds its own place known.
        for (id, node) in nodes.enumerated().reversed() {
            guard case .concatenation(let axis) = node.operation, axis < 3 || node.shape.rank == 4 else { continue }
            var place = places[id]
            for input in node.inputs {
                if !nodes[input].operation.keepsPlace && !isJoined[input] {
                    isJoined[input] = true
                    places[input] = place
                }
                place.start[axis] += nodes[input].shape[axis] * node.shape.rows(axis)
            }
        }
        for (id, node) in nodes.enumerated() where !isJoined[id] {
            guard let start = Self.start(of: node, in: nodes) else { continue }
            isPart[id] = true
            places[id] = places[node.inputs[0]]
            for axis in start.indices { places[id].start[axis] += start[axis] }
        }

        // When each root is first written and last read, in node numbers.
        var lifetimes = [ClosedRange<Int>?](repeating: nil, count: nodes.count)
        func extend(_ id: Int, to time: Int) {
            let root = places[id].root
            let now = lifetimes[root] ?? time...time
            lifetimes[root] = min(now.lowerBound, time)...max(now.upperBound, time)
        }
        for (id, node) in nodes.enumerated() where fusion.host[id] == nil {
            extend(id, to: node.operation.keepsPlace ? 0 : id)
            if node.operation.keepsPlace { extend(id, to: nodes.count) }
        }
        for (id, node) in nodes.enumerated() {
            for input in node.inputs where fusion.host[input] == nil { extend(input, to: fusion.host[id] ?? id) }
        }
        for output in network.outputs { extend(output, to: nodes.count) }

        // Largest first, each at the lowest offset that is free for its lifetime.
        let start = (zeroCount + Self.slack).rounded(up: Self.alignment)
        var placed: [(offset: Int, end: Int, lifetime: ClosedRange<Int>)] = []
        var offsets = [Int](repeating: 0, count: nodes.count)
        func size(_ id: Int) -> Int {
            let extents = featureMapExtents(nodes[id].shape)
            let halo = fusion.halo[id] ?? .none
            return
                (extents.batch * (extents.height + halo.top + halo.bottom)
                * (extents.width + halo.left + halo.right) * extents.channels).rounded(up: Self.alignment)
        }
        let roots = nodes.indices.filter { lifetimes[$0] != nil }.sorted { (size($0), $1) > (size($1), $0) }
        for root in roots {
            let lifetime = lifetimes[root]!
            var offset = start
            for other in placed where other.lifetime.overlaps(lifetime) && other.end > offset {
                if other.offset >= offset + size(root) { break }
                offset = other.end
            }
            offsets[root] = offset
            let position = placed.firstIndex { $0.offset > offset } ?? placed.count
            placed.insert((offset, offset + size(root), lifetime), at: position)
        }
        length = (placed.map(\.end).max() ?? start) + Self.slack

        views = nodes.indices.map { id in
            guard fusion.host[id] == nil else { return nil }
            let root = places[id].root
            let extents = featureMapExtents(nodes[id].shape)
            let whole = featureMapExtents(nodes[root].shape)
            let halo = fusion.halo[root] ?? .none
            let row = (whole.width + halo.left + halo.right) * whole.channels
            let image = (whole.height + halo.top + halo.bottom) * row
            let start = places[id].start
            return FeatureMapView(
                base: offsets[root] + start[0] * image + start[1] + (halo.top + start[2]) * row
                    + (halo.left + start[3]) * whole.channels,
                image: image, row: row, pixel: whole.channels, batch: extents.batch, channels: extents.channels,
                height: extents.height, width: extents.width)
        }
    }

    /// Where a node's value starts in its input's, if it is a part of it: image, channel, row, pixel.
    private static func start(of node: Network.Node, in nodes: [Network.Node]) -> [Int]? {
        var start = [0, 0, 0, 0]
        switch node.operation {
        case .reshape(let shape):
            return featureMapExtents(shape) == featureMapExtents(nodes[node.inputs[0]].shape) ? start : nil
        case .gather(let axis, let indices):
            let isRange = indices.indices.allSatisfy { indices[$0] == indices[0] + $0 }
            guard isRange, axis < 3 || node.shape.rank == 4 else { return nil }
            start[axis] = indices[0] * node.shape.rows(axis)
            return start
        default: return nil
        }
    }

    /// Values that vector loads may touch past a value's end: one block of channels at the most.
    private static let slack = 64
    private static let alignment = 32
}

extension Shape {
    /// Rows of a feature map that one position of an axis has: axes behind the third are part of its rows.
    fileprivate func rows(_ axis: Int) -> Int {
        axis == 2 && rank > 4 ? extents[3...].reduce(1, *) : 1
    }
}

extension Operation {
    /// Whether nothing else may ever lie where its value does: what is written once, as are the zeros around inputs.
    fileprivate var keepsPlace: Bool {
        if case .constant = self { true } else { isInput }
    }
}

extension Int {
    func rounded(up multiple: Int) -> Int { (self + multiple - 1) / multiple * multiple }
}
