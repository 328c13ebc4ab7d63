// Pictures of another size than a file fixes: whether its network is the same at both. Values; pure.
import NetworkGraph

/// A size that a file fixes, and the one that is asked for. The file is translated at both, node by node alike; what
/// differs where only extents may, or stays where they must change, holds the file's size.
struct SizeChange {
    let file: ImageSize
    let asked: ImageSize

    /// - Parameter extents: an input's, as the file says.
    /// - Returns: nil where the file leaves the size open, or fixes the one asked for.
    init?(_ extents: [Int?], _ layout: PictureLayout?, _ options: InputOptions) {
        guard let layout, let asked = options.asked.size else { return nil }
        let height = extents[layout.heightAxis] ?? asked.height
        let width = extents[layout.widthAxis] ?? asked.width
        (file, self.asked) = (ImageSize(width: width, height: height), asked)
        if file == asked { return nil }
    }

    /// What to do about it.
    private var advice: String {
        "pictures of \(asked) don't fit (the file's are \(file); one exported with open height and width takes any)"
    }

    /// Why a translation at the size asked for failed.
    /// - Parameters:
    ///   - reason: what it failed with.
    ///   - resized: as far as it came.
    ///   - original: at the file's size.
    func reason(_ reason: String, _ resized: NetworkDraft, _ original: NetworkDraft) -> String {
        do throws(ImportFailure) {
            try check(resized, original)
            return "\(reason); \(advice)"
        } catch {
            return error.reason
        }
    }

    /// - Parameters:
    ///   - resized: at the size asked for, perhaps only the beginning of it; nothing in it is simplified yet.
    ///   - original: at the file's size.
    /// - Throws: naming the first node that holds the file's size.
    func check(_ resized: NetworkDraft, _ original: NetworkDraft) throws(ImportFailure) {
        for (id, node) in resized.nodes.enumerated() {
            guard id < original.nodes.count else { throw holder(node, "is not there at the file's size") }
            let own = original.nodes[id]
            guard own.operation.name == node.operation.name, own.inputs == node.inputs else {
                throw holder(node, "does something else at the file's size (\(own.operation.name))")
            }
            let inputs: [Extents] = node.inputs.map { input in
                (resized.nodes[input].shape.extents, original.nodes[input].shape.extents)
            }
            guard let first = inputs.first, inputs.contains(where: { $0.new != $0.own }) else { continue }
            let output: Extents = (node.shape.extents, own.shape.extents)
            let isHeld =
                output.new.count != output.own.count || first.new.count != first.own.count
                || Self.holds(node.operation, first, output)
            if isHeld {
                let (old, new) = (original.nodes[node.inputs[0]].shape, resized.nodes[node.inputs[0]].shape)
                throw holder(node, "makes \(own.shape) of \(old), and \(node.shape) of \(new)")
            }
        }
    }

    private func holder(_ node: NetworkDraft.Node, _ what: String) -> ImportFailure {
        .unsupported("'\(node.name)' (\(node.operation.name)) holds the file's size: it \(what); \(advice)")
    }

    private typealias Extents = (new: [Int], own: [Int])

    private static func holds(_ operation: Operation, _ input: Extents, _ output: Extents) -> Bool {
        switch operation {
        case .reshape: return !boundaries(input.own, output.own).isSubset(of: boundaries(input.new, output.new))
        case .gather, .resampling, .transposedConvolution, .unpooling:
            guard input.new.count == output.new.count else { return true }
            // A size that is fixed; one of what it picks from, as a token, is no size.
            return output.new.indices.contains { axis in
                input.new[axis] != input.own[axis] && output.new[axis] == output.own[axis] && output.own[axis] > 1
            }
        default: return false
        }
    }

    private struct Boundary: Hashable {
        let input: Int
        let output: Int
    }

    /// Where an axis begins on both sides of a reshape: as many elements lie in front of it, whatever the axes are.
    private static func boundaries(_ input: [Int], _ output: [Int]) -> Set<Boundary> {
        var found: Set<Boundary> = []
        var inFront = 1
        for (axis, extent) in input.enumerated() {
            var outFront = 1
            for (place, count) in output.enumerated() {
                if inFront == outFront { found.insert(Boundary(input: axis, output: place)) }
                outFront *= count
            }
            inFront *= extent
        }
        return found
    }
}
