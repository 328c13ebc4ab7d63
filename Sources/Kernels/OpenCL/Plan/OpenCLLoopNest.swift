// How work-items walk tensors of any rank: the table that `Programs/nest.cl` reads. A value, made at compile time.
import NetworkGraph

struct LoopNest {
    struct Axis {
        var extent = 1
        /// Of each tensor.
        var steps: [Int]
    }

    private var inner: Axis
    private var middle: Axis
    /// From the inside out.
    private var outer: [Axis] = []
    private let bases: [Int]

    /// Elements of the inner axis that a kernel takes at once.
    enum Lanes { case vector, one }

    /// - Parameters:
    ///   - tensors: out, a and b, of the same extents; or three more, for which there is a table of its own.
    ///   - middle: the axis to walk beside the inner one; nil: the one that follows it in memory.
    init(_ tensors: [TensorView], middle: Int? = nil) {
        let none = [Int](repeating: 0, count: tensors.count > 3 ? 6 : 3)
        var axes = tensors[0].extents.indices.map { axis in
            Axis(
                extent: tensors[0].extents[axis],
                steps: tensors.map { $0.steps[axis] } + none.dropFirst(tensors.count))
        }
        precondition(tensors.allSatisfy { $0.extents == tensors[0].extents })
        bases = tensors.map(\.base) + none.dropFirst(tensors.count)
        (inner, self.middle) = (Axis(steps: none), Axis(steps: none))
        if let middle { self.middle = axes.remove(at: middle) }
        // In the order in which results lie, neighbours as one where they can be.
        outer = Self.merged(axes).reversed()
        if !outer.isEmpty { inner = outer.removeFirst() }
        if middle == nil && !outer.isEmpty { self.middle = outer.removeFirst() }
    }

    /// Axes by their first step, the largest first.
    static func merged(_ axes: [Axis]) -> [Axis] {
        var result: [Axis] = []
        for axis in axes.filter({ $0.extent > 1 }).sorted(by: { $0.steps.lexicographicallyPrecedes($1.steps) })
            .reversed()
        {
            if let last = result.last, last.steps == axis.steps.map({ $0 * axis.extent }) {
                result[result.count - 1] = Axis(extent: last.extent * axis.extent, steps: axis.steps)
            } else {
                result.append(axis)
            }
        }
        return result
    }

    /// The step of an operand along the inner axis.
    func innerStep(_ operand: Int) -> Int { inner.steps[operand] }

    /// Elements that a work-item of a CPU makes: enough to be worth its launch.
    private static let itemElements = 4096

    /// A table, the work-items that it is for, and their groups.
    struct Launch {
        let table: [Int32]
        /// Of the fourth tensor and those behind it; empty where there are three.
        let furtherTable: [Int32]
        let global: [Int]
        /// Nil: groups that divide the launch.
        let group: [Int]?
    }

    /// - Parameter rows: positions of the middle axis that a kernel takes at once.
    func launch(_ traits: OpenCLTraits, _ lanes: Lanes = .vector, rows: Int = 1) -> Launch {
        let lane = lanes == .vector ? traits.width : 1
        var (span, run) = (lane, rows)
        if traits.isCPU {
            span = min(inner.extent, Self.itemElements).rounded(up: lane)
            run = min(middle.extent, max(Self.itemElements / span, 1)).rounded(up: rows)
        }
        let global = [
            inner.extent.dividedRoundingUp(by: span), middle.extent.dividedRoundingUp(by: run),
            outer.reduce(1) { $0 * $1.extent },
        ]
        // Long axes that only small groups divide are filled up: items beyond the end have nothing to walk.
        let isFilled =
            global[0] > traits.groupSize && 2 * traits.group(dividing: global).reduce(1, *) < traits.groupSize
        return Launch(
            table: table(0..<3, span: span, run: run),
            furtherTable: bases.count > 3 ? table(3..<6, span: span, run: run) : [], global: global,
            group: isFilled ? [traits.groupSize, 1, 1] : nil)
    }

    private func table(_ tensors: Range<Int>, span: Int, run: Int) -> [Int32] {
        var table = [inner.extent, middle.extent, span, run]
        table += inner.steps[tensors] + [0]
        table += middle.steps[tensors] + [0]
        table += bases[tensors] + [outer.count]
        for axis in outer { table += axis.steps[tensors] + [axis.extent] }
        // Networks whose offsets don't fit are refused before anything is launched.
        return table.map { Int32(truncatingIfNeeded: $0) }
    }
}

extension OpenCLPlan {
    /// A launch of a kernel that walks a nest. The table of the nest is an argument already.
    func step(
        _ id: Network.NodeID, _ source: OpenCLSource, _ kernel: String, _ arguments: [OpenCLStep.Argument],
        _ launch: LoopNest.Launch, options: String = ""
    ) -> OpenCLStep {
        OpenCLStep(
            node: id, build: OpenCLBuild(source, traits, options), kernel: kernel, arguments: arguments,
            global: launch.global, group: launch.group, traits)
    }
}
