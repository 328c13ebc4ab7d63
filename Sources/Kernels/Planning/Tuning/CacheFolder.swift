// An open folder that only its user may write to. Made for one read or write, used on one thread.

import FoundationEssentials
import Glibc

/// Files are opened relative to the folder that was checked, so that nobody can put another one in its place.
package struct CacheFolder: ~Copyable {
    private let descriptor: Int32
    private let user: uid_t

    /// Opens a folder; nil where it is missing, a symbolic link, another user's, or one that others may write to.
    package init?(_ path: String, user: uid_t) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        guard Self.isOwn(descriptor, S_IFDIR, user) != nil else {
            close(descriptor)
            return nil
        }
        (self.descriptor, self.user) = (descriptor, user)
    }

    /// The same, after making the folder and those above it that are missing, for this user alone.
    package init?(creating path: String, user: uid_t) {
        for end in path.indices.dropFirst() where path[end] == "/" { mkdir(String(path[..<end]), 0o700) }
        mkdir(path, 0o700)
        self.init(path, user: user)
    }

    deinit { close(descriptor) }

    /// The whole of a file; nil where it isn't a regular file of the user's that nobody else may write to, or is larger
    /// than `limit`.
    package func read(_ name: String, _ limit: Int) -> Data? {
        // A named pipe must not hold up the program.
        let file = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        guard let status = Self.isOwn(file, S_IFREG, user), status.st_size <= limit else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress! + count, $0.count - count) }
            if got < 0 && errno == EINTR { continue }
            guard got > 0 else { return nil }
            count += got
        }
        return Data(bytes)
    }

    /// Puts a file in the place of another in one step: readers see the one or the other, never a part.
    /// - Returns: whether it could be written.
    package func replace(_ name: String, _ bytes: Data) -> Bool {
        let temporary = ".\(name).\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        let file = openat(descriptor, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { return false }
        var isWritten = Self.write(bytes, file)
        isWritten = close(file) == 0 && isWritten
        if isWritten && renameat(descriptor, temporary, descriptor, name) == 0 { return true }
        unlinkat(descriptor, temporary, 0)
        return false
    }

    /// Deletes a file, if there is one.
    package func remove(_ name: String) { unlinkat(descriptor, name, 0) }

    private static func write(_ bytes: Data, _ file: Int32) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var count = 0
            while count < bytes.count {
                let put = Glibc.write(file, bytes.baseAddress! + count, bytes.count - count)
                if put < 0 && errno == EINTR { continue }
                guard put > 0 else { return false }
                count += put
            }
            return true
        }
    }

    /// What the system says of an open file of this kind and user; nil for others, and where others may write to it.
    private static func isOwn(_ file: Int32, _ kind: mode_t, _ user: uid_t) -> stat? {
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == kind, status.st_uid == user,
            status.st_mode & (S_IWGRP | S_IWOTH) == 0
        else { return nil }
        return status
    }
}
