// Values as reports have them: nulls in JSON, numbers in text.

import Glibc

/// A value that the contract promises: null, rather than left out, where it isn't known.
package struct OrNull<Value: Encodable>: Encodable {
    package let value: Value?
    package init(_ value: Value?) { self.value = value }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let value { try container.encode(value) } else { try container.encodeNil() }
    }
}

extension OrNull: Equatable where Value: Equatable {}
extension OrNull: Sendable where Value: Sendable {}

extension Double {
    /// With so many digits after the point.
    package func formatted(digits: Int) -> String {
        guard isFinite else { return "\(self)" }
        let text = withVaList([CInt(digits), self]) { arguments in
            // The largest number has 309 digits before the point.
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: 320 + digits) { buffer in
                vsnprintf(buffer.baseAddress, buffer.count, "%.*f", arguments)
                return String(cString: buffer.baseAddress!)
            }
        }
        guard digits > 0 else { return text }
        // A host may have asked C for commas.
        return text.prefix { $0.isNumber || $0 == "-" } + "." + text.suffix(digits)
    }
}

/// "32 KiB".
func shortText(bytes count: Int) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB"]
    var (value, unit) = (Double(count), 0)
    while value >= 1024, unit < units.count - 1 { (value, unit) = (value / 1024, unit + 1) }
    return "\(value.formatted(digits: value < 100 && value != value.rounded() ? 1 : 0)) \(units[unit])"
}
