// Which files this run reads and writes: no result takes the place of a file that is read, or of another result. One
// for the process, since that runs one command; any thread.

import Foundation
import Media
import Synchronization
import System

/// Files by what they are on the disk, so that links and other spellings of a path don't matter. Whoever is about to
/// read or write a file says so first; nothing is written before everything was said.
final class FilesInUse: Sendable {
    static let ofThisRun = FilesInUse()

    private enum Use { case reading, writing }
    private struct Known {
        let use: Use
        let path: String
    }
    private struct State {
        var files: [FileIdentity: Known] = [:]
        /// Folders all of whose files are read, with their links resolved.
        var folders: [String] = []
        /// Folders whose pictures are read, resolved too.
        var pictureFolders: [String] = []
    }
    private let state = Mutex(State())

    /// A file is read, or standard input for `-`; missing ones don't matter.
    /// - Throws: `UsageError` where a result goes there.
    func reads(_ path: String?) throws {
        guard let path, let file = path == "-" ? FileIdentity(descriptor: STDIN_FILENO) : FileIdentity(path),
            file.isFile
        else { return }
        try state.withLock { state in
            if let known = state.files[file], known.use == .writing { throw Self.overwriting(known.path, path) }
            state.files[file] = Known(use: .reading, path: path)
        }
    }

    /// A video, a picture, the pictures of a folder or a sequence, or standard input for `-` are read.
    /// - Throws: as `reads`.
    func reads(input: String?) throws {
        if let input, !FileManager.default.fileExists(atPath: input), let sequence = NumberedSequence(pattern: input) {
            for path in sequence.paths { try reads(path) }
        }
        guard let input, input != "-", isDirectory(input) else { return try reads(input) }
        if let real = Self.resolved(input) { state.withLock { $0.pictureFolders.append(real) } }
        for name in (try? FileManager.default.contentsOfDirectory(atPath: input)) ?? [] {
            // Anything else, such as results of an earlier run, may lie among the pictures.
            if isPictureName(name) { try reads("\(input)/\(name)") }
        }
    }

    /// Everything in a folder is read.
    /// - Throws: as `reads`.
    func reads(folder: String) throws {
        guard let real = Self.resolved(folder) else { return }
        let prefix = real + "/"
        try state.withLock { state in
            state.folders.append(prefix)
            for known in state.files.values where known.use == .writing { try Self.check(known.path, in: [prefix]) }
        }
    }

    /// A result goes to a file, or to standard output for `-`. Special files, such as /dev/null, take any number.
    /// - Throws: `UsageError` where that is a file that is read, or has a result already.
    func writes(_ path: String) throws {
        let isOutput = isStandardOutput(path)
        let file = isOutput ? FileIdentity(descriptor: STDOUT_FILENO) : FileIdentity(path)
        try state.withLock { state in
            for file in [file, isOutput ? .standardOutput : nil].compactMap(\.self) {
                if let known = state.files[file] {
                    guard known.use == .writing else { throw Self.overwriting(path, known.path) }
                    let names = known.path == path ? "'\(path)'" : "'\(known.path)' and '\(path)', one place"
                    throw UsageError("two results would go to \(names): each needs a place of its own")
                }
                state.files[file] = Known(use: .writing, path: path)
            }
            try Self.check(path, in: state.folders)
        }
    }

    /// Drawn pictures go into a folder, each by its frame's number.
    /// - Throws: `UsageError` where that folder's pictures are read, or a file that one may take the place of.
    func writes(picturesIn folder: String) throws {
        let isRead = Self.resolved(folder).map { real in state.withLock { $0.pictureFolders.contains(real) } }
        if isRead == true {
            throw UsageError("the pictures of '\(folder)' are read by this command: drawn ones would lie among them")
        }
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        where DrawnOutputs.isNumbered(name) { try writes("\(folder)/\(name)") }
    }

    private static func resolved(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }

    private static func overwriting(_ written: String, _ read: String) -> UsageError {
        written == read
            ? UsageError("'\(written)' is read by this command: a result would overwrite it")
            : UsageError("'\(written)' is '\(read)', which this command reads: a result would overwrite it")
    }

    private static func check(_ path: String, in folders: [String]) throws {
        guard let place = resolved(path) else { return }
        if let folder = folders.first(where: place.hasPrefix) {
            throw UsageError("'\(path)' is read by this command, as all in '\(folder)': a result would overwrite it")
        }
    }
}

/// What a path leads to.
private enum FileIdentity: Hashable {
    case standardOutput
    case file(device: UInt, number: UInt)
    case pipe(device: UInt, number: UInt)
    /// Not there yet: the folder that it would be in, and its name.
    case missing(folderDevice: UInt, folderNumber: UInt, name: String)

    /// nil for devices, folders, and what lies in no folder that is there.
    init?(_ path: String) {
        var status = stat()
        if stat(path, &status) == 0 {
            self.init(status)
        } else {
            self.init(missing: path, linksLeft: 40)
        }
    }

    init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    private init?(_ status: stat) {
        switch status.st_mode & S_IFMT {
        case S_IFREG: self = .file(device: UInt(status.st_dev), number: UInt(status.st_ino))
        case S_IFIFO: self = .pipe(device: UInt(status.st_dev), number: UInt(status.st_ino))
        default: return nil
        }
    }

    /// A link that leads nowhere is made into a file where it leads to.
    private init?(missing path: String, linksLeft: Int) {
        let (folder, name) = splitPath(path)
        var status = stat()
        guard linksLeft > 0, !path.isEmpty, stat(folder, &status) == 0 else { return nil }
        if let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) {
            self.init(missing: target.hasPrefix("/") ? target : "\(folder)/\(target)", linksLeft: linksLeft - 1)
        } else {
            self = .missing(folderDevice: UInt(status.st_dev), folderNumber: UInt(status.st_ino), name: name)
        }
    }

    /// Whether writing destroys what was there.
    var isFile: Bool { if case .file = self { true } else { false } }
}

/// Whether results that go there go to standard output.
func isStandardOutput(_ path: String) -> Bool { ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].contains(path) }
