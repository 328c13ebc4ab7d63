// Where the frames of a stream that are under way stand in their input. Any thread.

import Media
import Synchronization

/// What a line says of a frame whether it was run or not.
struct FramePlace: Sendable {
    /// From 0, all frames of the input counted.
    let number: Int
    /// nil where the input doesn't say.
    let presentationNanoseconds: Int?
    /// Since 1970; nil but for live inputs.
    let wallNanoseconds: Int?
    /// How old it was when it arrived; nil but for live inputs whose frames say when they were taken.
    let arrivalAgeNanoseconds: Int?
}

/// Places in the order in which frames are pushed, which is that of deliveries. A frame that is dropped for want of
/// room isn't there when it is delivered.
final class FramePlaces: Sendable {
    private struct State {
        var places: [FramePlace] = []
        /// Ones before it were taken.
        var start = 0
    }
    private let state = Mutex(State())

    func append(_ place: FramePlace) {
        state.withLock { $0.places.append(place) }
    }

    /// - Precondition: one was appended for each that is taken.
    func takeFirst() -> FramePlace {
        state.withLock { state in
            defer {
                state.start += 1
                if state.start == state.places.count || state.start >= 4096 {
                    state.places.removeFirst(state.start)
                    state.start = 0
                }
            }
            return state.places[state.start]
        }
    }
}
