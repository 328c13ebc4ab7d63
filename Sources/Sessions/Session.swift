// One stream of pictures through one model. Owner: the application. Any thread may do anything with it.

import CoExec
import Kernels
import Synchronization

/// Pictures in, results out, in order; made by `Pool.open`. Ends when it is let go.
///
/// ```swift
/// func watch(_ camera: AsyncStream<Image>) async throws {
///     let session = try Pool().open(Model(file: "yolov8n.onnx"), .live)
///     async let reading: Void = {
///         for await image in camera { await session.submit(image) }
///         session.finish()
///     }()
///     for await result in session.results {
///         if case .boxes(let boxes) = result.finding { print(result.sequence, boxes) }
///     }
///     await reading
/// }
/// ```
public final class Session<Tag: Sendable>: Sendable {
    let stream: SessionStream

    init(_ stream: SessionStream) { self.stream = stream }

    deinit { stream.abandon() }

    // MARK: In

    /// Hands a picture in. Where there is no room it waits, or drops one, as the options say.
    /// - Parameters:
    ///   - image: the session lets its owner go as soon as no device needs the pixels, before the result can be received;
    ///     only where a lane hangs with it, or another device was faster, later. Copies that the caller keeps are its own.
    ///   - tag: given back with the result.
    ///   - nanoseconds: how long to wait for room; nil: for ever.
    @discardableResult
    public func submit(_ image: consuming Image, tag: Tag, waiting nanoseconds: Int? = nil) -> Submission {
        stream.submit(image, tag: tag, waiting: nanoseconds)
    }

    /// The same for tasks: one that waits for room holds no thread. Pictures of several tasks come in any order.
    /// - Returns: `.interrupted` also where the task is cancelled; the picture is not taken then.
    @discardableResult
    public func submit(_ image: consuming Image, tag: Tag) async -> Submission { await stream.submit(image, tag: tag) }

    /// No picture follows: results end after the last.
    public func finish() { stream.finish() }

    // MARK: Out

    /// The next result in order.
    /// - Parameter nanoseconds: how long to wait for it; nil: for ever.
    public func receive(waiting nanoseconds: Int? = nil) -> SessionReception<Tag> {
        switch stream.receive(waiting: nanoseconds) {
        case .result(let result): .result(result.tagged())
        case .timedOut: .timedOut
        case .interrupted: .interrupted
        case .end: .end
        }
    }

    /// The results to come, in order; they end after `finish`, when the session is interrupted, or when the task is
    /// cancelled. Several iterations share the results among them.
    public var results: SessionResults<Tag> { SessionResults(session: self) }

    // MARK: Control

    /// Has calls that wait return at once, and later ones as well, until it is switched off.
    public func interrupt(_ isOn: Bool) { stream.interrupt(isOn) }

    /// Forgets all that was submitted and not received; the session goes on, also after `finish`.
    /// - Returns: how many pictures were forgotten.
    @discardableResult
    public func flush() -> Int { stream.flush() }

    /// Changes the window, admission, deadline, priority, weight and number of busy lanes; the rest stays.
    /// - Throws: `StreamConfigurationError`; nothing has changed then.
    public func configure(_ options: SessionOptions) throws { try stream.configure(options) }

    /// Drops what is in flight and waits for the lanes that are at its pictures. Calls that wait return; later ones find
    /// the end.
    public func close() { stream.close() }

    // MARK: What happened

    public func report() -> SessionReport { stream.report() }

    /// What was recognised in the model's outputs, and by what.
    public var summary: String { stream.summary }
}

extension Session where Tag == Int {
    /// A picture that needs no tag: it gets 0.
    @discardableResult
    public func submit(_ image: consuming Image, waiting nanoseconds: Int? = nil) -> Submission {
        submit(image, tag: 0, waiting: nanoseconds)
    }

    /// The same for tasks.
    @discardableResult
    public func submit(_ image: consuming Image) async -> Submission { await submit(image, tag: 0) }
}

/// What a session has for whoever asks.
public enum SessionReception<Tag: Sendable>: Sendable {
    case result(SessionResult<Tag>)
    /// Nothing came in time.
    case timedOut
    /// `Session.interrupt` is on.
    case interrupted
    /// After the last result, or the session was closed.
    case end
}

extension SessionResult where Tag == any Sendable {
    func tagged<Own>() -> SessionResult<Own> {
        let outcome: SessionResult<Own>.Outcome =
            switch outcome {
            case .finding(let finding, let outputs): .finding(finding, outputs: outputs)
            case .dropped(let reason): .dropped(reason)
            case .failed(let error): .failed(error)
            }
        // Only `Session.submit` gives tags.
        return SessionResult<Own>(
            sequence: sequence, tag: tag as! Own, outcome: outcome, device: device,
            serviceNanoseconds: serviceNanoseconds, latencyNanoseconds: latencyNanoseconds)
    }
}
