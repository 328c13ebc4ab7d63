// An input that begins again when it ends. Belongs to the thread that pulls.

/// The same frames over and over, at times that go on. It ends where the input breaks off, or gives no frame.
final class LoopingSource: FrameSource {
    private var source: any FrameSource
    private let open: () throws(VideoError) -> any FrameSource
    private var hasEnded = false
    /// Place of the next frame of all rounds, damaged ones counted.
    private var position = 0
    /// Good frames of this round.
    private var roundCount = 0
    /// When this round began, and its latest frame was shown, by the times given out.
    private var (roundNanoseconds, latestNanoseconds) = (0, 0)
    /// From one frame to the next, lately.
    private var stepNanoseconds = 0
    /// What past rounds took.
    private var pastThreadsNanoseconds = 0

    /// How long a single picture is shown.
    private static let pictureNanoseconds = 40_000_000

    /// - Parameter source: the first round's.
    init(_ source: any FrameSource, _ open: @escaping () throws(VideoError) -> any FrameSource) {
        (self.source, self.open) = (source, open)
    }

    var expectedFrameCount: Int? { nil }
    var notes: [String] { source.notes }
    var isFolder: Bool { source.isFolder }
    var decoding: Decoding {
        var decoding = source.decoding
        decoding.threadsNanoseconds += pastThreadsNanoseconds
        return decoding
    }

    func next() throws(VideoError) -> VideoFrame? {
        while !hasEnded {
            if let frame = try nextOfRound() { return placed(frame) }
            guard roundCount > 0 else { break }
            try beginAgain()
        }
        return nil
    }

    private func nextOfRound() throws(VideoError) -> VideoFrame? {
        do throws(VideoError) {
            return try source.next()
        } catch {
            hasEnded = !source.goesOn(after: error)
            guard case .damagedFrame = error.kind, !isFolder else { throw error }
            // The round counts from its own beginning.
            defer { position += 1 }
            throw VideoError(
                .damagedFrame(position), error.file, error.detail, at: error.presentationNanoseconds.map(shifted))
        }
    }

    private func beginAgain() throws(VideoError) {
        pastThreadsNanoseconds += source.decoding.threadsNanoseconds
        do throws(VideoError) {
            source = try open()
        } catch {
            hasEnded = true
            throw error
        }
        let step = roundCount == 1 ? Self.pictureNanoseconds : stepNanoseconds
        (roundNanoseconds, roundCount) = (latestNanoseconds &+ step, 0)
    }

    private func placed(_ frame: VideoFrame) -> VideoFrame {
        position += 1
        roundCount += 1
        guard let time = frame.presentationNanoseconds.map(shifted) else { return frame }
        if time > latestNanoseconds { stepNanoseconds = time &- latestNanoseconds }
        latestNanoseconds = time
        return VideoFrame(image: frame.image, presentationNanoseconds: time, fileName: frame.fileName)
    }

    private func shifted(_ nanoseconds: Int) -> Int { roundNanoseconds &+ nanoseconds }
}
