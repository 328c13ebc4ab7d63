// What happened, and what a stream's model is.

import CCoExec
import Results
import Sessions

#if compiler(>=6.3)
@c @implementation
#else
@_cdecl("coexec_report")
#endif
public func coexec_report(
    _ stream: OpaquePointer?, _ report: UnsafeMutablePointer<coexec_stream_report>?
) -> coexec_status {
    guard let box = StreamBox.at(stream) else { return refuse(Refusal.noStream) }
    let figures = box.stream.report()
    var filled = coexec_stream_report()
    filled.device_count = Int32(figures.devices.count)
    (filled.submitted, filled.received) = (Int64(figures.submitted), Int64(figures.received))
    (filled.dropped, filled.failed) = (Int64(figures.dropped), Int64(figures.failed))
    filled.in_flight = Int64(figures.inFlight)
    filled.latency_p50 = Int64(figures.latencyP50Nanoseconds)
    filled.latency_p99 = Int64(figures.latencyP99Nanoseconds)
    filled.expected_latency = Int64(figures.expectedLatencyNanoseconds)
    filled.rate = figures.framesPerSecond
    return write(filled, to: report) ? coexec_status(COEXEC_OK) : refuse(Refusal.noRoom("report"))
}

#if compiler(>=6.3)
@c @implementation
#else
@_cdecl("coexec_report_device")
#endif
public func coexec_report_device(
    _ stream: OpaquePointer?, _ device: Int32, _ report: UnsafeMutablePointer<coexec_device_report>?
) -> coexec_status {
    guard let box = StreamBox.at(stream) else { return refuse(Refusal.noStream) }
    let devices = box.stream.report().devices
    guard devices.indices.contains(Int(device)) else {
        return refuse(Refusal("there is no device \(device): the stream has \(devices.count)"))
    }
    let figures = devices[Int(device)]
    let busy = box.stream.pool.report().devices.first { $0.name == figures.name }?.busyShare ?? 0
    var filled = coexec_device_report()
    filled.lanes = Int32(figures.lanes)
    filled.name = box.strings.pointer(figures.name)
    filled.description = box.strings.pointer(figures.description)
    (filled.frames, filled.failures) = (Int64(figures.frames), Int64(figures.failures))
    filled.service_p50 = Int64(figures.serviceP50Nanoseconds)
    filled.busy = busy
    (filled.is_set_aside, filled.is_emulated) = (figures.isSetAside ? 1 : 0, figures.isEmulated ? 1 : 0)
    return write(filled, to: report) ? coexec_status(COEXEC_OK) : refuse(Refusal.noRoom("report"))
}

#if compiler(>=6.3)
@c @implementation
#else
@_cdecl("coexec_model")
#endif
public func coexec_model(_ stream: OpaquePointer?, _ info: UnsafeMutablePointer<coexec_model_info>?) -> coexec_status {
    guard let box = StreamBox.at(stream) else { return refuse(Refusal.noStream) }
    let (model, meaning) = (box.stream.model, box.stream.meaning)
    var filled = coexec_model_info()
    (filled.width, filled.height) = (Int32(model.size.width), Int32(model.size.height))
    filled.outputs = Int32(box.stream.outputNames.count)
    filled.classes = Int32(meaning.head?.classCount ?? meaning.labels?.count ?? 0)
    let kind =
        switch meaning.head?.task {
        case .classify: COEXEC_CLASSES
        case .detect: COEXEC_BOXES
        case .segment: COEXEC_SEGMENTS
        case .keypoints: COEXEC_KEYPOINTS
        case nil: COEXEC_TENSORS
        }
    filled.kind = coexec_kind(kind)
    filled.name = box.strings.pointer(model.name)
    filled.pictures = box.strings.pointer(model.pictures)
    filled.results = box.strings.pointer(box.stream.summary)
    return write(filled, to: info) ? coexec_status(COEXEC_OK) : refuse(Refusal.noRoom("place for the model"))
}
