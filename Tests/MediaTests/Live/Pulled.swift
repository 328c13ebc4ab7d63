// What tests of live inputs look at: frames, and what is said of the input meanwhile.

import Kernels
import Synchronization
import System

@testable import Media

/// What became of a source that is pulled for some frames.
struct Pulled {
    var times: [Int] = []
    var moments: [FrameMoment] = []
    var sizes: Set<[Int]> = []
    var errors: [VideoError] = []

    init(_ count: Int, of source: any FrameSource) {
        while times.count < count {
            do {
                guard let frame = try source.next() else { return }
                times.append(frame.presentationNanoseconds ?? -1)
                if let moment = frame.moment { moments.append(moment) }
                sizes.insert([frame.image.width, frame.image.height])
            } catch {
                errors.append(error)
            }
        }
    }
}

/// The lines that a source reports.
final class Events: Sendable {
    private let kept = Mutex<[String]>([])
    var lines: [String] { kept.withLock { $0 } }
    func add(_ line: String) { kept.withLock { $0.append(line) } }
}

extension SourceOptions {
    /// - Parameters:
    ///   - timeout: in seconds, as is the time after which a test gives up.
    init(_ events: Events, timeout: Double = 5, seconds: Double = 15) {
        let end = monotonicNanoseconds() + Int(seconds * 1e9)
        self.init()
        timeoutNanoseconds = Int(timeout * 1e9)
        cancellation = Cancellation { monotonicNanoseconds() > end }
        report = { events.add($0) }
    }
}
