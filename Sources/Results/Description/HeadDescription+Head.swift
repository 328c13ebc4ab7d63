// From a user's words to a head of a network. Pure.

import NetworkGraph

extension HeadDescription {
    /// - Throws: `HeadDescriptionError` naming what doesn't fit the network's outputs.
    func head(of network: NetworkFacts) throws(HeadDescriptionError) -> any Head {
        switch task {
        case .classify: return try classHead(network)
        case .detect: return try boxHead(network)
        case .segment: return try segmentationHead(network)
        case .keypoints: return try keypointHead(network)
        }
    }

    private var reason: String { "as '\(file)' says" }

    private func fault(_ reason: String) -> HeadDescriptionError { HeadDescriptionError(file: file, reason: reason) }

    private func part(_ part: Part?, _ key: String) throws(HeadDescriptionError) -> Part {
        guard let part else { throw fault("'\(key)' is left out") }
        return part
    }

    private func output(_ name: OutputName, _ network: NetworkFacts) throws(HeadDescriptionError) -> Int {
        switch name {
        case .number(let number):
            if network.outputs.indices.contains(number) { return number }
            throw fault("there is no output \(number), only 0 to \(network.outputs.count - 1)")
        case .name(let text):
            if let index = network.outputs.firstIndex(where: { $0.name == text }) { return index }
            let names = network.outputs.prefix(16).map { "'\($0.name)'" }.joined(separator: ", ")
            throw fault("there is no output '\(text)', only \(names)")
        }
    }

    private func classHead(_ network: NetworkFacts) throws(HeadDescriptionError) -> any Head {
        let part = scores ?? Part()
        let index = try output(part.outputs[0], network)
        let values: ClassHead.Values =
            switch part.activation {
            case .softmax: .scores
            case .sigmoid: .sigmoids
            case .some(.none): .probabilities
            case nil: ClassHead(index, network.outputs[index]).values
            }
        return ClassHead(
            index, count: network.outputs[index].shape.count, values, reason: reason, name: name, classNames: labels,
            threshold: threshold)
    }

    private func segmentationHead(_ network: NetworkFacts) throws(HeadDescriptionError) -> any Head {
        if scores != nil, classes != nil { throw fault("'scores' are beside 'classes': one of them") }
        let part = scores ?? classes ?? Part()
        let index = try output(part.outputs[0], network)
        guard let (columns, width, height) = SegmentationFamily.map(index, network.outputs[index], network.input) else {
            throw fault(
                """
                output '\(network.outputs[index].name)' is \(network.outputs[index].shape), no map of the input's shape
                """
            )
        }
        let values: SegmentationHead.Values =
            classes != nil ? .classes : columns.count > 1 ? .scores : .foreground
        if threshold != nil, values != .foreground { throw fault("'threshold' is for one score of each pixel") }
        return SegmentationHead(
            output: index, values: values, columns: columns, width: width, height: height, reason: reason,
            givenName: name, names: labels, threshold: threshold ?? 0.5)
    }

    private func keypointHead(_ network: NetworkFacts) throws(HeadDescriptionError) -> any Head {
        let part = try part(keypoints, "keypoints")
        let index = try output(part.outputs[0], network)
        let order = KeypointOrder(part.order ?? "xy", units: part.units ?? .either)
        let available = network.outputs[index].shape.count - part.first
        let count = part.count.map { $0 / order.count } ?? available / order.count
        guard count > 0, count * order.count <= available else {
            throw fault("'keypoints' has \(max(available, 0)) numbers, too few")
        }
        return KeypointHead(
            output: index, first: part.first, count: count, order: order, name: name ?? "\(count) points",
            reason: reason)
    }

    // MARK: Boxes

