// What a measured choice depends on. A value.

/// Names a choice: what it is about, and everything that it holds for. Where one of these changes (a library's version,
/// the processor, the network), the key is another one, and the choice is measured anew.
public struct TuningKey: Hashable, Sendable, Codable {
    /// What is chosen: "layers", "lanes".
    public let kind: String
    /// Name → value: library versions, processor, network, precision, threads.
    public let fields: [String: String]

    /// - Precondition: `kind` is a word of lower-case ASCII letters; it starts a file's name.
    public init(_ kind: String, _ fields: [String: String]) {
        precondition(!kind.isEmpty && kind.utf8.allSatisfy(Self.letters.contains), "not a word: \(kind)")
        (self.kind, self.fields) = (kind, fields)
    }

    /// Of the same, measured between frames: what other lanes, decoders and programs did meanwhile is in it, so that it
    /// never takes the place of what was measured in quiet.
    var betweenFrames: TuningKey {
        TuningKey(kind, fields.merging(["measured": "between frames"]) { _, new in new })
    }

    /// Of what was found, between frames, before measuring was broken off.
    var begun: TuningKey { TuningKey("begun" + kind, fields) }

    private static let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
}
