// One stream of `run`: an input through a network to lines. Made and asked by the command's thread; in between, the
// thread that runs it has it alone.

import CoExec
import Devices
import Kernels
import Media
import Results
import Sessions
import Synchronization
import System

/// A stream that runs, or has run.
final class StreamRun: @unchecked Sendable {  // handed from thread to thread, as the head comment says
    let plan: StreamPlan
    let devices: [NetworkDevice<NumberedFrame>]
    let stream: FrameStream<NumberedFrame, [Tensor]>
    private let frames: NumberedFrames
    private let places = FramePlaces()
    /// Frames that were pushed and have no line yet.
    private let unwrittenCount = Atomic<Int>(0)
    /// Frames that were pushed so far, and what became of the latest, for who watches.
    private let pushedCount = Atomic<Int>(0)
    private let recent = Mutex(RecentFigures())
    /// What broke the source off.
    private var sourceFailure: (any Error)?
    /// What the thread that pulled it took of the cores.
    private var sourceThreadNanoseconds = 0
    private var ages: ArrivalAges
    /// Where results are drawn; nil for nowhere.
    private let drawn: DrawnResults?
    private(set) var drawnRow: DrawnRow?
    private(set) var firstFrameError: FrameError?
    /// What broke the stream off.
    private(set) var failure: (any Error)?

    /// - Parameter pool: whose lanes it shares; nil for some of its own.
    init(
        _ plan: StreamPlan, on devices: [NetworkDevice<NumberedFrame>], pool: DevicePool? = nil, reading: ReadingPlan,
        drawn: DrawnResults? = nil
    ) throws {
        (self.plan, self.devices, self.drawn) = (plan, devices, drawn)
        stream = try FrameStream(devices: devices, options: plan.options, pool: pool)
        frames = NumberedFrames(plan.source, reading)
        ages = ArrivalAges(greatestAge: plan.options.greatestAgeNanoseconds)
    }

    var notes: [String] { (plan.meaning.labelsNote.map { [$0] } ?? []) + sourceNotes }
    var sourceNotes: [String] { frames.notes + (ages.warning(plan.inputName).map { [$0] } ?? []) }
    var damagedCount: Int { frames.damagedCount }
    var damage: DamagedFramesError? { frames.failure }
    var sourceRow: SourceRow {
        SourceRow(
            plan.source, threadNanoseconds: sourceThreadNanoseconds,
            durationNanoseconds: stream.report().durationNanoseconds, age: ages.row)
    }

    /// What it has done so far. Any thread.
    func figures(_ selection: DeviceSelection, number: Int) -> SessionReport {
        SessionReport(
            number: number, name: plan.name ?? plan.network.name, submitted: pushedCount.load(ordering: .relaxed), stream.report(),
            recent.withLock { $0 }, serviceNanoseconds: stream.expectedServiceNanoseconds,
            devices: zip(selection.devices, devices).map { resolved, device in
                DeviceFigures(
                    name: device.name, description: selection.machine.describe(resolved), lanes: device.laneCount,
                    isEmulated: resolved.isEmulated)
            })
    }

    /// Runs it to its end; results go to `lines` in order, on the calling thread.
    func run(_ lines: ResultLines) {
        let expected = plan.source.expectedFrameCount
        do {
            let producer = try Thread(name: "source") { self.pushFrames(lines) }
            var isDone = false
            defer {
                // A source that waits for a pipe must not hold up the end of a run that failed.
                if !isDone { Interrupt.request() }
                stream.cancel()
                producer.join()
            }
            while let delivery = stream.pull() {
                let place = places.takeFirst()
                try writeDamaged(before: place.number, to: lines)
                note(delivery, place.number)
                if case .success = delivery.result {
                    recent.withLock { $0.note(latency: delivery.latencyNanoseconds, now: monotonicNanoseconds()) }
                }
                try lines.write(line(delivery, place))
                unwrittenCount.subtract(1, ordering: .releasing)
                lines.show(plan.name) { Self.progressLine(place.number + 1, of: expected, self.stream.report()) }
            }
            isDone = true
        } catch {
            failure = error
            // What was drawn until then can be watched.
            _ = try? drawn?.finish(isAtEnd: false)
            return
        }
        do {
            try writeDamaged(to: lines)
            drawnRow = try drawn?.finish(isAtEnd: frames.isAtEnd)
            if let sourceFailure { throw sourceFailure }
        } catch {
            failure = error
        }
    }

    /// Pulls the source to its end, on a thread of its own. Damage has its lines at once where no frame comes before
    /// it: a live input may give nothing else for hours.
    private func pushFrames(_ lines: ResultLines) {
        let time = ThreadCPUTime.start()
        do {
            let writeIfNext = {
                if self.unwrittenCount.load(ordering: .acquiring) == 0 { try self.writeDamaged(to: lines) }
            }
            while let frame = try frames.next(noteDamage: writeIfNext) {
                let moment = frame.frame.moment
                ages.note(moment)
                if let warning = ages.newWarning(plan.inputName, at: moment) { printWarning(warning) }
                places.append(frame.place)
                unwrittenCount.add(1, ordering: .relaxed)
                pushedCount.add(1, ordering: .relaxed)
                guard stream.push(frame, since: moment?.monotonicNanoseconds) else { break }
            }
        } catch {
            sourceFailure = error
        }
        sourceThreadNanoseconds = time.nanoseconds
        stream.finish()
    }

    /// A frame's line; its outputs are in files then, if they are to be.
    private func line(_ delivery: Delivery<NumberedFrame, [Tensor]>, _ place: FramePlace) throws -> ResultLine {
        var (files, result): ([String]?, FrameResult?)
        if case .success(let outputs) = delivery.result {
            files = try plan.tensors?.write(outputs, frame: place.number)
            if let image = delivery.frame?.frame.image {
                result = plan.meaning.result(of: outputs, frameWidth: image.width, frameHeight: image.height)
            }
        }
        try drawn?.add(delivery, number: place.number, result: result, meaning: plan.meaning)
        return ResultLine(
            delivery, place: place, result: result, labels: plan.meaning.labels, tensors: files, stream: plan.name)
    }

    /// The lines of damaged frames that come before a place, or at the end.
    private func writeDamaged(before number: Int = .max, to lines: ResultLines) throws {
        for damaged in frames.takeDamaged(before: number) { try lines.write(DamageLine(damaged, stream: plan.name)) }
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
