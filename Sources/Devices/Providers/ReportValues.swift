// Values as reports have them: nulls in JSON, sizes in text.

import System

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

/// "32 KiB".
func shortText(bytes count: Int) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB"]
    var (value, unit) = (Double(count), 0)
    while value >= 1024, unit < units.count - 1 { (value, unit) = (value / 1024, unit + 1) }
    return "\(value.formatted(digits: value < 100 && value != value.rounded() ? 1 : 0)) \(units[unit])"
}
