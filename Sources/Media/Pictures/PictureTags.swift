// What a picture file says of itself beside its pixels, where FFmpeg's versions don't all tell: Exif's orientation, and
// whether a WebP moves. Reads hostile bytes: every offset is checked, every step goes forward. Pure.

/// The bytes of one JPEG, PNG, WebP or TIFF picture.
struct PictureTags {
    private let bytes: UnsafeRawBufferPointer

    /// - Parameter bytes: valid while this value is used.
    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// The value of the orientation tag, 1 to 8; nil where there is none, or damage before it.
    var orientation: Int? {
        if starts(with: [0xFF, 0xD8]) { return jpegOrientation }
        if starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return pngOrientation }
        if isWebP { return webPChunk("EXIF").flatMap { tiffOrientation(skippingName($0)) } }
        return tiffOrientation(0..<bytes.count)
    }

    /// Whether this is a WebP of several pictures, which FFmpeg doesn't decode.
    var isAnimatedWebP: Bool { isWebP && webPChunk("ANIM") != nil }

    // MARK: Containers

    /// Exif is in a segment APP1, before the pixels.
    private var jpegOrientation: Int? {
        var offset = 2
        while let marker = byte(offset + 1), byte(offset) == 0xFF {
            switch marker {
            case 0xFF: offset += 1  // padding
            case 0x01, 0xD0...0xD8: offset += 2  // markers without a length
            case 0xD9, 0xDA: return nil
            default:
                guard let length = number(at: offset + 2, 2, isLittleEndian: false), length >= 2 else { return nil }
                let content = offset + 4..<offset + 2 + length
                let inner = skippingName(content)
                if marker == 0xE1, inner != content, let found = tiffOrientation(inner) { return found }
                offset = content.upperBound
            }
        }
        return nil
    }

    private var pngOrientation: Int? {
        var offset = 8
        while let length = number(at: offset, 4, isLittleEndian: false), let name = text(at: offset + 4) {
            if name == "eXIf" { return tiffOrientation(skippingName(offset + 8..<offset + 8 + length)) }
            offset += 12 + length
        }
        return nil
    }

    private var isWebP: Bool { text(at: 0) == "RIFF" && text(at: 8) == "WEBP" }

    private func webPChunk(_ name: String) -> Range<Int>? {
        var offset = 12
        while let found = text(at: offset), let length = number(at: offset + 4, 4, isLittleEndian: true) {
            if found == name { return offset + 8..<offset + 8 + length }
            offset += 8 + length + length % 2
        }
        return nil
    }

    // MARK: Exif

    /// Without the name that Exif has in JPEG files, and from some writers elsewhere.
    private func skippingName(_ range: Range<Int>) -> Range<Int> {
        let isNamed =
            range.count >= 6 && text(at: range.lowerBound) == "Exif"
            && number(at: range.lowerBound + 4, 2, isLittleEndian: true) == 0
        return isNamed ? range.lowerBound + 6..<range.upperBound : range
    }

    /// Looks through the first directory of a TIFF structure.
    private func tiffOrientation(_ range: Range<Int>) -> Int? {
        guard range.upperBound <= bytes.count else { return nil }
        let tiff = PictureTags(UnsafeRawBufferPointer(rebasing: bytes[range]))
        let isLittleEndian = tiff.starts(with: [0x49, 0x49])
        guard isLittleEndian || tiff.starts(with: [0x4D, 0x4D]) else { return nil }
        func number(_ offset: Int, _ count: Int) -> Int? {
            tiff.number(at: offset, count, isLittleEndian: isLittleEndian)
        }
        guard number(2, 2) == 42, let directory = number(4, 4), let count = number(directory, 2) else { return nil }
        for entry in 0..<count {
            let offset = directory + 2 + 12 * entry
            guard let tag = number(offset, 2) else { return nil }
            guard tag == 274 else { continue }
            // A SHORT by the standard; some write a LONG.
            guard let value = number(offset + 8, number(offset + 2, 2) == 4 ? 4 : 2) else { return nil }
            return (1...8).contains(value) ? value : nil
        }
        return nil
    }

    // MARK: Bytes

    private func byte(_ offset: Int) -> UInt8? { bytes.indices.contains(offset) ? bytes[offset] : nil }

    private func starts(with start: [UInt8]) -> Bool { bytes.starts(with: start) }

    private func number(at offset: Int, _ count: Int, isLittleEndian: Bool) -> Int? {
        guard offset >= 0, offset + count <= bytes.count else { return nil }
        let digits = bytes[offset..<offset + count]
        return isLittleEndian
            ? digits.reversed().reduce(0) { $0 << 8 | Int($1) } : digits.reduce(0) { $0 << 8 | Int($1) }
    }

    private func text(at offset: Int) -> String? {
        guard offset >= 0, offset + 4 <= bytes.count else { return nil }
        return String(decoding: bytes[offset..<offset + 4], as: UTF8.self)
    }
}
