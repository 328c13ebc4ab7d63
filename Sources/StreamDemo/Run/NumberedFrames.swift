// A source's frames with their places in the stream, past those that are damaged. Belongs to the thread that pulls, and
// once that has ended to the one that waited for it; but any thread may ask for what is damaged.

import Devices
import Foundation
import Kernels
import Media
import Synchronization

/// A frame that can't be shown.
struct DamagedFrame: Sendable {
    /// Its place in the stream, from 0.
    let number: Int
    /// The picture's name, for a folder of pictures.
    let fileName: String?
    let error: VideoError
}

/// A frame and its place.
struct NumberedFrame: ImageFrame {
    let frame: VideoFrame
    /// From 0, damaged frames counted.
    let number: Int
    var images: [Image] { [frame.image] }

    var place: FramePlace {
        FramePlace(
            number: number, presentationNanoseconds: frame.presentationNanoseconds,
            wallNanoseconds: frame.moment?.wallNanoseconds,
            arrivalAgeNanoseconds: frame.moment?.arrivalAgeNanoseconds)
    }
}

/// How much of an input is read.
struct ReadingPlan {
    /// Whether the first damaged frame ends the stream.
    var isStrict = false
    /// Every so many frames one is run.
    var every = 1
    /// How many at most, damaged ones counted; nil: all.
    var frames: Int?
    var end = ReadingEnd()
}

/// Numbers frames and keeps what is wrong with those that are damaged.
final class NumberedFrames: @unchecked Sendable {  // handed from thread to thread, as the head comment says
    private let source: any FrameSource
    private let plan: ReadingPlan
    private let end: Cancellation
    private var position = 0
    /// Whether the source has nothing more; false where reading ended before it did.
    private(set) var isAtEnd = false
    /// Frames and damaged frames given.
    private var givenCount = 0
    /// Damaged frames that nobody has asked for, oldest first.
    private let pending = Mutex<[DamagedFrame]>([])
    private(set) var damagedCount = 0
    private var firstDamage: VideoError?
    /// What the stream broke off with. It has a line, in the place of the frame that would have followed.
    private var breakOff: VideoError?
    /// Of an endless input that gives nothing but errors, so many are kept in memory; then the stream ends.
    private static let pendingLimit = 100_000

    init(_ source: any FrameSource, _ plan: ReadingPlan) {
        (self.source, self.plan, end) = (source, plan, plan.end.cancellation)
    }

    /// The next frame that is to be run and isn't damaged; nil at the end, or once reading is to end.
    /// - Parameter noteDamage: called once another damaged frame can be asked for.
    /// - Throws: `VideoError` for a damaged frame, if it is to end the stream, or too many wait to be asked for; what
    ///   `noteDamage` throws.
    func next(noteDamage: () throws -> Void = {}) throws -> NumberedFrame? {
        while givenCount < plan.frames ?? .max {
            do {
                guard let frame = try source.next(until: end) else {
                    isAtEnd = !end.isRequested()
                    return nil
                }
                defer { position += 1 }
                guard position.isMultiple(of: plan.every) else { continue }
                givenCount += 1
                return NumberedFrame(frame: frame, number: position)
            } catch let error as VideoError where !plan.isStrict {
                guard pending.withLock({ $0.count }) < Self.pendingLimit else { throw error }
                let fileName = source.isFolder ? (error.file as NSString).lastPathComponent : nil
                let damaged = DamagedFrame(number: position, fileName: fileName, error: error)
                pending.withLock { $0.append(damaged) }
                if source.goesOn(after: error) {
                    firstDamage = firstDamage ?? error
                    damagedCount += 1
                    givenCount += 1
                    position += 1
                } else {
                    breakOff = error
                }
                try noteDamage()
            }
        }
        return nil
    }

    /// Damaged frames before a place that was given, or all: each is told once.
    func takeDamaged(before number: Int = .max) -> [DamagedFrame] {
        pending.withLock { pending in
            let count = pending.firstIndex { $0.number > number } ?? pending.count
            defer { pending.removeFirst(count) }
            return Array(pending.prefix(count))
        }
    }

    var notes: [String] { source.notes }

    /// What ends a run that read everything it could.
    var failure: DamagedFramesError? {
        guard firstDamage != nil || breakOff != nil else { return nil }
        return DamagedFramesError(count: damagedCount, total: position, first: firstDamage, breakOff: breakOff)
    }
}

/// Some frames of an input were damaged, or it broke off; the others have their results.
struct DamagedFramesError: Error, CustomStringConvertible {
    let count: Int
    /// Damaged ones among them.
    let total: Int
    /// nil where no single frame was damaged.
    let first: VideoError?
    let breakOff: VideoError?

    var description: String {
        let damage = first.map { "\(count) of \(total) frames could not be read; the first: \($0)" }
        return [damage, breakOff?.description].compactMap(\.self).joined(separator: "; ")
    }
}
