// Weights in files beside a model. The model is not trusted: nothing outside of its folders is ever read.
import FoundationEssentials
import Glibc

/// Reads tensors' data from the files that a model names.
///
/// A location is a relative path without `..` in the folder that the model is named in. Symbolic links are followed
/// where they end in the folder that the model's file really lies in, or below: that is the same folder, or, where the
/// model is itself a link as in Hugging Face's cache, the one with all the contents. A file with several hard links is
/// refused: it could be one from elsewhere (CVE-2022-25882, CVE-2024-27318).
final class ONNXExternalData {
    /// The model's file; nil for a model that came as bytes.
    private let model: String?
    /// What was read so far.
    private(set) var files: Set<String> = []

    init(model: String?) { self.model = model }

    /// - Parameter location: TensorProto.external_data: "location", and perhaps "offset" and "length" in bytes.
    func read(_ location: [String: String], byteCount: Int) throws(ImportFailure) -> ByteSlice {
        guard let path = location["location"] else { throw .invalid("external data without a location") }
        guard let model else { throw .invalid("external data '\(path)' of a model that lies in no folder") }
        let offset = try number(location["offset"], "offset") ?? 0
        guard try number(location["length"], "length") ?? byteCount == byteCount else {
            throw .invalid("external data '\(path)' has \(location["length"] ?? "") bytes, the tensor \(byteCount)")
        }
        let folder = URL(fileURLWithPath: model).deletingLastPathComponent().path
        let descriptor = try open(path, in: folder, of: model)
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

    private func open(_ path: String, in folder: String, of model: String) throws(ImportFailure) -> Int32 {
        let steps = path.split(separator: "/", omittingEmptySubsequences: false)
        guard !path.utf8.contains(0), steps.allSatisfy({ !$0.isEmpty && $0 != ".." }) else {
            throw .invalid("external data '\(path)' is not inside the model's folder")
        }
        if let descriptor = try open(steps, in: folder, path) { return descriptor }
        // Where the links led when they were looked at, no link may stand when the file is opened.
        guard let root = realPath(model)?.dropLast(), let target = realPath("\(folder)/\(path)"),
            target.starts(with: root),
            let descriptor = try open(target[root.count...], in: "/" + root.joined(separator: "/"), path)
        else {
            throw .invalid("external data '\(path)' is reached through a link that leads out of the model's folder")
        }
        return descriptor
    }

    /// The steps from `/` to a file, links followed.
    private func realPath(_ path: String) -> [Substring]? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved).split(separator: "/")
    }

    /// Opens a file inside a folder, one step of its path after another.
    /// - Returns: nil where a step is a link.
    private func open(
        _ steps: some Collection<Substring>, in folder: String, _ path: String
    ) throws(ImportFailure) -> Int32? {
        var descriptor = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system("the model's folder cannot be opened") }
        for (index, step) in steps.enumerated() {
            let isLast = index == steps.count - 1
            let flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | (isLast ? 0 : O_DIRECTORY)
            let next = openat(descriptor, String(step), flags)
            let reason = errno
            close(descriptor)
            guard next >= 0 else {
                errno = reason
                if reason == ELOOP || reason == ENOTDIR { return nil }
                throw .system("external data '\(path)' cannot be opened")
            }
            descriptor = next
        }
        return descriptor
    }
}
