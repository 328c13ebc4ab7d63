// Loops of our own over values in the arena: for what is as fast as memory, or what no library has. Values, used on the
// thread of their context.
import CVectors

/// What a step runs on its operands: the inputs, then the result.
protocol CPULoop: Sendable {
    func run(_ operands: [UnsafeMutableRawPointer])
}

/// Elements copied from one view of memory to another, a few views after one another.
struct CPUMovement: CPULoop {
    struct Part: Sendable {
        /// In elements.
        var from = 0
        var to = 0
        var axes: [CVectors_Axis] = []
    }

    /// Bytes of one.
    let element: Int
    let parts: [Part]
    /// What the result is filled with before: bytes, and how often.
    var filling: (pattern: UInt32, count: Int)?

    /// - Parameter parts: of axes in any order.
    init(element: Int, _ parts: [Part], filling: (pattern: UInt32, count: Int)? = nil) {
        (self.element, self.filling) = (element, filling)
        self.parts = parts.map { Part(from: $0.from, to: $0.to, axes: Self.ordered($0.axes)) }
    }

    /// Whether nothing changes its place.
    var isIdentity: Bool {
        guard filling == nil, parts.count == 1, parts[0].from == 0, parts[0].to == 0 else { return false }
        return parts[0].axes.allSatisfy { $0.extent == 1 || $0.from == $0.to }
            && parts[0].axes.filter { $0.extent > 1 }.count <= 1 && (parts[0].axes.last?.to ?? 1) == 1
    }

    /// As `CVectors_move` likes them: in the order in which results lie, neighbours as one.
    private static func ordered(_ axes: [CVectors_Axis]) -> [CVectors_Axis] {
        var merged: [CVectors_Axis] = []
        for axis in axes.filter({ $0.extent > 1 }).sorted(by: { $0.to > $1.to }) {
            let extent = Int(axis.extent)
            if let last = merged.last, last.from == axis.from * extent, last.to == axis.to * extent {
                merged[merged.count - 1] = CVectors_Axis(
                    extent: last.extent * axis.extent, from: axis.from, to: axis.to)
            } else {
                merged.append(axis)
            }
        }
        let one = CVectors_Axis(extent: 1, from: 0, to: 0)
        if merged.isEmpty { return [one, CVectors_Axis(extent: 1, from: 1, to: 1)] }
        if merged.count == 1 { return [one] + merged }
        // What lies along the source goes beside what lies along the result.
        if merged[merged.count - 1].from != 1, let along = merged.lastIndex(where: { $0.from == 1 }) {
            let axis = merged.remove(at: along)
            merged.insert(axis, at: merged.count - 1)
        }
        return merged
    }

    func run(_ operands: [UnsafeMutableRawPointer]) {
        let (source, result) = (operands[0], operands[operands.count - 1])
        if let filling {
            switch element {
            case 1: result.initializeMemory(
                as: UInt8.self, repeating: UInt8(truncatingIfNeeded: filling.pattern), count: filling.count)
            case 2: result.initializeMemory(
                as: UInt16.self, repeating: UInt16(truncatingIfNeeded: filling.pattern), count: filling.count)
            default: result.initializeMemory(as: UInt32.self, repeating: filling.pattern, count: filling.count)
            }
        }
        for part in parts {
            CVectors_move(
                source + part.from * element, result + part.to * element, element, part.axes, part.axes.count)
        }
    }
}
