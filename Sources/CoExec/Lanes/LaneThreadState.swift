// What one lane keeps to itself between turns at the books. Owner: the lane's thread.

/// One run of a frame, not yet booked. Plain values: copying it is free of reference counts.
struct LaneRun {
    enum Outcome {
        /// Its output is the frame's.
        case published
        /// Another lane was faster.
        case late
        /// It threw.
        case failed
    }
    let ticket: Int
    let sequence: Int
    var start: Int
    var end: Int
    let outcome: Outcome
}

/// A lane's place in the stream, and its runs since the last turn. Reserved once, so that frames allocate nothing.
@usableFromInline
struct LaneThreadState {
    /// The lane's index in the stream.
    @usableFromInline let lane: Int
    let poolLane: PoolLane
    let share: UnsafeMutablePointer<LaneSharedState>
    var runs: [LaneRun] = []
    /// What the last of the runs threw.
    var error: (any Error)?
    /// The end of the last run, or when the frame to come starts.
    @usableFromInline var now = 0
    /// Place in the stream of the frame that it is running.
    var sequence = 0
    /// What a frame is expected to take on this lane.
    var serviceNanoseconds = Int.max
    /// Whether frames are so short that looking at the clock for each would tell.
    var isTimingBatches = false

    init(_ lane: Int, _ share: UnsafeMutablePointer<LaneSharedState>, _ poolLane: PoolLane) {
        (self.lane, self.share, self.poolLane) = (lane, share, poolLane)
        runs.reserveCapacity(LaneSharedState.dequeCapacity + 1)
    }

    /// Shares out the time since the first run among all of them.
    mutating func timeBatch(until now: Int) {
        self.now = now
        guard let first = runs.first?.start else { return }
        let each = (now - first) / runs.count
        for index in runs.indices {
            runs[index].start = first + index * each
            runs[index].end = first + (index + 1) * each
        }
    }
}
