// Files that are no models, known by their first bytes, so that errors can say what they are. A value type.

struct ForeignFile {
    /// What it is, as "a ZIP archive".
    let kind: String

    /// Nil where it isn't known.
    init?(_ bytes: ByteSlice) {
        let known = Self.signatures.first { signature in
            let end = signature.offset + signature.bytes.count
            return bytes.count >= end && (signature.offset..<end).map { bytes[$0] } == signature.bytes
        }
        if let known {
            kind = known.kind
        } else if bytes.count > 0, Self.isText(bytes) {
            kind = "text"
        } else {
            return nil
        }
    }

    /// Whether the beginning is nothing but letters, signs and white space. A letter of several bytes may be cut off.
    private static func isText(_ bytes: ByteSlice) -> Bool {
        let head = (0..<min(bytes.count, 512)).map { bytes[$0] }
        guard head.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || (0x09...0x0D).contains($0) }) else { return false }
        return (0..<4).contains { String(validating: head.dropLast($0), as: UTF8.self) != nil }
    }

    var failure: ImportFailure { .invalid("neither an ONNX nor a TFLite model, but \(kind)") }

    private static let signatures: [(kind: String, offset: Int, bytes: [UInt8])] = [
        (
            "a ZIP archive, as MediaPipe's .task, PyTorch's .pt and Keras' .keras are; a TFLite or ONNX model in it must "
                + "be unpacked first", 0, [0x50, 0x4B, 0x03, 0x04]
        ),
        ("an MP4 or QuickTime video", 4, Array("ftyp".utf8)),
        ("a Matroska or WebM video", 0, [0x1A, 0x45, 0xDF, 0xA3]),
        ("an AVI video", 8, Array("AVI ".utf8)),
        ("a yuv4mpeg video", 0, Array("YUV4MPEG2".utf8)),
        ("an MPEG video", 0, [0x00, 0x00, 0x01, 0xBA]),
        ("an MPEG transport stream", 188, [0x47, 0x40]),
        ("a Flash video", 0, Array("FLV".utf8)),
        ("an Ogg file", 0, Array("OggS".utf8)),
        ("a TIFF picture", 0, [0x49, 0x49, 0x2A, 0x00]),
        ("a TIFF picture", 0, [0x4D, 0x4D, 0x00, 0x2A]),
        ("a WebP picture", 8, Array("WEBP".utf8)),
        ("a PNG picture", 0, [0x89, 0x50, 0x4E, 0x47]),
        ("a JPEG picture", 0, [0xFF, 0xD8, 0xFF]),
        ("a GIF picture", 0, Array("GIF8".utf8)),
        ("a BMP picture", 0, Array("BM".utf8)),
        ("an HDF5 file, as Keras writes", 0, [0x89, 0x48, 0x44, 0x46]),
        ("a compressed file (gzip)", 0, [0x1F, 0x8B]),
        ("a NumPy array", 0, [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]),
        ("JSON text", 0, Array("{".utf8)),
        ("XML text, as OpenVINO's or a web page", 0, Array("<".utf8)),
    ]
}
