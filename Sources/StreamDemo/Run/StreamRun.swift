// One stream of `run`: an input through a network to lines. Made and asked by the command's thread; in between, the
// thread that runs it has it alone.

import CoExec
import Devices
import Kernels
import Media
import Synchronization

/// A stream that runs, or has run.
final class StreamRun: @unchecked Sendable {  // handed from thread to thread, as the head comment says
    let plan: StreamPlan
    let devices: [NetworkDevice<NumberedFrame>]
    let stream: FrameStream<NumberedFrame, [Tensor]>
    private let frames: NumberedFrames
    private(set) var firstFrameError: FrameError?
    /// What broke the stream off.
    private(set) var failure: (any Error)?

    /// - Parameter pool: whose lanes it shares; nil for some of its own.
    init(
        _ plan: StreamPlan, on devices: [NetworkDevice<NumberedFrame>], pool: DevicePool? = nil, isStrict: Bool
    ) throws {
        (self.plan, self.devices) = (plan, devices)
        stream = try FrameStream(devices: devices, options: plan.options, pool: pool)
        frames = NumberedFrames(plan.source, isStrict: isStrict)
    }

    var notes: [String] { (plan.labelsNote.map { [$0] } ?? []) + frames.notes }
    var sourceNotes: [String] { frames.notes }
    var damagedCount: Int { frames.damagedCount }
    var damage: DamagedFramesError? { frames.failure }

    /// Runs it to its end; results go to `lines` in order, on the calling thread.
    func run(_ lines: ResultLines) {
        let expected = plan.source.expectedFrameCount
        var nextNumber = 0
        do {
            try stream.run(source: { [frames] in try frames.next() }) { delivery in
                // A source that waits for a pipe must not hold up the end of a run that failed.
                var isDone = false
                defer { if !isDone { Interrupt.request() } }
                // A frame that was dropped without a place of its own has the next one.
                try writeDamaged(from: &nextNumber, to: lines)
                let number = nextNumber
                nextNumber += 1
                note(delivery, number)
                try lines.write(line(delivery, number))
                lines.show(plan.name) { Self.progressLine(nextNumber, of: expected, self.stream.report()) }
                isDone = true
            }
            try writeDamaged(from: &nextNumber, to: lines)
        } catch {
            failure = error
        }
    }

    /// A frame's line; its outputs are in files then, if they are to be.
    private func line(_ delivery: Delivery<NumberedFrame, [Tensor]>, _ number: Int) throws -> ResultLine {
        var files: [String]?
        if let folder = plan.results.tensors, case .success(let outputs) = delivery.result {
            files = try folder.write(outputs, frame: number)
        }
        return ResultLine(
            delivery, number: number, network: plan.network, labels: plan.labels, topCount: plan.results.topCount,
            tensors: files, stream: plan.name)
    }

    /// The lines of damaged frames that come next, and past them.
    private func writeDamaged(from number: inout Int, to lines: ResultLines) throws {
        for damaged in frames.takeDamaged(from: number) {
            try lines.write(DamageLine(damaged, stream: plan.name))
            number += 1
        }
    }

    /// Keeps the first error. What was dropped on purpose is none.
    private func note(_ delivery: Delivery<NumberedFrame, [Tensor]>, _ number: Int) {
        guard firstFrameError == nil, case .failure(let error) = delivery.result, !(error is DroppedFrame) else {
            return
        }
        firstFrameError = FrameError(
            stream: plan.name, frame: number, device: delivery.device, underlying: error)
    }

    private static func progressLine(_ done: Int, of expected: Int?, _ report: StreamReport) -> String {
        let count = expected.map { "\(done)/\($0)" } ?? "\(done)"
        let shares = zip(report.devices, report.composition).map { "\($0.name) \($1.formatted(digits: 0)) %" }
        return "\(count) frames  \(report.framesPerSecond.formatted(digits: 1)) frames/s  "
            + shares.joined(separator: ", ")
    }
}

/// Where the lines of all streams go, and the progress. Any thread.
final class ResultLines: Sendable {
    private struct State {
        var file: OutputFile?
        var progress = Progress()
    }
    private let state: Mutex<State>

    /// - Parameter file: nil for none. Nobody else writes to it.
    init(_ file: sending OutputFile?) { state = Mutex(State(file: file)) }

    func write(_ line: some Encodable) throws {
        try state.withLock { state in
            guard let file = state.file else { return }
            try file.writeLine(JSON.line(line))
        }
    }

    /// - Parameter stream: which of several.
    func show(_ stream: String?, _ line: () -> String) {
        state.withLock { state in state.progress.show((stream.map { "\($0): " } ?? "") + line()) }
    }

    func clear() { state.withLock { $0.progress.clear() } }
}

extension FrameSource {
    /// The next frame; the end of the stream once the user has interrupted, also where that broke off a read.
    func nextUnlessInterrupted() throws -> VideoFrame? {
        guard !Interrupt.isRequested else { return nil }
        do {
            return try next()
        } catch {
            if Interrupt.isRequested { return nil }
            throw error
        }
    }
}

/// A frame that no device could run; the stream went on, so the whole run reports the first one.
struct FrameError: Error, CustomStringConvertible {
    var stream: String?
    let frame: Int
    let device: String?
    let underlying: any Error
    var description: String {
        let place = (stream.map { "stream '\($0)', " } ?? "") + "frame \(frame)"
        return "\(place)\(device.map { " on '\($0)'" } ?? ""): \(underlying)"
    }
}
