// JSON that anybody may have written. Swift 6.0's decoder ends the process over text that isn't UTF-8, and over keys that
// no string can be; so that is looked for first.

import FoundationEssentials

/// Decodes a value.
/// - Throws: `DecodingError`.
package func decodeJSON<Value: Decodable>(_ type: Value.Type, from json: Data) throws -> Value {
    guard String(validating: json, as: UTF8.self) != nil, hasSoundStrings(json) else {
        throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "a string that none can be"))
    }
    return try JSONDecoder().decode(type, from: json)
}

/// Where in a text an error is: `rows.[0].network`; empty for the whole.
package func keyPath(_ keys: [any CodingKey]) -> String {
    keys.map { key in key.intValue.map { "[\($0)]" } ?? key.stringValue }.joined(separator: ".")
}

/// Whether what stands between quotation marks are strings. Whether the rest is JSON is the decoder's to say.
private func hasSoundStrings(_ json: Data) -> Bool {
    let bytes = [UInt8](json)
    var index = 0
    var isInString = false
    /// Whether the first half of a pair (UTF-16's) waits for its second.
    var isPairOpen = false
    while index < bytes.count {
        let byte = bytes[index]
        index += 1
        guard isInString else {
            isInString = byte == UInt8(ascii: "\"")
            continue
        }
        switch byte {
        case UInt8(ascii: "\""): isInString = false
        case UInt8(ascii: "\\"):
            guard index < bytes.count else { return false }
            let escape = bytes[index]
            index += 1
            if escape == UInt8(ascii: "u") {
                guard index + 4 <= bytes.count,
                    let unit = UInt16(hexadecimal: bytes[index..<index + 4])
                else { return false }
                index += 4
                guard (0xDC00...0xDFFF).contains(unit) == isPairOpen else { return false }
                isPairOpen = (0xD800...0xDBFF).contains(unit)
                continue
            }
            guard "\"\\/bfnrt".utf8.contains(escape) else { return false }
        case 0..<0x20: return false
        default: break
        }
        if isPairOpen { return false }
    }
    return true
}

extension UInt16 {
    /// Of four digits; nil where one is none.
    fileprivate init?(hexadecimal digits: ArraySlice<UInt8>) {
        self = 0
        for digit in digits {
            let value: UInt8
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = digit - UInt8(ascii: "A") + 10
            default: return nil
            }
            self = self << 4 | UInt16(value)
        }
    }
}
