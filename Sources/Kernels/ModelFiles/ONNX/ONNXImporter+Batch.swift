// Pictures in another batch than the file fixes: shapes that hold the file's are worked out anew.
import NetworkGraph

extension ONNXImporter {
    /// The shape that a Reshape asks for, for the batch that pictures come in. Elements of one picture stay together, so
    /// that it is the same Reshape of each: its first extent grows with the batch.
    /// - Throws: where the file's batch is built into the shape otherwise.
    func rebatched(_ target: [Int], of value: ONNXValue) throws(ImportFailure) -> [Int] {
        guard let changedBatch, case .node(let id) = value, let first = target.first, first > 0 else { return target }
        let (shape, batch) = (draft.nodes[id].shape, options.asked.batch)
        let isOpen = target.contains(-1)
        // A shape that fits was computed from other shapes, which have the new batch already.
        if !isOpen, Shape(validating: target)?.count == shape.count { return target }
        if isBatchMajor(id) {
            if first == shape.extents.first { return target }
            guard first <= ImportLimits.elements, batch <= ImportLimits.elements else { return target }
            let (grown, rest) = (first * batch).quotientAndRemainder(dividingBy: changedBatch)
            let whole = [grown] + target.dropFirst()
            let fits = isOpen ? grown == shape.extents.first : Shape(validating: whole)?.count == shape.count
            if rest == 0, fits { return whole }
        }
        throw .unsupported(
            "the shape \(target) holds the file's batch of \(changedBatch), and pictures come in \(batch) "
                + "(--batch \(changedBatch) runs it as it is)")
    }

    /// - Throws: where an output has the file's batch still.
    func checkBatch(of output: ONNXValueInfo, _ shape: Shape) throws(ImportFailure) {
        guard let changedBatch, let first = output.extents?.first, first == changedBatch,
            shape.extents.first != options.asked.batch
        else { return }
        throw .unsupported(
            "output '\(output.name)' is \(shape): the file's batch of \(changedBatch) can't be made "
                + "\(options.asked.batch) (--batch \(changedBatch) runs it as it is)")
    }

    /// Whether a picture's elements lie together, pictures in their order.
    private func isBatchMajor(_ id: Int) -> Bool {
        var waiting = [id]
        var seen: Set<Int> = []
        while let next = waiting.popLast() {
            guard seen.insert(next).inserted else { continue }
            let node = draft.nodes[next]
            switch node.operation {
            case .transpose(let permutation) where permutation.first != 0: return false
            case .gather(axis: 0, _), .concatenation(axis: 0), .softmax(axis: 0), .logSoftmax(axis: 0): return false
            case .reduction(let reduction) where reduction.axes.contains(0): return false
            default: waiting += node.inputs
            }
        }
        return true
    }
}
