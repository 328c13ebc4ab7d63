// How and where the values of a network's nodes lie. Value types, used when compiling.
import EnginePlanning
import NetworkGraph

/// A node's value in one form.
struct CPUValue {
    let layout: OneDNNLayout
    let buffer: ArenaPlan.BufferID
    /// Whose q it is in bytes, feature maps with their channels last, all else in rows; nil for floats.
    var grid: QuantizationGrid?
    /// Of a feature map in floats that XNNPACK can read: elements from one pixel's channels to the next's. More than the
    /// map has channels where it is a part of a concatenation.
    var pixelStride: Int?
}

/// The forms of each node's value: floats, bytes, or both where floats are wanted of what lies in bytes.
struct CPUValueTable {
    private struct Forms {
        var floats: CPUValue?
        var bytes: CPUValue?
        /// The floats in other layouts, made for an earlier reader.
        var copies: [CPUValue] = []
    }

    private var forms: [Forms]

    init(nodeCount: Int) { forms = Array(repeating: Forms(), count: nodeCount) }

    func floats(of id: Network.NodeID) -> CPUValue? { forms[id].floats }

    func bytes(of id: Network.NodeID) -> CPUValue? { forms[id].bytes }

    func copy(of id: Network.NodeID, in layout: OneDNNLayout) -> CPUValue? {
        forms[id].copies.first { $0.layout == layout }
    }

    mutating func set(_ value: CPUValue, of id: Network.NodeID) {
        if value.grid == nil { forms[id].floats = value } else { forms[id].bytes = value }
    }

    mutating func add(copy: CPUValue, of id: Network.NodeID) { forms[id].copies.append(copy) }

    func hasCopy(in buffer: ArenaPlan.BufferID) -> Bool {
        forms.contains { $0.copies.contains { $0.buffer == buffer } }
    }

    /// Whose value lies there, copies not counted.
    func nodes(in buffer: ArenaPlan.BufferID) -> [Network.NodeID] {
        forms.indices.filter { forms[$0].floats?.buffer == buffer || forms[$0].bytes?.buffer == buffer }
    }
}