    private func boxHead(_ network: NetworkFacts) throws(HeadDescriptionError) -> any Head {
        let boxes = try part(boxes, "boxes")
        guard let coding = boxes.coding else { throw fault("'boxes.coding' is left out") }
        if !coding.isDecoded, strides.isEmpty { throw fault("'\(coding.rawValue)' needs 'strides'") }
        if coding.usesAnchors, anchors.isEmpty { throw fault("'\(coding.rawValue)' needs 'anchors'") }
        let scores = try part(scores, "scores")
        try checkUse(boxes, coding)
        let grids: [BoxGrid?] =
            strides.isEmpty
            ? [nil]
            : strides.indices.map { index in
                BoxGrid(
                    network.input, stride: strides[index], anchors: anchors.isEmpty ? [.none] : anchors[index])
            }
        let total = try total(boxes, grids, network)
        var (levels, first): ([BoxHead.Level], Int) = ([], 0)
        for (index, grid) in grids.enumerated() {
            let count = grid?.candidateCount ?? total
            let place = Place(level: index, levels: grids.count, first: first, count: count, total: total, grid: grid)
            var level = BoxHead.Level(
                boxes: [try columns(boxes, "boxes", place, network, default: coding.count)],
                scores: try columns(scores, "scores", place, network, default: nil), count: count, grid: grid)
            if let objectness {
                level.objectness = try columns(objectness, "objectness", place, network, default: 1)
            }
            if let classes { level.labels = try columns(classes, "classes", place, network, default: 1) }
            if let keypoints { level.points = try columns(keypoints, "keypoints", place, network, default: nil) }
            guard level.boxes[0].count.isMultiple(of: coding.count),
                coding.takesDistributions || level.boxes[0].count == coding.count
            else { throw fault("'boxes.count' is \(level.boxes[0].count), not \(coding.count)") }
            if let background = scores.background, background >= level.scores.count || level.scores.count == 1 {
                throw fault("'scores.background' is \(background), of \(level.scores.count) columns")
            }
            levels.append(level)
            first += count
        }
        let variances = variances ?? [1, 1]
        let rule = ScoreRule(
            activation: scores.activation ?? .none, objectnessActivation: objectness?.activation ?? .none,
            background: scores.background)
        return BoxHead(
            name: name ?? "boxes", reason: reason, levels: levels, coding: coding, units: boxes.units ?? .either,
            centreVariance: variances[0], sizeVariance: variances[1], scores: rule,
            numbersPerPoint: keypoints?.order == "xyp" ? 3 : 2,
            suppression: overlap.map { NonMaximumSuppression(overlap: $0, isPerClass: isPerClass ?? true) },
            threshold: threshold ?? 0.5, classNames: labels, inputWidth: network.input.width,
            inputHeight: network.input.height)
    }

    /// What can be said, and would be ignored.
    private func checkUse(_ boxes: Part, _ coding: BoxCoding) throws(HeadDescriptionError) {
        if boxes.units != nil, !coding.isDecoded { throw fault("'boxes.units' is not for '\(coding.rawValue)'") }
        if variances != nil, coding != .priors, coding != .priorsByRow {
            throw fault("'variances' are not for '\(coding.rawValue)'")
        }
        if isPerClass != nil, overlap == nil { throw fault("'per_class' needs 'overlap'") }
        if objectness?.activation == .softmax { throw fault("'objectness.activation' is none or sigmoid") }
        guard [nil, "xy", "xyp"].contains(keypoints?.order) else {
            throw fault("'keypoints.order' of boxes is xy or xyp")
        }
    }

    private struct Place {
        let level: Int
        let levels: Int
        /// Candidates in front of this level's, and its own.
        let first: Int
        let count: Int
        let total: Int
        let grid: BoxGrid?
    }

    /// Candidates of all levels.
    private func total(
        _ boxes: Part, _ grids: [BoxGrid?], _ network: NetworkFacts
    ) throws(HeadDescriptionError) -> Int {
        let known = grids.compactMap { $0?.candidateCount }
        if known.count == grids.count { return known.reduce(0, +) }
        let output = network.outputs[try output(boxes.outputs[0], network)]
        // Along the longer axis of a table.
        guard (1...2).contains(output.extents.count) else {
            throw fault("'boxes': output '\(output.name)' is \(output.shape), no table")
        }
        return output.extents.max() ?? 1
    }

    private func columns(
        _ part: Part, _ key: String, _ place: Place, _ network: NetworkFacts, default count: Int?
    ) throws(HeadDescriptionError) -> OutputColumns {
        let isSplit = place.levels > 1 && part.outputs.count == place.levels
        guard isSplit || part.outputs.count == 1 else {
            throw fault("'\(key)' has \(part.outputs.count) outputs, for \(place.levels) strides")
        }
        let index = try output(part.outputs[isSplit ? place.level : 0], network)
        let output = network.outputs[index]
        let candidates = isSplit ? place.count : place.total
        var table = output.table(index, candidates: candidates)
        if isSplit || place.levels == 1, table == nil, let grid = place.grid, grid.anchors.count == 1 {
            table = output.map(index, width: grid.width, height: grid.height)
        }
        guard var columns = table else {
            throw fault("'\(key)': output '\(output.name)' is \(output.shape), no table of \(candidates) candidates")
        }
        if !isSplit { columns = columns.skipping(place.first) }
        let rest = columns.count - part.first
        let wanted = part.count ?? count ?? rest
        guard rest > 0, wanted > 0, wanted <= rest else {
            throw fault("'\(key)': output '\(output.name)' has \(columns.count) numbers a candidate, too few")
        }
        return columns.from(part.first, wanted)
    }
}
