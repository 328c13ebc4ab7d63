// A folder that looks like the root of a machine's /sys and /proc, and that a test changes as hardware would.

import Foundation
import System

/// A temporary root folder, removed with this object.
final class FixtureRoot: Sendable {
    let path: String
    var files: SystemFiles { SystemFiles(root: path) }

    /// - Parameter files: their texts by path from the root; folders are made.
    init(_ files: [String: String] = [:]) throws {
        // In memory, as /sys is: a disk's file system may take seconds to replace a file while others write.
        let isInMemory = access("/dev/shm", W_OK) == 0
        let folder = isInMemory ? URL(fileURLWithPath: "/dev/shm") : FileManager.default.temporaryDirectory
        path = folder.appendingPathComponent("root-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for (file, text) in files { try write(text, file) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Makes or replaces a file as a whole, so that a reader never sees half of it.
    func write(_ text: String, _ file: String) throws {
        let url = URL(fileURLWithPath: path).appendingPathComponent(file)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data((text + "\n").utf8).write(to: url, options: .atomic)
    }

    func read(_ file: String) throws -> String { try files.text(file) }

    func remove(_ file: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(file)") }
}
