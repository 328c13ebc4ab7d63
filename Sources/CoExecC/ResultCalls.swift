// Results out.

import CCoExec
import CoExec
import Glibc
import Kernels
import Results
import Sessions

/// What a caller's result points to.
final class ResultBox {
    let outputs: [Tensor]
    let strings: StringTable
    let labels: Labels?
    private var memory: [UnsafeMutableRawPointer] = []
    /// Whether there was no memory for something.
    private(set) var isIncomplete = false

    init(_ outputs: [Tensor], _ strings: StringTable, _ labels: Labels?) {
        (self.outputs, self.strings, self.labels) = (outputs, strings, labels)
    }

    deinit { for block in memory { free(block) } }

    /// A copy that lives as long as the result; NULL for none, and where there is no memory.
    func keep<Element: BitwiseCopyable>(_ elements: [Element]) -> UnsafePointer<Element>? {
        guard !elements.isEmpty else { return nil }
        guard let block = malloc(elements.count * MemoryLayout<Element>.stride) else {
            isIncomplete = true
            return nil
        }
        memory.append(block)
        let copy = block.bindMemory(to: Element.self, capacity: elements.count)
        copy.initialize(from: elements, count: elements.count)
        return UnsafePointer(copy)
    }

    /// The outputs where they are: an array's storage stays in place while nobody changes it, and nobody does.
    func tensors(_ names: [String]) -> UnsafePointer<coexec_tensor>? {
        keep(
            outputs.enumerated().map { index, tensor in
                var output = coexec_tensor()
                output.rank = UInt32(tensor.shape.extents.count)
                output.extents = keep(tensor.shape.extents.map(Int64.init))
                output.values = tensor.values.withUnsafeBufferPointer(\.baseAddress)
                output.count = tensor.values.count
                output.name = names.indices.contains(index) ? strings.pointer(names[index]) : nil
                return output
            })
    }

    func make(_ kind: Finding.Class) -> coexec_class {
        coexec_class(index: Int32(clamping: kind.index), score: kind.score, label: strings.pointer(kind.label))
    }

    func make(_ point: Finding.Point) -> coexec_point { coexec_point(x: point.x, y: point.y, score: point.score ?? -1) }

    func make(_ box: Finding.Box) -> coexec_box {
        coexec_box(
            x: box.x, y: box.y, width: box.width, height: box.height, score: box.kind.score,
            index: Int32(clamping: box.kind.index), label: strings.pointer(box.kind.label),
            points: keep(box.points.map(make)), point_count: box.points.count)
    }
}

extension coexec_result {
    fileprivate init(_ result: SessionResult<any Sendable>, of box: StreamBox) {
        self.init()
        sequence = Int64(result.sequence)
        // Only `coexec_submit` gives tags.
        let tag = result.tag as! PictureTag
        (pts, user) = (tag.pts, tag.user)
        device_index = Int32(result.device.flatMap { box.deviceNames.firstIndex(of: $0) } ?? -1)
        device = box.strings.pointer(result.device)
        (service, latency) = (Int64(result.serviceNanoseconds), Int64(result.latencyNanoseconds))
        let kept = ResultBox(result.outputs, box.strings, box.stream.meaning.labels)
        switch result.outcome {
        case .finding(let finding, _):
            status = coexec_status(COEXEC_OK)
            outputs = kept.tensors(box.stream.outputNames)
            output_count = kept.outputs.count
            set(finding, kept)
            if kept.isIncomplete { leaveOnlyError() }
        case .dropped(let reason):
            status = coexec_status(COEXEC_DROPPED)
            drop = coexec_drop(reason == .overflow ? COEXEC_OVERFLOW : COEXEC_LATE)
        case .failed(let failure):
            status = coexec_status(COEXEC_ERROR)
            error = kept.keep(Array("\(failure)".utf8CString))
        }
        owner = Unmanaged.passRetained(kept).toOpaque()
    }

    /// There was no memory for the rest.
    private mutating func leaveOnlyError() {
        var failed = coexec_result()
        (failed.sequence, failed.pts, failed.user, failed.device, failed.device_index) =
            (sequence, pts, user, device, device_index)
        (failed.service, failed.latency) = (service, latency)
        failed.status = coexec_status(COEXEC_ERROR)
        let text: StaticString = "there is no memory for the result"
        failed.error = UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
        self = failed
    }

