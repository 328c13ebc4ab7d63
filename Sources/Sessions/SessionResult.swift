// What an application gets for each picture. Values.

import CoExec
import Kernels
import Results

/// One picture's result, in the order in which pictures were submitted.
public struct SessionResult<Tag: Sendable>: Sendable {
    /// The picture's place in the session, from 0. Those that a flush forgot have theirs, too.
    public let sequence: Int
    /// What the application gave with the picture, also with one that was dropped.
    public let tag: Tag
    public let outcome: Outcome
    /// Name of the device that ran it; nil for a picture that none ran.
    public let device: String?
    /// Time on the device's lane, nanoseconds.
    public let serviceNanoseconds: Int
    /// Time from submission until the result could be had, nanoseconds.
    public let latencyNanoseconds: Int

    /// What was found; nil for a picture that was dropped or failed.
    public var finding: Finding? { if case .finding(let finding, _) = outcome { finding } else { nil } }
    /// The network's outputs as they are, in its order; none of a picture that was dropped or failed.
    public var outputs: [Tensor] { if case .finding(_, let outputs) = outcome { outputs } else { [] } }

    public enum Outcome: Sendable {
        case finding(Finding, outputs: [Tensor])
        case dropped(DroppedFrame.Reason)
        /// No device could run it: the last one's error; or `MemoryError`, where there was no memory to decode its outputs.
        case failed(any Error)
    }
}

/// What a network has found in a picture. Coordinates are pixels of the picture that was submitted, upright, from its top
/// left.
public enum Finding: Sendable {
    /// Of the whole picture, greatest first.
    case classes([Class], areProbabilities: Bool)
    /// The surest first.
    case boxes([Box])
    /// A class for each pixel.
    case segments(Segments)
    case keypoints([Point])
    /// Nothing is made of the outputs: `Session.summary` says why.
    case outputs

    public struct Class: Sendable, Hashable {
        public let index: Int
        /// nil where nobody knows it.
        public let label: String?
        public let score: Float
    }

    public struct Point: Sendable, Hashable {
        /// May be outside of the picture.
        public let x: Float
        public let y: Float
        /// From 0 to 1; nil where the network doesn't say.
        public let score: Float?
    }

    public struct Box: Sendable, Hashable {
        public let x: Float
        public let y: Float
        public let width: Float
        public let height: Float
        public let kind: Class
        /// None for most networks.
        public let points: [Point]
    }

    public struct Segments: Sendable {
        /// Of the map.
        public let width: Int
        public let height: Int
        /// Row by row, 255 for those beyond.
        public let classes: [UInt8]
        /// Those that are there, the largest first; their scores are shares of the map, from 0 to 1.
        public let shares: [Class]
        /// The part of the picture that the map shows.
        public let area: ImageArea
    }
}

extension Finding {
    init(_ result: FrameResult?, _ labels: Labels?) {
        func kind(_ index: Int, _ score: Float) -> Class { Class(index: index, label: labels?[index], score: score) }
        func point(_ point: Keypoint) -> Point { Point(x: point.x, y: point.y, score: point.probability) }
        switch result {
        case .classes(let values, let areProbabilities):
            self = .classes(values.map { kind($0.index, $0.value) }, areProbabilities: areProbabilities)
        case .boxes(let detections):
            self = .boxes(
                detections.map { found in
                    Box(
                        x: found.area.x, y: found.area.y, width: found.area.width, height: found.area.height,
                        kind: kind(found.index, found.probability), points: found.keypoints.map(point))
                })
        case .segments(let found):
            self = .segments(
                Segments(
                    width: found.width, height: found.height, classes: found.classes,
                    shares: found.shares.map { kind($0.index, $0.share) }, area: found.area))
        case .keypoints(let points): self = .keypoints(points.map(point))
        case nil: self = .outputs
        }
    }
}
