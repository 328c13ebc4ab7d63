// The keys of `--head`'s file. Decoding only.

import FoundationEssentials

/// Any key, so that unknown ones can be refused.
private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

/// An object's values by their names.
private struct KnownKeys {
    private let container: KeyedDecodingContainer<AnyKey>

    init(_ container: KeyedDecodingContainer<AnyKey>) { self.container = container }

    /// Refuses what is never asked for.
    func allow(_ known: [String]) throws {
        if let other = container.allKeys.map(\.stringValue).sorted().first(where: { !known.contains($0) }) {
            throw error(other, "is no key here (\(known.joined(separator: ", ")))")
        }
    }

    func has(_ key: String) -> Bool { container.contains(AnyKey(stringValue: key)) }

    /// An object of an object; nil where there is none, or null.
    func object(_ key: String) throws -> KnownKeys? {
        let key = AnyKey(stringValue: key)
        guard container.contains(key), try !container.decodeNil(forKey: key) else { return nil }
        return KnownKeys(try container.nestedContainer(keyedBy: AnyKey.self, forKey: key))
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
    /// The keys that a task uses, and those of its parts beside `output`: all else would be ignored.
    private static func keys(of task: ResultTask) -> (own: [String], parts: KeyValuePairs<String, [String]>) {
        let several = ["outputs", "first"]
        return switch task {
        case .classify: (["labels", "threshold"], ["scores": ["activation"]])
        case .detect:
            (
                ["labels", "threshold", "overlap", "per_class", "strides", "anchors", "variances"],
                [
                    "boxes": several + ["count", "coding", "units"],
                    "scores": several + ["count", "activation", "background"],
                    "objectness": several + ["activation"], "classes": several,
                    "keypoints": several + ["count", "order"],
                ]
            )
        case .segment: (["labels", "threshold"], ["scores": [], "classes": []])
        case .keypoints: ([], ["keypoints": ["first", "count", "units", "order"]])
        }
    }

    struct Keys: Decodable {
        let task: ResultTask
        let name: String?
        let labels: [String]?
        let threshold: Float?
        let overlap: Float?
        let perClass: Bool?
        let boxes: Part?
        let scores: Part?
        let objectness: Part?
        let classes: Part?
        let keypoints: Part?
        let strides: [Int]
        let anchors: [[AnchorSize]]
        let variances: [Float]?

        init(from decoder: any Decoder) throws {
            let keys = KnownKeys(try decoder.container(keyedBy: AnyKey.self))
            guard let task: ResultTask = try keys.choice("task") else { throw keys.error("task", "is left out") }
            self.task = task
            let known = HeadDescription.keys(of: task)
            try keys.allow(["task", "name"] + known.own + known.parts.map(\.key))
            func part(_ key: String) throws -> Part? {
                guard let part = known.parts.first(where: { $0.key == key }) else { return nil }
                return try keys.object(key).map { try Part($0, ["output"] + part.value) }
            }
            name = try keys.optional("name")
            labels = try keys.optional("labels")
            threshold = try keys.number("threshold", in: 0...1)
            overlap = try keys.number("overlap", in: 0...1)
            perClass = try keys.optional("per_class")
            boxes = try part("boxes")
            scores = try part("scores")
            objectness = try part("objectness")
            classes = try part("classes")
            keypoints = try part("keypoints")
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
            variances = try keys.optional("variances")
            if let variances, variances.count != 2 || !variances.allSatisfy({ $0 > 0 && $0 < 1e5 }) {
                throw keys.error("variances", "are not two numbers above 0: the centre's and the size's")
            }
        }
    }
}

extension HeadDescription.Part {
    fileprivate init(_ keys: KnownKeys, _ known: [String]) throws {
        try keys.allow(known)
        if keys.has("output"), keys.has("outputs") { throw keys.error("outputs", "are beside 'output': one of them") }
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
