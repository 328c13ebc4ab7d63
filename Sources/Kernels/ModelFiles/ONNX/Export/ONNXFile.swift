// The public way out: a network as an ONNX file.
import Glibc
import NetworkGraph

/// A network as an ONNX model (opset 18, IR version 8), which ONNX Runtime and others read, and this library's importer
/// as the network that it was.
///
/// Values and weights that lie on grids are written as pairs of QuantizeLinear and DequantizeLinear (QDQ): weights and
/// biases as whole numbers of 8 and 32 bits with a scale an output channel, where theirs is that grid; all else as
/// FP32. A network that takes frames becomes a model of N×C×H×W floats, of three channels normalised as for ImageNet and
/// of others from 0 to 1, which is how `Network(modelFile:)` reads it; where the network's normalisation is another, the
/// model begins with what leads to it. Channels other than R, G, B, and a fit other than stretching, stand in its
/// metadata. Names of nodes, inputs and outputs stay.
public struct ONNXFile: Sendable {
    /// The file's size.
    public let byteCount: Int
    private let pieces: [ProtobufWriter.Piece]

    /// Holds the weights that the network holds, and copies those on grids.
    /// - Throws: `ONNXExportError.unsupported` naming the node that can't be written, or `.tooLarge`.
    public init(_ network: Network) throws(ONNXExportError) {
        var exporter = ONNXExporter(network)
        let model = try exporter.model()
        guard model.byteCount <= Int(Int32.max) else {
            throw .tooLarge(network: network.name, byteCount: model.byteCount)
        }
        (byteCount, pieces) = (model.byteCount, model.pieces)
    }

    /// The file's contents.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(byteCount)
        for piece in pieces { piece.withBytes { bytes.append(contentsOf: $0) } }
        return bytes
    }

    /// Writes the file, whole or not at all: to another name beside it, which then takes its place. Through symbolic
    /// links.
    /// - Throws: `ONNXExportError.unwritable`.
    public func write(to path: String) throws(ONNXExportError) {
        let target = Self.resolved(path)
        let temporary = "\(target).\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw Self.unwritable(path) }
        var failure: ONNXExportError?
        let isWritten = pieces.allSatisfy { piece in piece.withBytes { Self.write($0, to: file) } }
        if !isWritten { failure = Self.unwritable(path) }
        // Some file systems say only now that there was no room.
        if close(file) != 0, failure == nil { failure = Self.unwritable(path) }
        if failure == nil, rename(temporary, target) != 0 { failure = Self.unwritable(path) }
        if let failure {
            unlink(temporary)
            throw failure
        }
    }

    /// Whether a file could be written here, without writing one: to find out before there is much to lose.
    /// - Throws: `ONNXExportError.unwritable`, also for what is there and is no regular file.
    public static func checkWritable(_ path: String) throws(ONNXExportError) {
        guard !path.hasSuffix("/") else { throw .unwritable(path: path, reason: "it is a folder") }
        let target = resolved(path)
        var status = stat()
        if stat(target, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFREG else {
                throw .unwritable(path: path, reason: "it is not a regular file")
            }
        } else if errno != ENOENT {
            throw unwritable(path)
        }
        // Not by Foundation, which traps on Linux for a path of one letter.
        let folder = target.lastIndex(of: "/").map { $0 == target.startIndex ? "/" : target[..<$0] } ?? "."
        guard !target.isEmpty, access(String(folder), W_OK | X_OK) == 0 else { throw unwritable(path) }
    }

    /// Where links lead to; the path itself where nothing is there yet.
    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    private static func unwritable(_ path: String) -> ONNXExportError {
        .unwritable(path: path, reason: String(cString: strerror(errno)))
    }

    /// - Returns: whether all could be written; `errno` says why not.
    private static func write(_ bytes: UnsafeRawBufferPointer, to file: Int32) -> Bool {
        var written = 0
        while written < bytes.count {
            let count = Glibc.write(file, bytes.baseAddress! + written, bytes.count - written)
            if count < 0 && errno != EINTR { return false }
            written += max(count, 0)
        }
        return true
    }
}
