// Pictures as a stream, one frame a picture: those of a folder, or a numbered sequence. Belongs to the thread that
// pulls.

import FoundationEssentials
import Kernels

/// The pictures of a folder in natural order (`2.png` before `10.png`); one that can't be read is an error in its
/// place. Subfolders, and files whose names aren't those of pictures, are left out and noted; hidden files are left
/// out. Or those of a sequence, in the order of their numbers.
package final class PictureFolderSource: FrameSource {
    /// What the user named.
    private let name: String
    private let folder: String
    private let fileNames: [String]
    private let options: SourceOptions
    private var position = 0
    private let skippedNote: String?
    private var pictureNotes: [String] = []
    private var furtherNotes = 0

    package var expectedFrameCount: Int? { fileNames.count }
    package var isFolder: Bool { true }

    package var notes: [String] {
        let more = furtherNotes > 0 ? ["\(name): the same is true of \(furtherNotes) more of its pictures"] : []
        return (skippedNote.map { [$0] } ?? []) + pictureNotes + more
    }

    /// - Throws: `VideoError` when the folder can't be read or has no pictures.
    init(path: String, _ options: SourceOptions = SourceOptions()) throws(VideoError) {
        self.options = options
        let entries: [String]
        do {
            entries = try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw VideoError(.unreadable, path, "the folder can't be listed")
        }
        (name, folder) = (path, path)
        let visible = entries.filter { !$0.hasPrefix(".") }.sorted(by: precedesNaturally)
        var (fileNames, skipped) = ([String](), [String]())
        for name in visible {
            if isPictureName(name), canBePicture(path + "/" + name) {
                fileNames.append(name)
            } else {
                skipped.append(name)
            }
        }
        self.fileNames = fileNames
        guard !fileNames.isEmpty else {
            throw VideoError(.noPictures, path, "no \(pictureExtensions.sorted().joined(separator: ", ")) files")
        }
        let shown = skipped.prefix(3).joined(separator: ", ") + (skipped.count > 3 ? ", …" : "")
        skippedNote =
            skipped.isEmpty
            ? nil
            : "\(path): \(skipped.count) left out that \(skipped.count == 1 ? "is" : "are") no "
                + "picture by name: \(shown)"
    }

    /// - Throws: `VideoError` when its folder can't be read or has no such file.
    init(_ sequence: NumberedSequence, _ options: SourceOptions = SourceOptions()) throws(VideoError) {
        let listing = try sequence.list()
        (name, folder, fileNames) = (sequence.pattern, sequence.folder, listing.fileNames)
        (skippedNote, self.options) = (listing.gapNote, options)
    }

    package func next() throws(VideoError) -> VideoFrame? {
        guard position < fileNames.count else { return nil }
        let fileName = fileNames[position]
        position += 1
        let picture = try VideoFileSource(path: folder + "/" + fileName, options)
        // A picture's source gives a first frame or throws.
        let frame = try picture.next()
        keepNotes(of: picture)
        return frame.map { VideoFrame(image: $0.image, presentationNanoseconds: nil, fileName: fileName) }
    }

    private func keepNotes(of picture: VideoFileSource) {
        if pictureNotes.isEmpty { pictureNotes = picture.notes } else if !picture.notes.isEmpty { furtherNotes += 1 }
    }
}

/// Extensions of the pictures that FFmpeg reads.
private let pictureExtensions: Set<String> = [
    "avif", "bmp", "dds", "dib", "dpx", "exr", "gif", "hdr", "heic", "heif", "j2k", "jfif", "jp2", "jpe", "jpeg", "jpg",
    "jxl", "pam", "pbm", "pcx", "pfm", "pgm", "png", "pnm", "ppm", "psd", "qoi", "ras", "sgi", "tga", "tif", "tiff",
    "webp",
]

/// Whether a file is a picture, going by its name.
package func isPictureName(_ name: String) -> Bool {
    guard let dot = name.lastIndex(of: ".") else { return false }
    return pictureExtensions.contains(name[dot...].dropFirst().lowercased())
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
