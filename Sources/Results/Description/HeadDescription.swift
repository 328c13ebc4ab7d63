// A head in a user's words: `--head FILE.json`. Values; decoded once, then checked against the network.

import FoundationEssentials
import Glibc
import NetworkGraph
import System

/// What a user says that a network's outputs mean. docs/results.md has the keys.
package struct HeadDescription: Sendable {
    struct Part: Sendable, Equatable {
        /// By name or number: one, or one for each stride.
        var outputs: [OutputName] = [.number(0)]
        /// Of a candidate's numbers the first that counts.
        var first = 0
        /// How many; nil: all from there on.
        var count: Int?
        var activation: ScoreActivation?
        /// A column that is no class.
        var background: Int?
        var coding: BoxCoding?
        var units: BoxHead.Units?
        /// What a point's numbers are: letters x, y, p (how sure it is), and - for what is left out.
        var order: String?
    }

    /// An output as a file's writer calls it.
    enum OutputName: Sendable, Equatable {
        case name(String)
        case number(Int)
    }

    /// What errors call it.
    let file: String
    let task: ResultTask
    var name: String?
    var labels: [String]?
    var threshold: Float?
    var overlap: Float?
    /// nil: where boxes make way, only for their own class.
    var isPerClass: Bool?
    var boxes: Part?
    var scores: Part?
    var objectness: Part?
    /// Each candidate's class.
    var classes: Part?
    var keypoints: Part?
    var strides: [Int] = []
    /// For each stride width and height of a cell's anchors, in pixels.
    var anchors: [[AnchorSize]] = []
    /// Of the centre and of the size.
    var variances: [Float]?
}

/// A description that can't be used.
package struct HeadDescriptionError: Error, CustomStringConvertible, Equatable {
    let file: String
    let reason: String

    package init(file: String, reason: String) { (self.file, self.reason) = (file, reason) }
    package var description: String { "cannot use the head in '\(file)': \(reason)" }
}

extension HeadDescription {
    /// Bytes of a file; none is nearly as large.
    package static let sizeLimit = 1 << 20

    /// - Throws: `HeadDescriptionError` naming the file.
    package init(contentsOfFile path: String) throws(HeadDescriptionError) {
        guard !isDirectory(path) else { throw HeadDescriptionError(file: path, reason: "it is a folder") }
        guard let file = fopen(path, "re") else {
            throw HeadDescriptionError(file: path, reason: String(cString: strerror(errno)))
        }
        defer { fclose(file) }
        // One byte more than any description has.
        var bytes = [UInt8](repeating: 0, count: Self.sizeLimit + 1)
        let count = fread(&bytes, 1, bytes.count, file)
        try self.init(json: Data(bytes[..<count]), file: path)
    }

    /// - Parameter file: what errors call it.
    /// - Throws: `HeadDescriptionError` naming the file, and the key that is wrong.
    package init(json: Data, file: String) throws(HeadDescriptionError) {
        guard json.count <= Self.sizeLimit else {
            throw HeadDescriptionError(file: file, reason: "it is not JSON")
        }
        do {
            self.init(try decodeJSON(Keys.self, from: json), file: file)
        } catch let error as DecodingError {
            throw HeadDescriptionError(file: file, reason: Self.text(error))
        } catch {
            throw HeadDescriptionError(file: file, reason: "it is not JSON")
        }
    }

    private static func text(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context): return "'\(keyPath(context.codingPath + [key]))' is left out"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            return context.codingPath.isEmpty ? "it is not an object" : "'\(keyPath(context.codingPath))' is of another kind"
        case .dataCorrupted(let context):
            return context.codingPath.isEmpty ? "it is not JSON" : "'\(keyPath(context.codingPath))' \(context.debugDescription)"
        @unknown default: return "it is not JSON"
        }
    }

    private init(_ keys: Keys, file: String) {
        (self.file, task, name, labels) = (file, keys.task, keys.name, keys.labels)
        (threshold, overlap, isPerClass) = (keys.threshold, keys.overlap, keys.perClass)
        (boxes, scores, objectness, classes, keypoints) =
            (keys.boxes, keys.scores, keys.objectness, keys.classes, keys.keypoints)
        (strides, anchors, variances) = (keys.strides, keys.anchors, keys.variances)
    }
}
