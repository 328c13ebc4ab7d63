// Numbers in text for people, without Foundation and whatever the locale.

import Glibc

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

    /// Fixed-point text with three significant digits, or more in front of the point.
    package var threeDigits: String {
        guard isFinite, self != 0 else { return formatted(digits: 0) }
        return formatted(digits: Swift.max(0, 2 - Int(log10(abs(self)).rounded(.down))))
    }
}
