// Where board profiles come from: those in the program, and files.

import FoundationEssentials
import Glibc
import System

extension BoardProfile {
    /// Names of the boards that the program brings along.
    public static let builtInNames = ["exynos5422", "kirin970"]

    /// A board that the program brings along; nil where it has none of that name, whatever its case.
    public static func builtIn(_ name: String) -> BoardProfile? {
        let bytes: [UInt8]
        switch name.lowercased() {
        case "exynos5422": bytes = PackageResources.exynos5422_json
        case "kirin970": bytes = PackageResources.kirin970_json
        default: return nil
        }
        do {
            return try BoardProfile(json: Data(bytes), file: "\(name.lowercased()).json")
        } catch {
            preconditionFailure("\(error)")
        }
    }

    /// Reads a profile.
    /// - Throws: `BoardProfileError` naming the file, and the field that is wrong.
    public init(file: String) throws(BoardProfileError) {
        guard access(file, R_OK) == 0 else {
            throw BoardProfileError(file: file, reason: String(cString: strerror(errno)))
        }
        let data: Data
        do { data = try Data(contentsOf: URL(fileURLWithPath: file)) } catch {
            throw BoardProfileError(file: file, reason: "cannot be read")
        }
        try self.init(json: data, file: file)
    }

    /// - Parameter file: what errors call it.
    /// - Throws: `BoardProfileError` naming the file, and the field that is wrong.
    init(json: Data, file: String) throws(BoardProfileError) {
        do {
            self = try decodeJSON(BoardProfile.self, from: json)
            if let key = try Self.unknownKey(in: decodeJSON(JSONValue.self, from: json), beside: known()) {
                throw BoardProfileFault(field: key, reason: "is no field of a board profile")
            }
        } catch let fault as BoardProfileFault {
            throw BoardProfileError(file: file, reason: "\(fault)")
        } catch let error as DecodingError {
            throw BoardProfileError(file: file, reason: "\(BoardProfileFault(error))")
        } catch {
            throw BoardProfileError(file: file, reason: "is not JSON")
        }
    }

    /// The profile as JSON has it: what a file says beside that, nobody has read.
    private func known() throws -> JSONValue { try decodeJSON(JSONValue.self, from: json()) }

    /// The first key, with the path to it, that an object or a part of it has beside another; nulls don't count.
    private static func unknownKey(in json: JSONValue, beside known: JSONValue, at path: String = "") -> String? {
        switch (json, known) {
        case (.object(let object), .object(let known)):
            for (key, value) in object.sorted(by: { $0.key < $1.key }) where value != .null {
                let place = path.isEmpty ? key : "\(path).\(key)"
                guard let counterpart = known[key] else { return place }
                if let unknown = unknownKey(in: value, beside: counterpart, at: place) { return unknown }
            }
        case (.list(let list), .list(let known)):
            for (index, pair) in zip(list, known).enumerated() {
                if let key = unknownKey(in: pair.0, beside: pair.1, at: "\(path)[\(index)]") { return key }
            }
        default: break
        }
        return nil
    }

    /// The profile as a file holds it, indented, keys in a fixed order.
    public func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }
}

/// A board profile that cannot be had: which file, and why.
public struct BoardProfileError: Error, Hashable, CustomStringConvertible {
    public let file: String
    public let reason: String

    public var description: String { "board profile '\(file)': \(reason)" }
}

extension BoardProfileFault {
    /// What a decoder found, in the words of the file.
    init(_ error: DecodingError) {
        switch error {
        case .keyNotFound(let key, let context):
            self.init(field: Self.path(context.codingPath + [key]), reason: "is missing")
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            self.init(field: Self.path(context.codingPath), reason: "is not \(Self.word(for: type))")
        case .dataCorrupted(let context):
            let path = Self.path(context.codingPath)
            // Without a path it is the parser that failed: it doesn't say where.
            self.init(
                field: path,
                reason: path.isEmpty ? "is not JSON, or has a number out of range" : context.debugDescription)
        @unknown default:
            self.init(field: "", reason: "cannot be read")
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        keys.reduce("") { path, key in
            if let index = key.intValue { return path + "[\(index)]" }
            return path.isEmpty ? key.stringValue : "\(path).\(key.stringValue)"
        }
    }

    private static func word(for type: Any.Type) -> String {
        switch type {
        case is String.Type: "text"
        case is Double.Type, is Int.Type: "a number"
        case is Bool.Type: "true or false"
        case is [Any].Type: "a list"
        default: "an object"
        }
    }
}
