// The head of detectors: all of them, as data. What differs between families (which columns, which coding, which
// scores, which suppression) stands in values that `Families` and `--head` fill in. Any thread.

import NetworkGraph

/// Boxes of a kind: candidates of several levels, their scores, and which of them stay.
struct BoxHead: Head {
    /// Candidates with numbers in common columns.
    struct Level: Equatable, Sendable {
        /// The boxes' numbers, in this order.
        var boxes: [OutputColumns]
        /// One column a class; or one for the class that `labels` names.
        var scores: OutputColumns
        var objectness: OutputColumns?
        /// Each candidate's class, where the network has chosen it.
        var labels: OutputColumns?
        /// Two numbers a point, or three.
        var points: OutputColumns?
        /// How far its box is turned, in radians.
        var angle: OutputColumns?
        /// Its shares of the masks that all have in common.
        var maskShares: OutputColumns?
        /// How many there are where there is no grid.
        var count: Int
        var grid: BoxGrid?
    }

    /// What decoded numbers are in.
    package enum Units: String, CaseIterable, Sendable {
        case pixels
        case fractions
        /// Fractions where none of a frame's is above 2.
        case either
    }

    let name: String
    let reason: String
    var task: ResultTask { .detect }
    var levels: [Level]
    var coding: BoxCoding
    var units = Units.pixels
    var variances: (Float, Float) { (centreVariance, sizeVariance) }
    var centreVariance: Float = 1
    var sizeVariance: Float = 1
    var scores = ScoreRule()
    /// Numbers of a point: x, y, and with the third how sure it is.
    var numbersPerPoint = 2
    /// Only candidates stay that are the greatest of their class among the nine cells around them.
    var takesPeaks = false
    /// Masks that all have in common, of networks that find each thing's own.
    var prototypes: MaskPrototypes?
    /// nil: all stay.
    var suppression: NonMaximumSuppression?
    /// What the makers use.
    var threshold: Float
    var classNames: [String]?
    var makersPictures: String?

    let inputWidth: Int
    let inputHeight: Int

    /// How many classes there are, the background too where it has a name; nil where only the network knows.
    var classCount: Int? {
        guard let level = levels.first, level.labels == nil else { return nil }
        return scores.firstLabel + level.scores.count - (scores.background == nil ? 0 : 1)
    }

    package func result(
        of outputs: [Tensor], in geometry: FrameGeometry, _ choices: ResultChoices
    ) -> FrameResult {
        var found: [Candidate] = []
        for level in levels where fits(level, outputs) {
            found += candidates(of: level, outputs, threshold: choices.threshold ?? threshold)
        }
        found.removeAll { !$0.corners.isFinite }
        let kept = suppression?(found) ?? Array(NonMaximumSuppression.surest(found).prefix(NonMaximumSuppression.limit))
        return .boxes(
            kept.compactMap { candidate in
                geometry.area(candidate.corners).map { detection(candidate, $0, outputs, geometry) }
            })
    }

    private func detection(
        _ candidate: Candidate, _ area: PixelArea, _ outputs: [Tensor], _ geometry: FrameGeometry
    ) -> Detection {
        func source(_ x: Float, _ y: Float, _ score: Float?) -> Keypoint {
            let place = geometry.point(x: x, y: y)
            return Keypoint(x: place.x, y: place.y, probability: score)
        }
        return Detection(
            area: area, index: candidate.label, probability: candidate.score,
            keypoints: candidate.points.map { source($0.x, $0.y, $0.score) },
            corners: candidate.oriented?.corners.map { source($0.x, $0.y, nil) } ?? [],
            mask: prototypes?.mask(candidate.maskShares, candidate.corners, outputs, geometry))
    }

    private func fits(_ level: Level, _ outputs: [Tensor]) -> Bool {
        let columns =
            level.boxes + [level.scores]
            + [level.objectness, level.labels, level.points, level.angle, level.maskShares].compactMap(\.self)
        return columns.allSatisfy {
            outputs.indices.contains($0.output)
                && $0.fits(candidates: level.count, in: outputs[$0.output].values.count)
        }
    }

