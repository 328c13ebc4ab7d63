// In which order a value's axes lie in memory, as our own loops walk them. Values, used when compiling.
import COneDNN
import CVectors
import NetworkGraph

enum CPUOrder: Equatable {
    /// Row-major, of any rank.
    case rows
    /// N×H×W×C
    case channelsLast
    /// N×(C ÷ n)×H×W×n
    case blocked(Int)

    /// An axis in memory: of the tensor's, which it is all or a part of, its extent and elements from one to the next.
    struct Axis {
        let axis: Int
        let extent: Int
        let step: Int
    }

    /// From the outside in, with nothing between elements.
    func axes(_ extents: [Int]) -> [Axis] {
        let order: [(axis: Int, extent: Int)] =
            switch self {
            case .rows: extents.enumerated().map { ($0, $1) }
            case .channelsLast: [0, 2, 3, 1].map { ($0, extents[$0]) }
            case .blocked(let size):
                [(0, extents[0]), (1, (extents[1] + size - 1) / size), (2, extents[2]), (3, extents[3]), (1, size)]
            }
        let steps = Reference.strides(order.map(\.extent))
        return zip(order, steps).map { Axis(axis: $0.axis, extent: $0.extent, step: $1) }
    }

    /// Elements, those that fill up blocks included.
    func count(_ extents: [Int]) -> Int { axes(extents).reduce(1) { $0 * $1.extent } }

    var isBlocked: Bool { if case .blocked = self { true } else { false } }

    /// Every element to where `steps`, one an axis of the tensor, have it; what fills up blocks is left out.
    func parts(_ extents: [Int], to steps: [Int]) -> [CPUMovement.Part] {
        let axes = axes(extents)
        guard case .blocked(let size) = self else {
            return [.init(axes: axes.map { .init(extent: $0.extent, from: $0.step, to: steps[$0.axis]) })]
        }
        // Whole blocks, then what is left.
        let (whole, rest) = extents[1].quotientAndRemainder(dividingBy: size)
        return [(0, whole, size), (whole, 1, rest)].filter { $0.1 > 0 && $0.2 > 0 }.map { start, blocks, channels in
            var part = CPUMovement.Part(from: start * axes[1].step, to: start * size * steps[1])
            for (index, axis) in axes.enumerated() {
                switch index {
                case 1: part.axes.append(.init(extent: blocks, from: axis.step, to: size * steps[1]))
                case 4: part.axes.append(.init(extent: channels, from: 1, to: steps[1]))
                default: part.axes.append(.init(extent: axis.extent, from: axis.step, to: steps[axis.axis]))
                }
            }
            return part
        }
    }

    /// The value as lines along an axis, which isn't in blocks.
    func line(_ extents: [Int], along axis: Int) -> CPULines {
        let axes = axes(extents)
        let index = axes.firstIndex { $0.axis == axis }!
        func product(_ axes: ArraySlice<Axis>) -> Int { axes.reduce(1) { $0 * $1.extent } }
        return CPULines(
            outer: product(axes[..<index]), length: axes[index].extent, inner: product(axes[(index + 1)...]))
    }

    /// The same along one axis or several that lie behind one another; nil where they don't.
    func lines(_ extents: [Int], along reduced: [Int]) -> CPULines? {
        let axes = axes(extents).filter { $0.extent > 1 }
        let isReduced = axes.map { reduced.contains($0.axis) }
        guard let first = isReduced.firstIndex(of: true), let last = isReduced.lastIndex(of: true) else {
            return CPULines(outer: axes.reduce(1) { $0 * $1.extent }, length: 1, inner: 1)
        }
        guard isReduced[first...last].allSatisfy({ $0 }) else { return nil }
        if case .blocked = self, reduced.contains(1) { return nil }
        func product(_ axes: ArraySlice<Axis>) -> Int { axes.reduce(1) { $0 * $1.extent } }
        return CPULines(
            outer: product(axes[..<first]), length: product(axes[first...last]), inner: product(axes[(last + 1)...]))
    }
}

extension CPUPlanner {
    /// How a value lies; nil where our loops don't know it.
    func order(of value: Value, _ shape: Shape) throws(CPULibraryError) -> CPUOrder? {
        let type = value.layout.type
        if try value.layout == .plain(extents(shape), type) { return .rows }
        guard shape.rank == 4 else { return nil }
        for order in [CPUOrder.channelsLast, .blocked(16), .blocked(8), .blocked(4)] {
            if try value.layout == layout(order, shape, type) { return order }
        }
        return nil
    }

    func layout(_ order: CPUOrder, _ shape: Shape, _ type: dnnl_data_type_t) throws(CPULibraryError) -> OneDNNLayout {
        switch order {
        case .rows: try .plain(extents(shape), type)
        case .channelsLast: try OneDNNLayout(shape.extents, dnnl_nhwc, type)
        case .blocked(16): try OneDNNLayout(shape.extents, dnnl_nChw16c, type)
        case .blocked(8): try OneDNNLayout(shape.extents, dnnl_nChw8c, type)
        case .blocked: try OneDNNLayout(shape.extents, dnnl_nChw4c, type)
        }
    }

    mutating func makeValue(
        _ order: CPUOrder, _ shape: Shape, _ type: dnnl_data_type_t = dnnl_f32
    ) throws(CPULibraryError) -> Value {
        var value = makeValue(try layout(order, shape, type))
        if order == .channelsLast, type == dnnl_f32 { value.pixelStride = shape[1] }
        return value
    }

    /// A value as floats in an order that loops know: its own, if it suits them, else rows.
    mutating func ordered(
        _ id: Network.NodeID, for reader: Network.NodeID, _ suits: (CPUOrder) -> Bool
    ) throws(CPULibraryError) -> (Value, CPUOrder) {
        let own = try dense(id, for: reader)
        if own.layout.type == dnnl_f32, let order = try order(of: own, network.nodes[id].shape), suits(order) {
            return (own, order)
        }
        return (try plain(id, for: reader), .rows)
    }

    mutating func addLoop(_ id: Network.NodeID, _ loop: some CPULoop, _ operands: [Value]) {
        for operand in operands { arena.touch(operand.buffer, at: plan.steps.count) }
        plan.steps.append(CPUPlan.Step(node: id, work: .loop(loop, operands.map(\.buffer))))
    }
}

extension dnnl_data_type_t {
    /// Bytes of an element.
    var size: Int {
        switch self {
        case dnnl_s8, dnnl_u8: 1
        case dnnl_bf16, dnnl_f16: 2
        default: 4
        }
    }
}
