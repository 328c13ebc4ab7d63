// The detectors that are called YOLO and give one table of candidates: v3, v5 to v9, v11, X. Pure.

import NetworkGraph

/// A table with as many candidates as the pyramid of the input has cells, or thrice as many.
enum YOLOFamily: HeadFamily {
    private static let strides = [8, 16, 32]

    /// Whether there is a pyramid of so many candidates.
    static func isPyramid(_ count: Int, _ input: ImageInput) -> Bool {
        let cells = BoxGrid.pyramid(input, strides).candidateCount
        let tiny = BoxGrid.pyramid(input, [16, 32]).candidateCount
        return [cells, 3 * cells, 3 * tiny].contains(count)
    }

    static func heads(of network: NetworkFacts) -> [any Head] {
        guard let output = network.outputs.first, output.extents.count == 2, !OrientedBoxFamily.fits(network) else {
            return []
        }
        let masks = MaskPrototypes(network)
        guard network.outputs.count == 1 || masks != nil else { return [] }
        let grids = BoxGrid.pyramid(network.input, strides)
        let cells = grids.candidateCount
        if let table = output.table(0, candidates: cells) {
            let withoutObjectness = anchorFree(network, table, cells, masks: masks)
            if table.row == 1 { return withoutObjectness }
            let withObjectness = objectness(network, output, table, cells, masks: masks, grids)
            // A grid's own numbers, and sizes by exponentials, are YOLOX's; v6 and exports of v8 differ in nothing but
            // the count, which tells where it is COCO's.
            let isOfYOLOX = output.tail.contains(.exponential) || output.tail.isDisjoint(with: .arithmetic)
            if isOfYOLOX { return [withObjectness].compactMap(\.self) }
            let heads = withoutObjectness + [withObjectness].compactMap(\.self)
            let usual = heads.filter { $0.classNames != nil }
            return usual.count == 1 ? usual : heads
        }
        let tiny = BoxGrid.pyramid(network.input, [16, 32]).candidateCount
        for count in [3 * cells, 3 * tiny] {
            guard let table = output.table(0, candidates: count), table.column == 1 else { continue }
            return [objectness(network, output, table, count, masks: masks, nil)].compactMap(\.self)
        }
        return []
    }

    /// v8, v9, v11: centre and size, then a score for each class; then a mask's numbers, or a body's points.
    private static func anchorFree(
        _ network: NetworkFacts, _ table: OutputColumns, _ cells: Int, masks: MaskPrototypes?
    ) -> [any Head] {
        // What the layers give undecoded is for other columns, and nothing says of which version.
        guard network.outputs[0].tail.contains(.arithmetic) else { return [] }
        let stated = network.statedTask
        let activation: ScoreActivation = network.outputs[0].tail.contains(.sigmoid) ? .none : .sigmoid
        func head(_ classes: Int, pointNumbers: Int, _ what: String) -> BoxHead {
            var level = BoxHead.Level(boxes: [table.from(0, 4)], scores: table.from(4, classes), count: cells)
            if pointNumbers > 0 { level.points = table.from(4 + classes, pointNumbers) }
            level.maskShares = masks.map { table.from(4 + classes, $0.columns.count) }
            return BoxHead(
                name: "YOLOv8 or v11 \(what)",
                reason:
                    "\(table.count) numbers of each of \(cells) cells (strides 8, 16, 32)" + (masks?.reason ?? ""),
                levels: [level], coding: .centre, units: .either, scores: ScoreRule(activation: activation),
                numbersPerPoint: 3, prototypes: masks, suppression: NonMaximumSuppression(overlap: 0.7),
                threshold: 0.25, classNames: COCO.names(classes), makersPictures: "--preset zero-one --fit letterbox",
                inputWidth: network.input.width, inputHeight: network.input.height)
        }
        let classes = table.count - 4 - (masks?.columns.count ?? 0)
        var heads: [any Head] = []
        // A body's 17 points follow one class.
        let isBody = table.count == 4 + 1 + 17 * 3 && masks == nil
        if isBody, stated == "pose" || (stated == nil && network.labelCount ?? 1 == 1) {
            heads.append(head(1, pointNumbers: 17 * 3, "bodies of 17 points"))
        }
        let isDetection = stated == nil || stated == (masks != nil ? "segment" : "detect")
        if isDetection, classes > 0, network.labelCount ?? classes == classes {
            let what = masks == nil ? "boxes" : "boxes with masks"
            heads.append(head(classes, pointNumbers: 0, "\(what), \(classes) classes"))
        }
        return heads
    }

    /// X and v6, v3, v5 and v7: centre and size, an objectness, a score for each class.
    private static func objectness(
        _ network: NetworkFacts, _ output: OutputFacts, _ table: OutputColumns, _ count: Int, masks: MaskPrototypes?,
        _ grids: [BoxGrid]?
    ) -> (any Head)? {
        let classes = table.count - 5 - (masks?.columns.count ?? 0)
        guard classes > 0, network.labelCount ?? classes == classes,
            network.statedTask == nil || network.statedTask == (masks != nil ? "segment" : "detect")
        else { return nil }
        // Where nothing is computed behind the last layers but sigmoids, positions are still the grid's.
        let isRaw = output.tail.isDisjoint(with: [.exponential, .arithmetic])
        guard grids != nil || !isRaw else { return nil }
        let activation: ScoreActivation = output.tail.contains(.sigmoid) ? .none : .sigmoid
        var levels: [BoxHead.Level] = []
        if let grids, isRaw {
            var first = 0
            for grid in grids {
                let rows = table.skipping(first)
                levels.append(
                    BoxHead.Level(
                        boxes: [rows.from(0, 4)], scores: rows.from(5, classes), objectness: rows.from(4, 1),
                        maskShares: masks.map { rows.from(5 + classes, $0.columns.count) },
                        count: grid.candidateCount, grid: grid))
                first += grid.candidateCount
            }
        } else {
            levels = [
                BoxHead.Level(
                    boxes: [table.from(0, 4)], scores: table.from(5, classes), objectness: table.from(4, 1),
                    maskShares: masks.map { table.from(5 + classes, $0.columns.count) }, count: count)
            ]
        }
        let (family, places) =
            grids == nil
            ? ("YOLOv5, v7 or v3", "\(count) anchors (three a cell)") : ("YOLOX", "\(count) cells (strides 8, 16, 32)")
        return BoxHead(
            name: "\(family) boxes\(masks == nil ? "" : " with masks"), \(classes) classes",
            reason:
                "\(table.count) numbers of each of \(places)\(isRaw ? ", undecoded" : "")\(masks?.reason ?? "")",
            levels: levels, coding: isRaw ? .cells : .centre, units: .either,
            scores: ScoreRule(activation: activation, objectnessActivation: activation), prototypes: masks,
            suppression: NonMaximumSuppression(overlap: 0.45), threshold: grids == nil ? 0.25 : 0.3,
            classNames: COCO.names(classes),
            makersPictures: grids == nil
                ? "--preset zero-one --fit letterbox" : "--channels bgr --preset bytes --fit letterbox",
            inputWidth: network.input.width, inputHeight: network.input.height)
    }
}
