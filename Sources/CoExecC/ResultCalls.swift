// Results out.

import CCoExec
import CoExec
import Kernels
import Results
import Sessions

/// What a caller's result points to.
final class ResultBox {
    let outputs: [Tensor]
    let strings: StringTable
    let labels: Labels?
    private var memory: [UnsafeMutableRawPointer] = []

    init(_ outputs: [Tensor], _ strings: StringTable, _ labels: Labels?) {
        (self.outputs, self.strings, self.labels) = (outputs, strings, labels)
    }

    deinit { for block in memory { block.deallocate() } }

    /// A copy that lives as long as the result; NULL for none.
    func keep<Element: BitwiseCopyable>(_ elements: [Element]) -> UnsafePointer<Element>? {
        guard !elements.isEmpty else { return nil }
        let block = UnsafeMutablePointer<Element>.allocate(capacity: elements.count)
        block.initialize(from: elements, count: elements.count)
        memory.append(UnsafeMutableRawPointer(block))
        return UnsafePointer(block)
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
        case .dropped(let reason):
            status = coexec_status(COEXEC_DROPPED)
            drop = coexec_drop(reason == .overflow ? COEXEC_OVERFLOW : COEXEC_LATE)
        case .failed(let failure):
            status = coexec_status(COEXEC_ERROR)
            error = kept.keep(Array("\(failure)".utf8CString))
        }
        owner = Unmanaged.passRetained(kept).toOpaque()
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
    guard let box = StreamBox.at(stream), let size = size(of: result), size >= leastResultSize else {
        return coexec_status(COEXEC_INVALID)
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
    let values = kept.outputs[Int(output)].values
    let order: (Int, Int) -> Bool = { values[$0] == values[$1] ? $0 < $1 : values[$0] > values[$1] }
    var best: [Int] = []
    if k <= 32 {
        for index in values.indices where !values[index].isNaN {
            if best.count == Int(k) {
                guard order(index, best[best.count - 1]) else { continue }
                best.removeLast()
            }
            best.insert(index, at: best.firstIndex { order(index, $0) } ?? best.count)
        }
    } else {
        best = Array(values.indices.filter { !values[$0].isNaN }.sorted(by: order).prefix(Int(k)))
    }
    for (place, index) in best.enumerated() {
        classes[place] = coexec_class(
            index: Int32(clamping: index), score: values[index], label: kept.strings.pointer(kept.labels?[index]))
    }
    return Int32(best.count)
}
