// How containers and codecs say that a video's pictures are turned.

import Kernels

extension ImageOrientation {
    /// By the matrix that a container or a codec's message gives; the nearest of the eight, where it turns by no whole
    /// quarter.
    /// - Parameter matrix: nine numbers as FFmpeg lays them: x' = m₀x + m₃y, y' = m₁x + m₄y, y downwards.
    init(displayMatrix matrix: UnsafePointer<Int32>) {
        let (xFromX, yFromX) = (Int(matrix[0]), Int(matrix[1]))
        let (xFromY, yFromY) = (Int(matrix[3]), Int(matrix[4]))
        let isTransposed = abs(xFromY) + abs(yFromX) > abs(xFromX) + abs(yFromY)
        self.init(
            isTransposed: isTransposed, flipsColumns: (isTransposed ? xFromY : xFromX) < 0,
            flipsRows: (isTransposed ? yFromX : yFromY) < 0)
    }
}
