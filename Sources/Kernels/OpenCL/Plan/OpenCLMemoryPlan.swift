// Where each node's value lies in a context's one activation buffer. Made at compile time; immutable.
//
// Values are N×H×W×C. A value that is joined with others is written straight into its part of the joined map; a slice
// of a value is read where it lies; a value whose readers have all run gives its place to later ones. Offsets are in
// what lies there: floats, or bytes with pixels at multiples of four. A value in bytes that others take as floats lies
// there twice.
import EnginePlanning
import NetworkGraph

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

struct OpenCLMemoryPlan {
    /// By node; nil for a node that is computed inside another.
    private(set) var views: [FeatureMapView?]
    /// By node: a copy in floats of what lies in bytes; nil where nobody takes one.
    private(set) var copies: [FeatureMapView?]
    /// Floats that the buffer holds, slack for vector loads included.
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
    ///   - valueSize: bytes of a float.
    init(_ network: Network, _ fusion: OpenCLFusion, zeroCount: Int, valueSize: Int) {
        let nodes = network.nodes
        // What has a place: the nodes' values, then their copies in floats.
        let slots = 0..<2 * nodes.count
        func node(_ slot: Int) -> Network.Node { nodes[slot % nodes.count] }
        func isBytes(_ slot: Int) -> Bool { slot < nodes.count && fusion.grids[slot] != nil }
        func taken(_ input: Int, by reader: Int) -> Int {
            isBytes(input) && !fusion.takesBytes(reader) ? nodes.count + input : input
        }
        // Whether a concatenation's input is written in its place by its producer.
        var isJoined = [Bool](repeating: false, count: slots.count)
        isPart = [Bool](repeating: false, count: nodes.count)
        var places = slots.map { Place(root: $0) }
        // Later joins first, so that a join inside a join finds its own place known.
        for (id, node) in nodes.enumerated().reversed() {
            guard case .concatenation(let axis) = node.operation, axis < 3 || node.shape.rank == 4,
                fusion.host[id] == nil
            else { continue }
            var place = places[id]
            for input in node.inputs {
                let slot = taken(input, by: id)
                if !nodes[input].operation.keepsPlace && !isJoined[slot] {
                    isJoined[slot] = true
                    places[slot] = place
                }
                place.start[axis] += nodes[input].shape[axis] * node.shape.rows(axis)
            }
        }
        for (id, node) in nodes.enumerated() where !isJoined[id] && fusion.host[id] == nil {
            let start = fusion.isRenaming(id, in: network) ? [0, 0, 0, 0] : Self.start(of: node, in: nodes)
            guard let start else { continue }
            isPart[id] = true
            places[id] = places[taken(node.inputs[0], by: id)]
            for axis in start.indices { places[id].start[axis] += start[axis] }
        }

        func pixelStep(_ slot: Int) -> Int {
            let channels = featureMapExtents(node(slot).shape).channels
            return isBytes(slot) ? channels.rounded(up: 4) : channels
        }
        func size(_ slot: Int) -> Int {
            let extents = featureMapExtents(node(slot).shape)
            let halo = fusion.halo[slot] ?? .none
            let pixels =
                extents.batch * (extents.height + halo.top + halo.bottom) * (extents.width + halo.left + halo.right)
            return pixels * pixelStep(slot) * (isBytes(slot) ? 1 : valueSize)
        }

        // From when each root is first written to when it is last read, in node numbers.
        let start = ((zeroCount + Self.slack) * valueSize).rounded(up: Self.alignment)
        var arena = ArenaPlan(alignment: Self.alignment, reserved: start)
        let buffers = slots.map { arena.makeBuffer(bytes: size($0)) }
        func touch(_ slot: Int, at time: Int) { arena.touch(buffers[places[slot].root], at: time) }
        var isCopied = [Bool](repeating: false, count: nodes.count)
        for (id, node) in nodes.enumerated() where fusion.host[id] == nil {
            touch(id, at: node.operation.keepsPlace ? 0 : id)
            if node.operation.keepsPlace { touch(id, at: nodes.count) }
        }
        for (id, node) in nodes.enumerated() {
            for input in node.inputs where fusion.host[input] == nil {
                let slot = taken(input, by: id)
                touch(slot, at: fusion.host[id] ?? id)
                if slot != input {
                    isCopied[input] = true
                    touch(slot, at: input)
                }
            }
        }
        for output in network.outputs { touch(output, at: nodes.count) }
        let (offsets, bytes) = arena.layOut()
        length = bytes / valueSize + Self.slack

        func view(_ slot: Int) -> FeatureMapView {
            let root = places[slot].root
            let extents = featureMapExtents(node(slot).shape)
            let whole = featureMapExtents(node(root).shape)
            let halo = fusion.halo[root] ?? .none
            let pixel = pixelStep(root)
            let row = (whole.width + halo.left + halo.right) * pixel
            let image = (whole.height + halo.top + halo.bottom) * row
            let start = places[slot].start
            return FeatureMapView(
                base: offsets[buffers[root]] / (isBytes(root) ? 1 : valueSize) + start[0] * image + start[1]
                    + (halo.top + start[2]) * row + (halo.left + start[3]) * pixel,
                image: image, row: row, pixel: pixel, batch: extents.batch, channels: extents.channels,
                height: extents.height, width: extents.width)
        }
        views = nodes.indices.map { fusion.host[$0] == nil ? view($0) : nil }
        copies = nodes.indices.map { isCopied[$0] ? view(nodes.count + $0) : nil }
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

    /// Floats that vector loads may touch past a value's end: one block of channels at the most.
    private static let slack = 64
    /// In bytes.
    private static let alignment = 128
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