    private mutating func set(_ finding: Finding, _ kept: ResultBox) {
        switch finding {
        case .classes(let found, let areProbabilities):
            kind = coexec_kind(COEXEC_CLASSES)
            are_probabilities = areProbabilities ? 1 : 0
            (classes, class_count) = (kept.keep(found.map(kept.make)), found.count)
        case .boxes(let found):
            kind = coexec_kind(COEXEC_BOXES)
            (boxes, box_count) = (kept.keep(found.map { kept.make($0) }), found.count)
        case .segments(let found):
            kind = coexec_kind(COEXEC_SEGMENTS)
            are_probabilities = 1
            (classes, class_count) = (kept.keep(found.shares.map(kept.make)), found.shares.count)
            (map.width, map.height) = (Int32(found.width), Int32(found.height))
            map.classes = kept.keep(found.classes)
            (map.x, map.y) = (Int32(found.area.x), Int32(found.area.y))
            (map.area_width, map.area_height) = (Int32(found.area.width), Int32(found.area.height))
        case .keypoints(let found):
            kind = coexec_kind(COEXEC_KEYPOINTS)
            (points, point_count) = (kept.keep(found.map { kept.make($0) }), found.count)
        case .outputs: kind = coexec_kind(COEXEC_TENSORS)
        }
    }
}

/// A result must have room for what it is cleared by.
private let leastResultSize = MemoryLayout<coexec_result>.offset(of: \.owner)! + MemoryLayout<UnsafeRawPointer>.size

#if compiler(>=6.3)
@c @implementation
#else
@_cdecl("coexec_receive")
#endif
public func coexec_receive(
    _ stream: OpaquePointer?, _ result: UnsafeMutablePointer<coexec_result>?, _ timeout: Int64
) -> coexec_status {
    guard let box = StreamBox.at(stream) else { return refuse(Refusal.noStream) }
    guard let size = size(of: result), size >= leastResultSize else {
        return refuse(Refusal("no result is given, or its struct_size is less than \(leastResultSize)"))
    }
    // For who clears it whatever the status is.
    _ = write(coexec_result(), to: result)
    switch box.stream.receive(waiting: limit(timeout)) {
    case .result(let received):
        _ = write(coexec_result(received, of: box), to: result)
        return coexec_status(COEXEC_OK)
    case .timedOut: return coexec_status(COEXEC_TIMEOUT)
    case .interrupted: return coexec_status(COEXEC_INTERRUPTED)
    case .end: return coexec_status(COEXEC_END)
    }
}

#if compiler(>=6.3)
@c @implementation
#else
@_cdecl("coexec_result_clear")
#endif
public func coexec_result_clear(_ result: UnsafeMutablePointer<coexec_result>?) {
    guard let size = size(of: result), size >= leastResultSize else { return }
    if let owner = result!.pointee.owner { Unmanaged<ResultBox>.fromOpaque(owner).release() }
    _ = write(coexec_result(), to: result)
}

#if compiler(>=6.3)
@c @implementation
#else
@_cdecl("coexec_top")
#endif
public func coexec_top(
    _ result: UnsafePointer<coexec_result>?, _ output: Int32, _ k: Int32, _ classes: UnsafeMutablePointer<coexec_class>?
) -> Int32 {
    guard let result, let classes, size(of: UnsafeMutablePointer(mutating: result)) ?? 0 >= leastResultSize,
        let owner = result.pointee.owner
    else { return 0 }
    let kept = Unmanaged<ResultBox>.fromOpaque(owner).takeUnretainedValue()
    guard kept.outputs.indices.contains(Int(output)), k > 0 else { return 0 }
    let found = kept.outputs[Int(output)].values.withUnsafeBufferPointer { writeTop($0, Int(k), classes) }
    for place in 0..<found { classes[place].label = kept.strings.pointer(kept.labels?[Int(classes[place].index)]) }
    return Int32(found)
}

/// In the caller's memory alone: a heap of the best so far, the worst of them first, sorted at the end.
/// - Returns: how many there are.
private func writeTop(_ values: UnsafeBufferPointer<Float>, _ k: Int, _ best: UnsafeMutablePointer<coexec_class>) -> Int {
    func isBetter(_ a: coexec_class, _ b: coexec_class) -> Bool {
        a.score == b.score ? a.index < b.index : a.score > b.score
    }
    /// Puts one in its place below others of a heap of so many.
    func sink(_ place: Int, _ count: Int) {
        var place = place
        while true {
            var worst = place
            for child in [2 * place + 1, 2 * place + 2] where child < count {
                if isBetter(best[worst], best[child]) { worst = child }
            }
            if worst == place { return }
            (best[place], best[worst]) = (best[worst], best[place])
            place = worst
        }
    }
    var count = 0
    for (index, value) in values.enumerated() where !value.isNaN {
        let new = coexec_class(index: Int32(clamping: index), score: value, label: nil)
        if count < k {
            best[count] = new
            count += 1
            if count == k { for place in (0..<count / 2).reversed() { sink(place, count) } }
        } else if isBetter(new, best[0]) {
            best[0] = new
            sink(0, count)
        }
    }
    if count < k { for place in (0..<count / 2).reversed() { sink(place, count) } }
    // The worst goes to the end, then the next.
    for end in (0..<count).reversed() {
        (best[0], best[end]) = (best[end], best[0])
        sink(0, end)
    }
    return count
}
