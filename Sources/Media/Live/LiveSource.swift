// A camera or a stream from a network that comes back when it was lost. Belongs to the thread that pulls.

import System

/// Frames of one connection after the other, at times that go on. While it is away, `next` waits.
///
/// What is live has no end of its own, so that its end is a loss: a camera; a URL whose container knows no duration and
/// for which the server names no length, or a playlist that has no end yet. Recordings over HTTP have one of the two,
/// end like files, and break off like files; `VideoFileSource` reads them alone.
final class LiveSource: FrameSource {
    /// What is live now; nil while it is lost.
    private var current: VideoFileSource?
    private let open: () throws(VideoError) -> VideoFileSource
    private let name: String
    private let options: SourceOptions
    /// Place of the next frame, damaged ones counted.
    private var position = 0
    private(set) var losses = Losses()
    private var pastNotes: [String] = []
    /// Notes have figures in them, so that each connection may add some.
    private static let noteLimit = 8
    /// Whether it came back as a recording: it isn't live any more.
    private var hasEnded = false
    /// Whether what was lost was at its end.
    private var isAtEnd = false
    /// The pause before the last try.
    private var pauseNanoseconds = 0
    /// When the connection was there.
    private var openedNanoseconds = monotonicNanoseconds()
    private var latestDecoding = Decoding()
    /// When the first frame of all came, and since when the connection's frames count theirs.
    private var firstMoment: FrameMoment?
    private var connectionNanoseconds = 0
    private var isFirstOfConnection = true
    private var latestNanoseconds = 0

    /// The first pause before it is tried again; each is twice the one before, up to the longest, until a connection
    /// lasts longer than the last one.
    private static let firstPauseNanoseconds = 500_000_000
    private static let longestPauseNanoseconds = 30_000_000_000

    /// Opens a camera or a URL, which may lead to a recording.
    /// - Throws: `VideoError` where it doesn't answer, now at the beginning.
    static func open(_ place: InputPlace, name: String, _ options: SourceOptions) throws(VideoError) -> any FrameSource
    {
        let source = try VideoFileSource(place, name: name, options)
        guard source.isLive else { return source }
        let open = { () throws(VideoError) in try VideoFileSource(place.again, name: name, options) }
        return LiveSource(source, open, name: name, options)
    }

    init(
        _ source: VideoFileSource, _ open: @escaping () throws(VideoError) -> VideoFileSource, name: String,
        _ options: SourceOptions
    ) {
        (current, self.open, self.name, self.options) = (source, open, name, options)
        isKept = source.isKept
    }

    var expectedFrameCount: Int? { nil }
    var isLive: Bool { true }
    let isKept: Bool

    var notes: [String] {
        guard losses.count > 0 else { return currentNotes }
        let times = losses.count == 1 ? "once" : "\(losses.count) times"
        return currentNotes + ["\(name): was lost \(times), \(Self.seconds(losses.awayNanoseconds)) s in all"]
    }

    private var currentNotes: [String] {
        let new = (current?.notes ?? []).filter { !pastNotes.contains($0) }
        return Array((pastNotes + new).prefix(Self.noteLimit))
    }

    var decoding: Decoding {
        guard let current else { return latestDecoding }
        var decoding = current.decoding
        decoding.threadsNanoseconds += latestDecoding.threadsNanoseconds
        return decoding
    }

    func next() throws(VideoError) -> VideoFrame? {
        while !hasEnded, !options.cancellation.isRequested() {
            guard let source = current else {
                reconnect()
                continue
            }
            do throws(VideoError) {
                if let frame = try source.next() { return placed(frame) }
                lose(source, "it ended", isAtEnd: true)
            } catch {
                guard source.goesOn(after: error) else {
                    lose(source, error.detail)
                    continue
                }
                // The connection counts from its own beginning, which is known with its first frame.
                defer { position += 1 }
                let time = isFirstOfConnection ? nil : error.presentationNanoseconds.map(shifted)
                throw VideoError(.damagedFrame(position), name, error.detail, at: time)
            }
        }
        return nil
    }

    /// With its time since the first connection's first frame.
    private func placed(_ frame: VideoFrame) -> VideoFrame {
        position += 1
        let moment = frame.moment
        if firstMoment == nil { firstMoment = moment }
        if isFirstOfConnection, let moment, let first = firstMoment {
            let passed = moment.monotonicNanoseconds - first.monotonicNanoseconds
            connectionNanoseconds = max(passed, position == 1 ? 0 : latestNanoseconds &+ 1)
        }
        isFirstOfConnection = false
        let time = frame.presentationNanoseconds.map(shifted)
        latestNanoseconds = max(latestNanoseconds, time ?? 0)
        return VideoFrame(image: frame.image, presentationNanoseconds: time, fileName: nil, moment: moment)
    }

    private func shifted(_ nanoseconds: Int) -> Int { connectionNanoseconds &+ nanoseconds }

    private func lose(_ source: VideoFileSource, _ reason: String, isAtEnd: Bool = false) {
        guard !options.cancellation.isRequested() else { return }
        self.isAtEnd = isAtEnd
        pastNotes = currentNotes
        latestDecoding = decoding
        (current, isFirstOfConnection) = (nil, true)
        losses.count += 1
        // One that breaks off each time at once is tried seldom.
        if monotonicNanoseconds() - openedNanoseconds > pauseNanoseconds { pauseNanoseconds = 0 }
        options.report("\(name): lost (\(reason))")
    }

    /// Waits and tries until it is back, or a recording now, or the user has stopped.
    private func reconnect() {
        let lost = monotonicNanoseconds()
        defer { if !hasEnded { losses.awayNanoseconds += monotonicNanoseconds() - lost } }
        while !options.cancellation.isRequested() {
            let twice = max(2 * pauseNanoseconds, Self.firstPauseNanoseconds)
            pauseNanoseconds = min(twice, Self.longestPauseNanoseconds)
            options.report("\(name): reconnecting in \(Self.seconds(pauseNanoseconds)) s")
            wait(pauseNanoseconds)
            guard !options.cancellation.isRequested() else { return }
            do throws(VideoError) {
                let back = try open()
                guard back.isLive else {
                    hasEnded = true
                    // An end is no loss.
                    if isAtEnd { losses.count -= 1 }
                    options.report("\(name): has ended")
                    return
                }
                (current, openedNanoseconds) = (back, monotonicNanoseconds())
                options.report("\(name): back after \(Self.seconds(monotonicNanoseconds() - lost)) s")
                return
            } catch {
                guard !options.cancellation.isRequested() else { return }
                options.report("\(name): not back yet (\(error.detail))")
            }
        }
    }

    private func wait(_ nanoseconds: Int) {
        let end = monotonicNanoseconds() + nanoseconds
        while monotonicNanoseconds() < end, !options.cancellation.isRequested() {
            sleep(untilNanoseconds: min(end, monotonicNanoseconds() + 20_000_000))
        }
    }

    /// With one decimal.
    private static func seconds(_ nanoseconds: Int) -> String {
        let tenths = (nanoseconds + 50_000_000) / 100_000_000
        return "\(tenths / 10).\(tenths % 10)"
    }
}
