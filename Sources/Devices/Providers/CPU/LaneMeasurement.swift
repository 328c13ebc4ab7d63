// Which share-out of a cluster's cores runs a network fastest: streams of blank frames through each, in turn.
// Runs on the thread that makes a device; the frames run on the streams' own lanes, bound as ever.

import CoExec
import Kernels

/// A frame of a network's own size, for measuring.
struct BlankFrame: ImageFrame {
    let images: [Image]

    /// nil for a network that takes no pictures.
    init?(_ network: Network) {
        guard let input = network.frames else { return nil }
        let image = Image(ownWidth: input.width, height: input.height) { $0.initialize(repeating: 0) }
        images = Array(repeating: image, count: input.batch)
    }
}

/// Measures the throughput of lane shapes.
struct LaneMeasurement {
    /// How long to measure.
    struct Effort {
        var rounds = 3
        /// Of one shape's share of a round, at least.
        var leastNanoseconds = 300_000_000
        var leastFramesPerLane = 8
        /// Of everything, opening lanes included. Past it, shares and rounds that are still due are cut to the least
        /// that gives a figure: one frame a lane, once.
        var budgetNanoseconds = 10_000_000_000
    }

    /// Names the device in the progress line.
    let deviceName: String
    let frame: BlankFrame
    var effort = Effort()
    /// For its progress and interruption.
    let tuning: Tuning

    /// The fastest of these devices, which differ in the shape of their lanes. All stay open until all are measured, so
    /// that drifts of the machine meet all alike.
    /// - Returns: nil if interrupted.
    /// - Throws: what opening a lane or running a frame throws.
    func fastest(
        of devices: [(shape: LaneShape, device: NetworkDevice<BlankFrame>)]
    ) throws -> (shape: LaneShape, device: NetworkDevice<BlankFrame>)? {
        let deadline = monotonicNanoseconds() + effort.budgetNanoseconds
        var candidates: [Candidate] = []
        defer { for candidate in candidates { candidate.stream.cancel() } }
        for (shape, device) in devices {
            guard !tuning.isInterrupted() else { return nil }
            tuning.progress("measuring lanes of \(deviceName): opening \(shape)")
            candidates.append(Candidate(shape: shape, stream: try FrameStream(devices: [device])))
        }
        let share = max(deadline - monotonicNanoseconds(), 0) / (effort.rounds * candidates.count)
        var figures = [[Double]](repeating: [], count: candidates.count)
        for round in 0..<effort.rounds where round == 0 || monotonicNanoseconds() < deadline {
            for index in round % 2 == 0 ? Array(candidates.indices) : candidates.indices.reversed() {
                guard !tuning.isInterrupted() else { return nil }
                tuning.progress(
                    "measuring lanes of \(deviceName): \(candidates[index].shape), round \(round + 1)/\(effort.rounds)")
                guard let figure = try framesPerSecond(of: candidates[index], share: share) else { return nil }
                figures[index].append(figure)
            }
        }
        let fastest = LaneShape.fastest(zip(candidates, figures).map { ($0.shape, $1) })
        return devices.first { $0.shape == fastest }
    }

    private struct Candidate {
        let shape: LaneShape
        let stream: FrameStream<BlankFrame, [Tensor]>
    }

    /// Throughput between two deliveries of a stream whose lanes are busy before, between and after, so that neither
    /// its start nor its end counts. Lanes deliver in bursts, one frame each: whole bursts are counted.
    private func framesPerSecond(of candidate: Candidate, share: Int) throws -> Double? {
        let (lanes, stream) = (candidate.shape.lanes, candidate.stream)
        var inFlight = 0
        func push() {
            _ = stream.push(frame)
            inFlight += 1
        }
        func pull() throws {
            inFlight -= 1
            // Nil only for a stream that ended, and this one hasn't.
            _ = try stream.pull()?.result.get()
        }
        // A frame on each lane and one waiting for it.
        for _ in 0..<2 * lanes { push() }
        func burst() throws {
            for _ in 0..<lanes {
                try pull()
                push()
            }
        }
        try burst()
        let start = monotonicNanoseconds()
        var (end, frames) = (start, 0)
        var isEnough: Bool {
            let elapsed = end - start
            let isTrusted = elapsed >= effort.leastNanoseconds && frames >= effort.leastFramesPerLane * lanes
            return isTrusted || elapsed >= max(share, 1)
        }
        repeat {
            try burst()
            frames += lanes
            end = monotonicNanoseconds()
        } while !isEnough && !tuning.isInterrupted()
        guard !tuning.isInterrupted() else { return nil }
        while inFlight > 0 { try pull() }
        return Double(frames) * 1e9 / Double(max(end - start, 1))
    }
}
