// Pools.

import CCoExec
import CoExec
import Kernels
import Sessions
import Synchronization

/// What a `coexec_pool` is.
final class PoolBox: Sendable {
    let pool: Pool
    private let openStreams = Atomic<Int>(0)
    /// Models that streams have, by what was asked for: so weights are in memory once.
    private let models = Mutex<[String: OpenModel]>([:])
    private struct OpenModel {
        weak var model: Model?
    }
    /// Held while a stream is opened.
    private let opening = Lock()
    private let asking: Asking

    /// Whether the caller is to be asked, and has said to give up: only while one of its calls opens a stream.
    final class Asking: Sendable {
        let isOn = Atomic<Bool>(false)
        let gaveUp = Atomic<Bool>(false)
    }

    init(_ options: coexec_pool_options) throws {
        let asking = Asking()
        self.asking = asking
        pool = try Pool(
            devices: String(options.devices), hostCPUs: String(options.host_cpus), tuning: Tuning(options, asking))
    }

    /// Runs a call that may measure.
    /// - Returns: nil where the caller said to give up meanwhile.
    func measuring<Result>(_ body: () throws -> Result) rethrows -> Result? {
        try opening.withLock {
            asking.gaveUp.store(false, ordering: .relaxed)
            asking.isOn.store(true, ordering: .relaxed)
            defer { asking.isOn.store(false, ordering: .relaxed) }
            let result = try body()
            return asking.gaveUp.load(ordering: .relaxed) ? nil : result
        }
    }

    /// A model that another stream has open, or a new one.
    func model(_ options: coexec_stream_options, _ make: () throws -> Model) throws -> Model {
        let texts = [
            options.model, options.builtin, options.labels, options.size, options.channels, options.mean, options.scale,
            options.preset, options.fit, options.resample,
        ]
        let key = texts.map { String($0) ?? "" }.joined(separator: "\u{0}")
        if let known = models.withLock({ $0[key]?.model }) { return known }
        let model = try make()
        models.withLock { models in
            models = models.filter { $0.value.model != nil }
            models[key] = OpenModel(model: model)
        }
        return model
    }

    func opened() { openStreams.add(1, ordering: .relaxed) }
    func closed() { openStreams.subtract(1, ordering: .relaxed) }
    var hasStreams: Bool { openStreams.load(ordering: .relaxed) > 0 }
}

/// A caller's functions, and what they are given.
private struct Callbacks: @unchecked Sendable {  // the caller says that any thread may call them
    let options: coexec_pool_options
}

extension Tuning {
    fileprivate init(_ options: coexec_pool_options, _ asking: PoolBox.Asking) {
        guard options.flags & COEXEC_NO_TUNING == 0 else {
            self = .off
            return
        }
        let callbacks = Callbacks(options: options)
        let folder = String(options.cache_folder)
        self.init(
            options.flags & COEXEC_TUNE_WHILE_RUNNING != 0 ? .whileRunning : .remembered,
            cache: folder.map { TuningCache(folder: $0) } ?? .standard,
            progress: { line in
                guard asking.isOn.load(ordering: .relaxed), let progress = callbacks.options.progress else { return }
                line.withCString { progress(callbacks.options.user, $0) }
            },
            isInterrupted: {
                guard asking.isOn.load(ordering: .relaxed), let isInterrupted = callbacks.options.is_interrupted,
                    isInterrupted(callbacks.options.user) != 0
                else { return false }
                asking.gaveUp.store(true, ordering: .relaxed)
                return true
            })
    }
}

#if compiler(>=6.3)
@c @implementation
#else
@_cdecl("coexec_pool_open")
#endif
public func coexec_pool_open(
    _ options: UnsafePointer<coexec_pool_options>?, _ pool: UnsafeMutablePointer<OpaquePointer?>?,
    _ message: UnsafeMutablePointer<CChar>?, _ message_size: Int
) -> coexec_status {
    write("", to: message, size: message_size)
    do {
        guard let pool else { throw Refusal("no place for the pool is given") }
        pool.pointee = nil
        guard let given = options == nil ? coexec_pool_options() : read(options) else {
            throw Refusal("struct_size isn't set")
        }
        pool.pointee = OpaquePointer(Unmanaged.passRetained(try PoolBox(given)).toOpaque())
        return coexec_status(COEXEC_OK)
    } catch {
        return refuse(error, message, message_size)
    }
}

#if compiler(>=6.3)
@c @implementation
#else
@_cdecl("coexec_pool_close")
#endif
public func coexec_pool_close(_ pool: OpaquePointer?) -> coexec_status {
    guard let pool else { return coexec_status(COEXEC_OK) }
    let box = Unmanaged<PoolBox>.fromOpaque(UnsafeRawPointer(pool))
    guard !box.takeUnretainedValue().hasStreams else { return refuse(Refusal("the pool has streams that are open")) }
    box.release()
    return coexec_status(COEXEC_OK)
}

#if compiler(>=6.3)
@c @implementation
#else
@_cdecl("coexec_pool_report")
#endif
public func coexec_pool_report(
    _ pool: OpaquePointer?, _ format: coexec_text_format, _ text: UnsafeMutablePointer<CChar>?, _ text_size: Int
) -> Int {
    guard let pool else { return 0 }
    let report = Unmanaged<PoolBox>.fromOpaque(UnsafeRawPointer(pool)).takeUnretainedValue().pool.report()
    let whole: String
    switch Int(format) {
    case Int(COEXEC_JSON): whole = report.json
    case Int(COEXEC_PROMETHEUS): whole = report.prometheus
    default: return 0
    }
    write(whole, to: text, size: text_size)
    return whole.utf8.count
}