    private func candidates(of level: Level, _ outputs: [Tensor], threshold: Float) -> [Candidate] {
        let scored = scores.candidates(
            of: level.count, scores: level.scores, objectness: level.objectness, outputs, threshold: threshold)
        guard !scored.isEmpty else { return [] }
        let unit: (Float, Float) = coding.isDecoded ? self.unit(level, outputs) : (1, 1)
        var numbers: [Float] = []
        return scored.compactMap { candidate in
            if takesPeaks, !isPeak(candidate, level, outputs) { return nil }
            guard let label = label(candidate, level, outputs) else { return nil }
            numbers.removeAll(keepingCapacity: true)
            for columns in level.boxes {
                for number in 0..<columns.count {
                    numbers.append(outputs[columns.output].values[columns.at(candidate.candidate, number)])
                }
            }
            let place = place(candidate.candidate, level.grid, unit)
            var corners = coding.corners(numbers, place)
            let oriented = level.angle.map { columns in
                OrientedBox(corners, angle: outputs[columns.output].values[columns.at(candidate.candidate, 0)])
            }
            if let oriented { corners = oriented.enclosing }
            return Candidate(
                corners: corners, label: label, score: candidate.score,
                points: points(candidate.candidate, level, place, corners, outputs), oriented: oriented,
                maskShares: level.maskShares.map { columns in
                    let values = outputs[columns.output].values
                    return (0..<columns.count).map { values[columns.at(candidate.candidate, $0)] }
                } ?? [])
        }
    }

    private func label(_ candidate: ScoredCandidate, _ level: Level, _ outputs: [Tensor]) -> Int? {
        guard let labels = level.labels else { return scores.label(candidate.column) }
        let value = outputs[labels.output].values[labels.at(candidate.candidate, 0)].rounded()
        return value >= 0 && value < 0x1p24 ? Int(value) : nil
    }

    private func place(_ candidate: Int, _ grid: BoxGrid?, _ unit: (Float, Float)) -> BoxPlace {
        var place = BoxPlace(inputWidth: Float(inputWidth), inputHeight: Float(inputHeight))
        place.variances = variances
        (place.stepX, place.stepY) = unit
        guard let grid, !coding.isDecoded else { return place }
        let (cell, anchor) = candidate.quotientAndRemainder(dividingBy: grid.anchors.count)
        place.column = Float(cell % grid.width)
        place.row = Float(cell / grid.width)
        (place.stepX, place.stepY, place.anchor) = (grid.stepX, grid.stepY, grid.anchors[anchor])
        return place
    }

    /// What decoded numbers are multiplied by.
    private func unit(_ level: Level, _ outputs: [Tensor]) -> (Float, Float) {
        let whole = (Float(inputWidth), Float(inputHeight))
        switch units {
        case .pixels: return (1, 1)
        case .fractions: return whole
        case .either:
            for columns in level.boxes {
                let isLarge = outputs[columns.output].values.withUnsafeBufferPointer { values in
                    (0..<level.count).contains { candidate in
                        (0..<columns.count).contains { abs(values[columns.at(candidate, $0)]) > 2 }
                    }
                }
                if isLarge { return (1, 1) }
            }
            return whole
        }
    }

    private func points(
        _ candidate: Int, _ level: Level, _ place: BoxPlace, _ corners: Corners, _ outputs: [Tensor]
    ) -> [CandidatePoint] {
        guard let columns = level.points else { return [] }
        let values = outputs[columns.output].values
        func number(_ index: Int) -> Float { values[columns.at(candidate, index)] }
        return stride(from: 0, to: columns.count - numbersPerPoint + 1, by: numbersPerPoint).map { first in
            let (x, y) = coding.point(number(first), number(first + 1), place, corners)
            let score = numbersPerPoint > 2 ? min(max(number(first + 2), 0), 1) : nil
            return CandidatePoint(x: x, y: y, score: score)
        }
    }

    private func isPeak(_ candidate: ScoredCandidate, _ level: Level, _ outputs: [Tensor]) -> Bool {
        guard let grid = level.grid else { return true }
        let values = outputs[level.scores.output].values
        let (row, column) = candidate.candidate.quotientAndRemainder(dividingBy: grid.width)
        let value = values[level.scores.at(candidate.candidate, candidate.column)]
        for y in max(row - 1, 0)...min(row + 1, grid.height - 1) {
            for x in max(column - 1, 0)...min(column + 1, grid.width - 1) {
                if values[level.scores.at(y * grid.width + x, candidate.column)] > value { return false }
            }
        }
        return true
    }
}
