// Streams: opened, closed, controlled.

import CCoExec
import CoExec
import Kernels
import Sessions
import Synchronization

/// What a `coexec_stream` is.
final class StreamBox: Sendable {
    let stream: SessionStream
    let strings = StringTable()
    let deviceNames: [String]
    /// nil for a pool of the stream's own.
    private let pool: PoolBox?

    init(_ stream: SessionStream, of pool: PoolBox?) {
        (self.stream, self.pool) = (stream, pool)
        deviceNames = stream.report().devices.map(\.name)
        pool?.opened()
    }

    func close() {
        stream.close()
        pool?.closed()
    }

    static func at(_ stream: OpaquePointer?) -> StreamBox? {
        stream.map { Unmanaged<StreamBox>.fromOpaque(UnsafeRawPointer($0)).takeUnretainedValue() }
    }

    /// - Throws: `Refusal` of NULL.
    static func given(_ stream: OpaquePointer?) throws -> StreamBox {
        guard let box = at(stream) else { throw Refusal.noStream }
        return box
    }
}

extension SessionOptions {
    /// - Throws: `Refusal`.
    init(_ options: coexec_stream_options) throws {
        self.init()
        name = String(options.name)
        devices = String(options.devices).map { list in
            list.split(separator: ",").map { name in String(name.drop { $0 == " " }.prefix { $0 != " " }) }
        }
        precision = String(options.precision)
        try setChangeable(options)
        if let text = String(options.task) {
            guard let task = ResultOptions.Task(rawValue: text) else {
                let tasks = ResultOptions.Task.allCases.map(\.rawValue).joined(separator: ", ")
                throw Refusal("there is no task '\(text)' (there are \(tasks))")
            }
            results.task = task
        }
        results.head = String(options.head)
        if options.threshold != 0 { results.threshold = options.threshold }
        if options.top != 0 { results.top = Int(options.top) }
    }

    /// What can change while a stream runs.
    mutating func setChangeable(_ options: coexec_stream_options) throws {
        switch Int(options.admission) {
        case Int(COEXEC_WAIT): admission = .wait
        case Int(COEXEC_DROP_OLDEST): admission = .dropOldest
        case Int(COEXEC_DROP_NEWEST): admission = .dropNewest
        default: throw Refusal("there is no admission \(options.admission)")
        }
        guard (-100...100).contains(options.priority) else {
            throw Refusal("a priority is from -100 to 100, not \(options.priority)")
        }
        guard options.deadline >= 0 else { throw Refusal("a deadline of \(options.deadline) ns") }
        window = options.window == 0 ? nil : Int(options.window)
        priority = Int(options.priority)
        weight = options.weight == 0 ? 1 : Double(options.weight)
        greatestBusyLaneCount = options.max_lanes == 0 ? nil : Int(options.max_lanes)
        deadlineNanoseconds = options.deadline == 0 ? nil : Int(options.deadline)
    }
}

extension Model {
    /// - Throws: `Refusal`, or what the model's initialisers throw.
    fileprivate convenience init(_ options: coexec_stream_options) throws {
        let labels = String(options.labels)
        var pictures = PictureTexts()
        (pictures.size, pictures.channels) = (String(options.size), String(options.channels))
        (pictures.fit, pictures.preset) = (String(options.fit), String(options.preset))
        (pictures.mean, pictures.scale) = (String(options.mean), String(options.scale))
        pictures.resample = String(options.resample)
        switch (String(options.model), String(options.builtin)) {
        case (let file?, nil): try self.init(file: file, labels: labels, pictures: pictures)
        case (nil, let name?): try self.init(builtIn: name, labels: labels)
        case (nil, nil): throw Refusal("neither model nor builtin is given")
        default: throw Refusal("both model and builtin are given")
        }
    }
}

#if compiler(>=6.3)
@c @implementation
#else
@_cdecl("coexec_stream_open")
#endif
public func coexec_stream_open(
    _ pool: OpaquePointer?, _ options: UnsafePointer<coexec_stream_options>?,
    _ stream: UnsafeMutablePointer<OpaquePointer?>?, _ message: UnsafeMutablePointer<CChar>?, _ message_size: Int
) -> coexec_status {
    write("", to: message, size: message_size)
    do {
        guard let stream else { throw Refusal("no place for the stream is given") }
        stream.pointee = nil
        guard let given = read(options) else { throw Refusal("no options are given, or their struct_size isn't set") }
        let shared = pool.map { Unmanaged<PoolBox>.fromOpaque(UnsafeRawPointer($0)).takeUnretainedValue() }
        let box = try shared ?? PoolBox(coexec_pool_options())
        let sessionOptions = try SessionOptions(given)
        let opened = try box.measuring {
            try box.pool.openStream(box.model(given) { try Model(given) }, sessionOptions)
        }
        guard let opened else { return coexec_status(COEXEC_INTERRUPTED) }
        stream.pointee = OpaquePointer(Unmanaged.passRetained(StreamBox(opened, of: shared)).toOpaque())
        return coexec_status(COEXEC_OK)
    } catch {
        return refuse(error, message, message_size)
    }
}

#if compiler(>=6.3)
@c @implementation
#else
@_cdecl("coexec_close")
#endif
public func coexec_close(_ stream: OpaquePointer?) {
    guard let stream else { return }
    Unmanaged<StreamBox>.fromOpaque(UnsafeRawPointer(stream)).takeRetainedValue().close()
}

#if compiler(>=6.3)
@c @implementation
#else
@_cdecl("coexec_finish")
#endif
public func coexec_finish(_ stream: OpaquePointer?) -> coexec_status {
    answer {
        try StreamBox.given(stream).stream.finish()
        return coexec_status(COEXEC_OK)
    }
}

#if compiler(>=6.3)
@c @implementation
#else
@_cdecl("coexec_interrupt")
#endif
public func coexec_interrupt(_ stream: OpaquePointer?, _ on: Int32) { StreamBox.at(stream)?.stream.interrupt(on != 0) }

#if compiler(>=6.3)
@c @implementation
#else
@_cdecl("coexec_flush")
#endif
public func coexec_flush(_ stream: OpaquePointer?) -> Int64 { Int64(StreamBox.at(stream)?.stream.flush() ?? 0) }

#if compiler(>=6.3)
@c @implementation
#else
@_cdecl("coexec_configure")
#endif
public func coexec_configure(
    _ stream: OpaquePointer?, _ options: UnsafePointer<coexec_stream_options>?
) -> coexec_status {
    answer {
        let box = try StreamBox.given(stream)
        guard let given = read(options) else { throw Refusal("no options are given, or their struct_size isn't set") }
        var changed = SessionOptions()
        try changed.setChangeable(given)
        try box.stream.configure(changed)
        return coexec_status(COEXEC_OK)
    }
}

#if compiler(>=6.3)
@c @implementation
#else
@_cdecl("coexec_descriptor")
#endif
public func coexec_descriptor(_ stream: OpaquePointer?) -> Int32 { StreamBox.at(stream)?.stream.descriptor ?? -1 }
