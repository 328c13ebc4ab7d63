// RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR: one axis after another, as weighted sums or gathers. Positions are
// computed in FP32, as TFLite computes them: which element is nearest depends on their rounding.
import NetworkGraph

extension TFLiteImporter {
    mutating func resizeBilinear(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        try resize(operands, alignCornersIndex: 2) { importer, node, axis, line throws(ImportFailure) in
            try importer.spend(line.target * 64)
            var result = node
            result.extents[axis] = line.target
            result.grid = nil
            let taps = (0..<line.target).map(line.taps)
            result.id = try importer.emit(
                .resampling(Resampling(axis: result.draftAxis(axis), taps: taps)), result.id)
            return result
        }
    }

    mutating func resizeNearest(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        try resize(operands, alignCornersIndex: 0) { importer, node, axis, line throws(ImportFailure) in
            try importer.spend(line.target * 8)
            return try importer.gathered(node, axis: axis, (0..<line.target).map(line.nearest))
        }
    }

    /// - Parameter alignCornersIndex: of the option; half_pixel_centers stands behind it.
    private mutating func resize(
        _ operands: TFLiteOperands, alignCornersIndex: Int,
        _ body: (inout TFLiteImporter, TFLiteNode, Int, Line) throws(ImportFailure) -> TFLiteNode
    ) throws(ImportFailure) -> TFLiteNode {
        var map = try planar(try node(operands[0]))
        let sizes = try operands.integers(1, "the size")
        guard sizes.count == 2, sizes.allSatisfy({ (1...ImportLimits.elements).contains($0) }) else {
            throw .invalid("a size of \(sizes)")
        }
        let alignsCorners = try operands.flag(alignCornersIndex, "align_corners")
        let hasHalfPixels = try operands.flag(alignCornersIndex + 1, "half_pixel_centers")
        guard !(alignsCorners && hasHalfPixels) else {
            throw .invalid("align_corners and half_pixel_centers exclude each other")
        }
        for (axis, target) in [(1, sizes[0]), (2, sizes[1])] where target != map.extents[axis] {
            let line = Line(
                extent: map.extents[axis], target: target, alignsCorners: alignsCorners, hasHalfPixels: hasHalfPixels)
            map = try body(&self, map, axis, line)
        }
        return map
    }

    /// One axis, before and after.
    private struct Line {
        let extent: Int
        let target: Int
        let alignsCorners: Bool
        let hasHalfPixels: Bool

        private var scale: Float {
            alignsCorners && target > 1
                ? Float(extent - 1) / Float(target - 1) : Float(extent) / Float(target)
        }

        func nearest(_ index: Int) -> Int {
            let position = (Float(index) + (hasHalfPixels ? 0.5 : 0)) * scale
            let rounded = position.rounded(alignsCorners ? .toNearestOrAwayFromZero : .down)
            return Int(min(max(rounded, 0), Float(extent - 1)))
        }

        func taps(_ index: Int) -> [Resampling.Tap] {
            let position = hasHalfPixels ? (Float(index) + 0.5) * scale - 0.5 : Float(index) * scale
            let low = min(max(Int(position.rounded(.down)), 0), extent - 1)
            let high = min(max(Int(position.rounded(.up)), 0), extent - 1)
            guard low != high else { return [Resampling.Tap(index: low, weight: 1)] }
            let share = position - Float(low)
            return [Resampling.Tap(index: low, weight: 1 - share), Resampling.Tap(index: high, weight: share)]
        }
    }
}
