// When the frames of a live input were taken. Owned by a `VideoFileSource`, on its thread.

import System

/// By frames' stamps, where those are of a clock on the wall and that can be believed; else by when packets arrived.
struct FrameMoments {
    /// What notes call the input.
    let name: String
    /// When packets arrived that are being decoded, oldest first.
    private var arrivals: [(timestamp: Int64?, nanoseconds: Int)] = []
    /// How old the stream's frames were, by its own clock, when they arrived: the youngest of them.
    private var leastArrivalAge = Int.max
    /// What is wrong with its clock.
    private(set) var note: String?

    /// As many packets as decoders hold back at most, twice.
    private static let arrivalLimit = 64
    /// A stream of which every frame is older when it arrives has a clock that is wrong.
    private static let greatestArrivalAge = 1_000_000_000
    /// And a frame that is older when it was decoded has a stamp that is.
    private static let greatestAge = 60_000_000_000

    init(name: String) { self.name = name }

    /// - Parameter timestamp: of a packet; nil where it has none.
    mutating func arrived(_ timestamp: Int64?, at nanoseconds: Int) {
        if arrivals.count == Self.arrivalLimit { arrivals.removeFirst(Self.arrivalLimit / 2) }
        arrivals.append((timestamp, nanoseconds))
    }

    /// - Parameters:
    ///   - timestamp: of a frame.
    ///   - taken: what its stamp means by the clock on the wall; nil where it means nothing.
    ///   - latestArrival: of any packet.
    mutating func moment(of timestamp: Int64?, taken: Int?, latestArrival: Int) -> FrameMoment {
        let (now, wall) = (monotonicNanoseconds(), realtimeNanoseconds())
        let arrival = arrivals.last { $0.timestamp == timestamp }?.nanoseconds ?? latestArrival
        let arrivalWall = wall - (now - arrival)
        if let taken {
            let age = wall &- taken
            leastArrivalAge = min(leastArrivalAge, arrivalWall &- taken)
            let isRight = (0...Self.greatestArrivalAge).contains(leastArrivalAge)
            note = isRight ? nil : clockNote(age: leastArrivalAge)
            if isRight, (0...Self.greatestAge).contains(age) {
                return FrameMoment(
                    monotonicNanoseconds: now - age, wallNanoseconds: taken,
                    arrivalAgeNanoseconds: max(arrivalWall &- taken, 0))
            }
        }
        return FrameMoment(monotonicNanoseconds: arrival, wallNanoseconds: arrivalWall)
    }

    private func clockNote(age: Int) -> String {
        let seconds = abs((Double(age) / 1e8).rounded() / 10)
        let what =
            age < 0
            ? "is \(seconds) s ahead of this machine's"
            : "is \(seconds) s behind this machine's, or its frames come so late"
        return "\(name): its clock \(what): times count from when frames arrive"
    }
}
