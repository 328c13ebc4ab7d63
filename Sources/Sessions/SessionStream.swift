// What a session is, whatever its tags: pictures through a stream of the pool, outputs to findings. Apart from `Session`,
// so that the compiler specialises the stream for its frames here, once.
// Owner: a `Session`, or whoever wraps one for another language. Any thread.

import CoExec
import Devices
import Kernels
import Results
import Synchronization
import System

package final class SessionStream: Sendable {
    package let model: Model
    package let name: String
    package let meaning: ResultMeaning
    package let pool: Pool
    let devices: [SessionDevice]
    /// Among those that the pool has had.
    private let number: Int
    private let stream: FrameStream<SessionFrame, [Tensor]>
    private let recent = Mutex(RecentFigures())
    private let submittedCount = Atomic<Int>(0)
    /// Made when somebody asks for it.
    private let readiness = Mutex<Readiness?>(nil)
    private let hasReadiness = Atomic<Bool>(false)
    /// Tasks that wait for room, and for results.
    private let roomWaits = TaskWaits()
    private let resultWaits = TaskWaits()
    /// Counts them: who waits notices one also when it is off again by then.
    private let interruptions = Atomic<Int>(0)

    init(
        _ model: Model, _ options: SessionOptions, meaning: ResultMeaning, on devices: [SessionDevice], of pool: Pool,
        number: Int
    ) throws {
        (self.model, self.meaning, self.devices, self.pool) = (model, meaning, devices, pool)
        self.number = number
        name = options.name ?? model.name
        let laneCount = devices.reduce(0) { $0 + $1.device.laneCount }
        stream = try FrameStream(
            lending: devices.map(\.device), options: options.streamOptions(laneCount: laneCount), pool: pool.lanes)
    }

    // MARK: In

    /// - Parameter release: called when no lane reads the picture any more, unless it isn't taken.
    package func submit(
        _ image: consuming Image, tag: any Sendable, release: (@Sendable () -> Void)? = nil, waiting nanoseconds: Int?
    ) -> Submission {
        var frame: SessionFrame? = SessionFrame(image, tag: tag, release: release)
        let submission = submit(&frame, waiting: nanoseconds)
        frame?.revoke()
        return submission
    }

    /// - Parameter frame: nil afterwards, unless it wasn't taken.
    private func submit(_ frame: inout SessionFrame?, waiting nanoseconds: Int?) -> Submission {
        // Before anybody can receive it.
        submittedCount.add(1, ordering: .relaxed)
        let submission = stream.submit(&frame, waiting: nanoseconds)
        if submission != .accepted { submittedCount.subtract(1, ordering: .relaxed) }
        return submission
    }

    /// Waits for room as a task does.
    func submit(_ image: consuming Image, tag: any Sendable) async -> Submission {
        var frame: SessionFrame? = SessionFrame(image, tag: tag, release: nil)
        let before = interruptions.load(ordering: .acquiring)
        while !Task.isCancelled, interruptions.load(ordering: .acquiring) == before {
            let submission = submit(&frame, waiting: 0)
            guard submission == .timedOut else { return submission }
            await roomWaits.wait { stream.whenRoom($0) }
        }
        return .interrupted
    }

    package func finish() { stream.finish() }

    // MARK: Out

    package func receive(waiting nanoseconds: Int?) -> SessionReception<any Sendable> {
        let reception = stream.receive(waiting: nanoseconds)
        if hasReadiness.load(ordering: .relaxed) { updateReadiness() }
        switch reception {
        case .delivery(let delivery): return .result(result(of: delivery))
        case .timedOut: return .timedOut
        case .interrupted: return .interrupted
        case .end: return .end
        }
    }

    /// Waits as a task does.
    /// - Returns: nil at the end, and where the task is cancelled or the session interrupted.
    func next() async -> SessionResult<any Sendable>? {
        let before = interruptions.load(ordering: .acquiring)
        while !Task.isCancelled, interruptions.load(ordering: .acquiring) == before {
            switch receive(waiting: 0) {
            case .result(let result): return result
            case .interrupted, .end: return nil
            case .timedOut: await resultWaits.wait { stream.whenReady($0) }
            }
        }
        return nil
    }

    private func result(of delivery: Delivery<SessionFrame, [Tensor]>) -> SessionResult<any Sendable> {
        // A lent frame comes with its delivery, whatever became of it.
        guard let frame = delivery.frame else { preconditionFailure("a delivery without its frame") }
        let outcome: SessionResult<any Sendable>.Outcome
        switch delivery.result {
        case .success(let outputs):
            outcome = self.outcome(outputs, frame)
            recent.withLock { $0.note(latency: delivery.latencyNanoseconds, now: monotonicNanoseconds()) }
        case .failure(let error):
            outcome = (error as? DroppedFrame).map { .dropped($0.reason) } ?? .failed(error)
        }
        return SessionResult(
            sequence: delivery.sequence, tag: frame.tag, outcome: outcome, device: delivery.device,
            serviceNanoseconds: delivery.serviceNanoseconds, latencyNanoseconds: delivery.latencyNanoseconds)
    }

    private func outcome(_ outputs: [Tensor], _ frame: SessionFrame) -> SessionResult<any Sendable>.Outcome {
        do {
            // What heads work with is no more than copies of the outputs.
            let count = meaning.head == nil ? 0 : outputs.reduce(0) { $0 + $1.values.count }
            try ProcessMemory.check(bytes: 2 * MemoryLayout<Float>.stride * count)
        } catch {
            return .failed(error)
        }
        let found = meaning.result(of: outputs, frameWidth: frame.width, frameHeight: frame.height)
        return .finding(Finding(found, meaning.labels), outputs: outputs)
    }

    /// Polls as readable while `receive` wouldn't wait; −1 where the system has none to give.
    package var descriptor: Int32 {
        let made = readiness.withLock { readiness in
            readiness = readiness ?? Readiness(
                isReady: { [weak self] in self?.stream.isReady ?? true },
                whenReady: { [weak self] call in self?.stream.whenReady(call) })
            hasReadiness.store(true, ordering: .relaxed)
            return readiness!
        }
        made.update()
        return made.descriptor
    }

    private func updateReadiness() { readiness.withLock { $0 }?.update() }

    // MARK: Control

    package func interrupt(_ isOn: Bool) {
        if isOn { interruptions.add(1, ordering: .releasing) }
        stream.interrupt(isOn)
        updateReadiness()
    }

    package func flush() -> Int {
        defer { updateReadiness() }
        return stream.flush()
    }

    package func configure(_ options: SessionOptions) throws {
        try stream.configure(options.streamOptions(laneCount: devices.reduce(0) { $0 + $1.device.laneCount }))
    }

    package func close() {
        stream.flush()
        stream.cancel()
        // What a thread that was just submitting has left.
        stream.flush()
        pool.forget(self)
        updateReadiness()
    }

    /// Lets it end by itself.
    func abandon() { pool.forget(self) }

    // MARK: What happened

    package func report() -> SessionReport {
        SessionReport(
            number: number, name: name, submitted: submittedCount.load(ordering: .relaxed), stream.report(), recent.withLock { $0 },
            serviceNanoseconds: stream.expectedServiceNanoseconds,
            devices: devices.map { device in
                DeviceFigures(
                    name: device.device.name, description: device.description, lanes: device.device.laneCount,
                    isEmulated: device.isEmulated)
            })
    }

    /// In the order of a result's outputs.
    package var outputNames: [String] { model.opened.network.outputs.map { model.opened.network.nodes[$0].name } }

    package var summary: String {
        let what = meaning.head.map { "\($0.name) (\($0.reason))" } ?? "outputs as they are"
        let names = meaning.labelsOrigin.map { "; names: \($0)" } ?? ""
        let notes = [meaning.note.map { "\($0)" }, meaning.labelsNote].compactMap(\.self)
        return what + names + notes.map { "; \($0)" }.joined()
    }
}

/// A pool's device with a session's model on it.
struct SessionDevice: Sendable {
    let device: NetworkDevice<SessionFrame>
    let description: String
    let isEmulated: Bool
}
