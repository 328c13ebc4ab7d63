// Where drawn pictures go: a video, a folder of pictures, or one picture. Belongs to one thread at a time.

import CFFmpeg
import Foundation
import Kernels
import System

/// Takes pictures in order.
package protocol DrawnOutput: AnyObject {
    /// What is said of it in the end: where, and by which encoder.
    var summary: String { get }

    /// - Parameter nanoseconds: when it is shown, from the first; nil where nobody knows.
    /// - Throws: `DrawingError`.
    func write(_ picture: DrawnPicture, number: Int, nanoseconds: Int?) throws

    /// What is written is whole then.
    /// - Parameter isAtEnd: whether the input has nothing more; else reading ended before it did.
    /// - Throws: `DrawingError`.
    func finish(isAtEnd: Bool) throws
}

/// Drawing that fails.
package struct DrawingError: Error, CustomStringConvertible, Sendable {
    let file: String?
    let reason: String
    package var description: String { "--draw\(file.map { " '\($0)'" } ?? ""): \(reason)" }
}

package enum DrawnOutputs {
    /// A picture for a name that ends as one's, a folder for one without an ending or that is there, else a video.
    /// - Parameter soundOf: the file whose sound a video keeps; nil for none.
    /// - Throws: `DrawingError` where it can't be.
    package static func open(_ path: String, soundOf: String?) throws -> any DrawnOutput {
        let ending = (path as NSString).pathExtension.lowercased()
        if path.hasSuffix("/") || ending.isEmpty || isDirectory(path) { return try PictureFolder(path) }
        if ["png", "jpg", "jpeg"].contains(ending) { return try SinglePicture(path) }
        return try VideoWriter(path, soundOf: soundOf)
    }

    /// Whether a file may be one of a folder's drawn pictures, by its name.
    package static func isNumbered(_ name: String) -> Bool { name.wholeMatch(of: /-?[0-9]{6,}\.png/) != nil }

    /// Whether all that is written goes into a file of this name.
    package static func isFile(_ path: String) -> Bool {
        !path.hasSuffix("/") && !(path as NSString).pathExtension.isEmpty && !isDirectory(path)
    }
}
