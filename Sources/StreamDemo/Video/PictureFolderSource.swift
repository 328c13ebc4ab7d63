// A folder of pictures as a stream, one frame a picture. Belongs to the thread that pulls.

import FoundationEssentials
import Kernels

/// The pictures of a folder in natural order (`2.png` before `10.png`), subfolders and hidden files left out.
final class PictureFolderSource: FrameSource {
    private let folder: String
    private let fileNames: [String]
    private var position = 0

    private static let extensions: Set<String> = [
        "jpg", "jpeg", "png", "bmp", "webp", "gif", "tif", "tiff", "ppm", "pgm",
    ]

    var expectedFrameCount: Int? { fileNames.count }

    /// - Throws: `VideoError` when the folder can't be read or has no pictures.
    init(path: String) throws(VideoError) {
        let entries: [String]
        do {
            entries = try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw VideoError(.unreadable, path, "the folder can't be listed")
        }
        folder = path
        fileNames =
            entries
            .filter { Self.isPicture($0) && isRegularFile(path + "/" + $0) }
            .sorted(by: precedesNaturally)
        guard !fileNames.isEmpty else {
            throw VideoError(.noPictures, path, "no \(Self.extensions.sorted().joined(separator: ", ")) files")
        }
    }

    func next() throws(VideoError) -> VideoFrame? {
        guard position < fileNames.count else { return nil }
        let fileName = fileNames[position]
        position += 1
        do throws(VideoError) {
            let picture = try VideoFileSource(path: folder + "/" + fileName)
            // A picture's source gives a first frame or throws.
            return try picture.next().map {
                VideoFrame(image: $0.image, presentationNanoseconds: nil, fileName: fileName)
            }
        } catch {
            position = fileNames.count
            throw error
        }
    }

    private static func isPicture(_ fileName: String) -> Bool {
        guard !fileName.hasPrefix("."), let dot = fileName.lastIndex(of: ".") else { return false }
        return extensions.contains(fileName[dot...].dropFirst().lowercased())
    }
}

/// Orders names as people count: runs of digits by their value, everything else by code point without case, and equal
/// names by their spelling.
func precedesNaturally(_ left: String, _ right: String) -> Bool {
    var (a, b) = (Substring(left.lowercased()).utf8, Substring(right.lowercased()).utf8)
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    while let x = a.first, let y = b.first {
        if digits.contains(x), digits.contains(y) {
            let m = a.prefix(while: digits.contains).drop { $0 == digits.lowerBound }
            let n = b.prefix(while: digits.contains).drop { $0 == digits.lowerBound }
            // Without leading zeros, the longer number is the larger.
            if m.count != n.count { return m.count < n.count }
            if !m.elementsEqual(n) { return m.lexicographicallyPrecedes(n) }
            a = a.drop(while: digits.contains)
            b = b.drop(while: digits.contains)
        } else {
            if x != y { return x < y }
            a = a.dropFirst()
            b = b.dropFirst()
        }
    }
    return a.isEmpty && b.isEmpty ? left < right : a.isEmpty
}
