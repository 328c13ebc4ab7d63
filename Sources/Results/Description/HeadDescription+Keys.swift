// The keys of `--head`'s file. Decoding only.

import FoundationEssentials

/// Any key, so that unknown ones can be refused.
private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

/// An object's values by their names; what is never asked for is refused.
private struct KnownKeys {
    private let container: KeyedDecodingContainer<AnyKey>

    init(_ decoder: any Decoder, _ known: [String]) throws {
        container = try decoder.container(keyedBy: AnyKey.self)
        if let other = container.allKeys.map(\.stringValue).sorted().first(where: { !known.contains($0) }) {
            throw error(other, "is no key here (\(known.joined(separator: ", ")))")
        }
    }

    func error(_ key: String, _ reason: String) -> DecodingError {
        .dataCorrupted(
            DecodingError.Context(
                codingPath: container.codingPath + [AnyKey(stringValue: key)], debugDescription: reason))
    }

    func optional<Value: Decodable>(_ key: String, _ type: Value.Type = Value.self) throws -> Value? {
        try container.decodeIfPresent(Value.self, forKey: AnyKey(stringValue: key))
    }

    func choice<Choice: RawRepresentable & CaseIterable>(_ key: String) throws -> Choice?
    where Choice.RawValue == String {
        guard let text: String = try optional(key) else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        let choices = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        throw error(key, "is none of \(choices)")
    }

    func number<Number: Comparable & Decodable>(_ key: String, in range: ClosedRange<Number>) throws -> Number? {
        guard let number: Number = try optional(key) else { return nil }
        guard range.contains(number) else {
            throw error(key, "is not from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}

extension HeadDescription {
    struct Keys: Decodable {
        let task: ResultTask
        let name: String?
        let labels: [String]?
        let threshold: Float?
        let overlap: Float?
        let perClass: Bool
        let boxes: Part?
        let scores: Part?
        let objectness: Part?
        let classes: Part?
        let keypoints: Part?
        let strides: [Int]
        let anchors: [[AnchorSize]]
        let variances: [Float]

        init(from decoder: any Decoder) throws {
            let keys = try KnownKeys(
                decoder,
                [
                    "task", "name", "labels", "threshold", "overlap", "per_class", "boxes", "scores", "objectness",
                    "classes", "keypoints", "strides", "anchors", "variances",
                ])
            guard let task: ResultTask = try keys.choice("task") else { throw keys.error("task", "is left out") }
            self.task = task
            name = try keys.optional("name")
            labels = try keys.optional("labels")
            threshold = try keys.number("threshold", in: 0...1)
            overlap = try keys.number("overlap", in: 0...1)
            perClass = try keys.optional("per_class") ?? true
            boxes = try keys.optional("boxes")
            scores = try keys.optional("scores")
            objectness = try keys.optional("objectness")
            classes = try keys.optional("classes")
            keypoints = try keys.optional("keypoints")
            strides = try keys.optional("strides") ?? []
            guard strides.count <= 16, strides.allSatisfy((1...4096).contains) else {
                throw keys.error("strides", "are not at most 16 numbers from 1 to 4096")
            }
            let sizes: [[[Float]]] = try keys.optional("anchors") ?? []
            let isFine = sizes.allSatisfy { cell in
                (1...64).contains(cell.count)
                    && cell.allSatisfy { $0.count == 2 && $0.allSatisfy { $0 > 0 && $0 < 1e5 } }
            }
            guard isFine, sizes.isEmpty || sizes.count == strides.count else {
                throw keys.error("anchors", "are not a list of [width, height] for each stride")
            }
            anchors = sizes.map { $0.map { AnchorSize(width: $0[0], height: $0[1]) } }
            variances = try keys.optional("variances") ?? [1, 1]
            guard variances.count == 2, variances.allSatisfy({ $0 > 0 && $0 < 1e5 }) else {
                throw keys.error("variances", "are not two numbers above 0: the centre's and the size's")
            }
        }
    }
}

extension HeadDescription.Part: Decodable {
    init(from decoder: any Decoder) throws {
        let keys = try KnownKeys(
            decoder,
            ["output", "outputs", "first", "count", "activation", "background", "coding", "units", "order"])
        if let output: HeadDescription.OutputName = try keys.optional("output") { outputs = [output] }
        if let several: [HeadDescription.OutputName] = try keys.optional("outputs") { outputs = several }
        guard !outputs.isEmpty else { throw keys.error("outputs", "are none") }
        first = try keys.number("first", in: 0...1_000_000) ?? 0
        count = try keys.number("count", in: 1...1_000_000)
        activation = try keys.choice("activation")
        background = try keys.number("background", in: 0...1_000_000)
        coding = try keys.choice("coding")
        units = try keys.choice("units")
        order = try keys.optional("order")
        if let order,
            order.filter({ $0 == "x" }).count != 1 || order.filter({ $0 == "y" }).count != 1
                || order.filter({ $0 == "p" }).count > 1 || order.contains(where: { !"xyp-".contains($0) })
        {
            throw keys.error("order", "is not made of x and y, at most one p, and -")
        }
    }
}

extension HeadDescription.OutputName: Decodable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int.self) {
            self = .number(number)
        } else {
            self = .name(try container.decode(String.self))
        }
    }
}
