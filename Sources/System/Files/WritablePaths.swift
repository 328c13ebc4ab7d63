// Whether results can be written to a path, found out before there is much to lose. Any thread.

import Glibc

/// The folder that a path's last component is in, "." where it names none, and that component. (Foundation's own way
/// traps on Linux for a path of one letter.)
package func splitPath(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    let folder = path[..<slash]
    return (folder.isEmpty ? "/" : String(folder), String(path[slash...].dropFirst()))
}

/// What stands in the way of writing a file, which stays as it is.
/// - Returns: an error number; nil for nothing.
package func obstacle(toWriting path: String) -> Int32? {
    if path.hasSuffix("/") || isDirectory(path) { return EISDIR }
    if access(path, W_OK) == 0 { return nil }
    guard errno == ENOENT, !path.isEmpty else { return errno }
    return access(splitPath(path).folder, W_OK | X_OK) == 0 ? nil : errno
}

/// Makes a folder for files, and those that it is in, where it isn't there.
/// - Returns: the error number of what stands in the way of it, or of files in it; nil for nothing.
package func makeFolder(_ path: String) -> Int32? {
    if mkdir(path, 0o777) != 0, errno == ENOENT {
        let parent = splitPath(path).folder
        guard !path.isEmpty, parent != path else { return ENOENT }
        if let number = makeFolder(parent) { return number }
        _ = mkdir(path, 0o777)
    }
    if access(path, W_OK | X_OK) != 0 { return errno }
    return isDirectory(path) ? nil : ENOTDIR
}

/// The corresponding C function is `stat`.
package func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}
