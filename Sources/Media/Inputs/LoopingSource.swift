// An input that begins again when it ends. Belongs to the thread that pulls.

/// The same frames over and over, at times that go on. It ends where the input breaks off, or gives no frame.
final class LoopingSource: FrameSource {
    private var source: any FrameSource
    private let open: () throws(VideoError) -> any FrameSource
    private var hasEnded = false
    private var hasGivenFrame = false
    /// When this round began, and its latest frame was shown, by the times given out.
    private var (roundNanoseconds, latestNanoseconds) = (0, 0)
    /// From one frame to the next, lately.
    private var stepNanoseconds = 0
    /// What past rounds took.
    private var pastThreadsNanoseconds = 0

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
            do throws(VideoError) {
                if let frame = try source.next() { return shifted(frame) }
                guard hasGivenFrame else { break }
                pastThreadsNanoseconds += source.decoding.threadsNanoseconds
                source = try open()
            } catch {
                hasEnded = !source.goesOn(after: error)
                throw error
            }
            (roundNanoseconds, hasGivenFrame) = (latestNanoseconds + stepNanoseconds, false)
        }
        return nil
    }

    private func shifted(_ frame: VideoFrame) -> VideoFrame {
        hasGivenFrame = true
        guard let time = frame.presentationNanoseconds else { return frame }
        let shifted = roundNanoseconds + time
        if shifted > latestNanoseconds { stepNanoseconds = shifted - latestNanoseconds }
        latestNanoseconds = shifted
        return VideoFrame(image: frame.image, presentationNanoseconds: shifted, fileName: frame.fileName)
    }
}
