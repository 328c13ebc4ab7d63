// A network's outputs as files that NumPy reads. Written by the thread that gets the results.

import Foundation
import Kernels
import System

/// A folder with each output of each frame: `FRAME.OUTPUT.npy`, six and two digits.
struct TensorFiles {
    private let folder: URL

    /// - Throws: `TensorFilesError` where there can't be such a folder.
    init(folder path: String) throws {
        if let number = makeFolder(path) {
            throw TensorFilesError(path: path, reason: String(cString: strerror(number)))
        }
        folder = URL(fileURLWithPath: path, isDirectory: true)
    }

    /// - Returns: the files' names.
    func write(_ tensors: [Tensor], frame: Int) throws -> [String] {
        try tensors.enumerated().map { output, tensor in
            let name = String(format: "%06d.%02d.npy", frame, output)
            do {
                try tensor.npy.write(to: folder.appendingPathComponent(name))
            } catch {
                throw TensorFilesError(path: folder.appendingPathComponent(name).path, reason: "it can't be written")
            }
            return name
        }
    }
}

/// Outputs that can't be written.
struct TensorFilesError: Error, CustomStringConvertible {
    let path: String
    let reason: String
    var description: String { "--tensors '\(path)': \(reason)" }
}

extension Tensor {
    /// Version 1.0 of NumPy's format (numpy.lib.format): 32-bit floats, the last axis fastest.
    var npy: Data {
        let extents = shape.extents.map { "\($0)," }.joined(separator: " ")
        // "(3,)", "(2, 3,)" and "()" are tuples in Python.
        let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(extents)), }"
        // The numbers begin at a multiple of 64 bytes.
        let length = (10 + text.utf8.count + 1 + 63) / 64 * 64 - 10
        var data = Data([0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)])
        data.append(contentsOf: text.utf8)
        data.append(contentsOf: [UInt8](repeating: 0x20, count: length - text.utf8.count - 1) + [0x0A])
        values.withUnsafeBytes { data.append(contentsOf: $0) }
        return data
    }
}
