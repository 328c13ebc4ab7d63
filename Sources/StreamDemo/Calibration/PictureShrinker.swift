// Pictures in the size that a network sees them in. Belongs to one thread.

import Kernels
import Media

/// Makes frames as small as a network takes them, since hundreds are held.
struct PictureShrinker {
    private let input: ImageInput
    private let resizer: any ExecutionContext

    init(to network: Network, by engine: any Engine) throws {
        guard let input = network.frames else {
            preconditionFailure("models are opened as networks that take frames alone")
        }
        self.input = input
        var resizing = Network(name: "resizing")
        let plain = ImageInput(
            height: input.height, width: input.width, mean: [0, 0, 0], scale: [1, 1, 1], fit: input.fit,
            resampling: input.resampling)
        resizing.setOutputs(try resizing.append(.image(plain)))
        resizer = try engine.compile(resizing).makeContext()
    }

    /// A frame of the network's size, in whole numbers again; a smaller one as it is.
    func shrunk(_ image: Image) throws -> Image {
        let count = input.width * input.height
        guard image.width * image.height > count else { return image }
        var planes = [Tensor(zeros: [1, 3, input.height, input.width])]
        try resizer.run([.images([image])], into: &planes)
        let pixels = (0..<3 * count).map { UInt8(planes[0].values[$0 % 3 * count + $0 / 3].rounded()) }
        return try Image(width: input.width, height: input.height, pixels: pixels)
    }

    /// Frames of a source, read to its end, each no larger than the network takes it. What there is to know of the
    /// source is said on standard error.
    /// - Parameters:
    ///   - name: what errors call the source.
    ///   - progress: called with the number of frames read.
    /// - Throws: as `FrameSample`; `NoFramesError`; `ExitCode` once the user has interrupted.
    func sample(
        _ count: Int, of source: any FrameSource, named name: String, progress: (Int) -> Void
    ) throws -> FrameSample {
        defer { source.notes.forEach(printNote) }
        let sample = try FrameSample(count, of: source, keep: shrunk, progress: progress)
        try Interrupt.endIfRequested()
        guard !sample.frames.isEmpty else { throw NoFramesError(input: name) }
        if let note = sample.damageNote { printNote(note) }
        return sample
    }
}
