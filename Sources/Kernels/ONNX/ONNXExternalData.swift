// Weights in files beside a model. The model is not trusted: nothing outside of its folder is ever read.
import Foundation

/// Reads tensors' data from the files that a model names.
///
/// A location is a relative path without `..`. Every step of it is opened without following symbolic links, and a file
/// with several hard links is refused: it could be one from elsewhere (CVE-2022-25882, CVE-2024-27318).
final class ONNXExternalData {
    /// The model's folder; nil for a model that came as bytes.
    let folder: String?
    /// What was read so far.
    private(set) var files: Set<String> = []

    init(folder: String?) { self.folder = folder }

    /// - Parameter location: TensorProto.external_data: "location", and perhaps "offset" and "length" in bytes.
    func read(_ location: [String: String], byteCount: Int) throws(ImportFailure) -> ByteSlice {
        guard let path = location["location"] else { throw .invalid("external data without a location") }
        guard let folder else { throw .invalid("external data '\(path)' of a model that lies in no folder") }
        let offset = try number(location["offset"], "offset") ?? 0
        guard try number(location["length"], "length") ?? byteCount == byteCount else {
            throw .invalid("external data '\(path)' has \(location["length"] ?? "") bytes, the tensor \(byteCount)")
        }
        let descriptor = try open(path, in: folder)
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system("external data '\(path)' cannot be read") }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_nlink == 1 else {
            throw .invalid("external data '\(path)' is not a file of its own (a link, a folder or a device)")
        }
        let size = Int(status.st_size)
        guard offset <= size, byteCount <= size - offset else {
            throw .invalid("external data '\(path)' ends before byte \(offset) + \(byteCount)")
        }
        files.insert(folder + "/" + path)
        return ByteSlice(try ByteStorage(descriptor, offset: offset, count: byteCount, path))
    }

    private func number(_ text: String?, _ what: String) throws(ImportFailure) -> Int? {
        guard let text else { return nil }
        guard let number = Int(text), number >= 0 else { throw .invalid("external data has \(what) '\(text)'") }
        return number
    }

    /// Opens a file inside the folder, one step of its path after another.
    private func open(_ path: String, in folder: String) throws(ImportFailure) -> Int32 {
        let steps = path.split(separator: "/", omittingEmptySubsequences: false)
        guard !path.utf8.contains(0), steps.allSatisfy({ !$0.isEmpty && $0 != ".." }) else {
            throw .invalid("external data '\(path)' is not inside the model's folder")
        }
        var descriptor = Foundation.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system("the model's folder cannot be opened") }
        for (index, step) in steps.enumerated() {
            let isLast = index == steps.count - 1
            let flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | (isLast ? 0 : O_DIRECTORY)
            let next = openat(descriptor, String(step), flags)
            let reason = errno
            close(descriptor)
            guard next >= 0 else {
                errno = reason
                throw reason == ELOOP || reason == ENOTDIR
                    ? .invalid("external data '\(path)' is reached through a link")
                    : .system("external data '\(path)' cannot be opened")
            }
            descriptor = next
        }
        return descriptor
    }
}
