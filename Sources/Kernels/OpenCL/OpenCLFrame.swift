// A frame's way to a device: its samples as they lie, and how to make the input of them. Owned by a context, used on its
// thread.
import NetworkGraph

/// Copies the rows that are looked at, and sets the kernels that read them. Allocates for a frame larger than any before,
/// and where frames change their geometry.
final class OpenCLFrame {
    private let context: OpenCLContextHandle
    private let input: ImageInput
    /// Where it is an argument: of this and the next four indices.
    private var uses: [(kernel: OpenCLKernel, index: Int)] = []
    private var samples: OpenCLBuffer
    private var tables: OpenCLBuffer
    private var geometry: ImageGeometry?
    private var planes: [Plane] = []
    private var byteCount = 0

    fileprivate struct Plane {
        /// Where it begins in the device's buffer.
        let offset: Int
        let firstRow: Int
        let rowCount: Int
        /// The part of each row that is looked at.
        let firstByte: Int
        let rowBytes: Int
    }

    /// The last bytes are read as 16.
    private static let slack = 15

    init(_ context: OpenCLContextHandle, _ input: ImageInput) throws(OpenCLError) {
        (self.context, self.input) = (context, input)
        let byteCount = input.width * input.height * 3 + Self.slack
        samples = try OpenCLBuffer.staging(context, byteCount: byteCount)
        tables = try OpenCLBuffer.staging(context, byteCount: MemoryLayout<Int32>.stride)
    }

    /// Makes it an argument of a kernel: samples, tables, whether they are needed, and two vectors of four integers,
    /// which part of the samples becomes which part of the input.
    /// - Returns: how many indices that takes.
    func use(as kernel: OpenCLKernel, _ index: Int) throws(OpenCLError) -> Int {
        uses.append((kernel, index))
        let pixel = ImageArea(width: 1, height: 1)
        try setArguments(isPacked: true, from: pixel, to: pixel)
        return 5
    }

    func upload(_ frame: Image, on queue: OpenCLQueue) throws(OpenCLError) {
        if frame.geometry != geometry { try prepare(frame, on: queue) }
        try queue.write(byteCount, to: samples) { [planes] target in
            frame.withPlanes { source in
                for (index, plane) in planes.enumerated() {
                    let from = index == 0 ? source.0 : index == 1 ? source.1 : source.2
                    plane.copy(from, to: target)
                }
            }
        }
    }

    private func prepare(_ frame: Image, on queue: OpenCLQueue) throws(OpenCLError) {
        geometry = nil
        let (layout, sampling) = (frame.format.layout, ImageSampling(frame, input))
        let source = sampling.placement.source
        let isPacked = frame.format == .rgb && frame.orientation == .upright
        planes = isPacked ? [Plane(packed: frame, source)] : planes(of: sampling, layout)
        byteCount = planes.last!.offset + planes.last!.rowCount * planes.last!.rowBytes
        if samples.byteCount < byteCount + Self.slack {
            samples = try OpenCLBuffer.staging(context, byteCount: byteCount + Self.slack)
        }
        if !isPacked {
            let words = tableWords(sampling, layout, frame.orientation)
            let byteCount = words.count * MemoryLayout<Int32>.stride
            if tables.byteCount < byteCount { tables = try OpenCLBuffer.staging(context, byteCount: byteCount) }
            try queue.write(byteCount, to: tables) { target in
                words.withUnsafeBytes { target.copyMemory(from: $0.baseAddress!, byteCount: byteCount) }
            }
        }
        try setArguments(
            isPacked: isPacked, from: ImageArea(width: source.width, height: source.height),
            to: sampling.placement.target)
        geometry = frame.geometry
    }

    private func planes(of sampling: ImageSampling, _ layout: PixelLayout) -> [Plane] {
        var offset = 0
        return sampling.planes.map { part in
            let plane = Plane(
                offset: offset, firstRow: part.down.first, rowCount: part.down.last - part.down.first + 1,
                firstByte: part.columns.lowerBound * layout.bytesPerSample,
                rowBytes: part.columns.count * layout.bytesPerSample)
            offset += plane.rowCount * plane.rowBytes
            return plane
        }
    }

    private func setArguments(isPacked: Bool, from: ImageArea, to: ImageArea) throws(OpenCLError) {
        for (kernel, index) in uses {
            try kernel.set(index, samples)
            try kernel.set(index + 1, tables)
            try kernel.set(index + 2, Int32(isPacked ? 1 : 0))
            try kernel.set(index + 3, from)
            try kernel.set(index + 4, to)
        }
    }

    /// As `sample_component` of edges.cl reads them.
    private func tableWords(
        _ sampling: ImageSampling, _ layout: PixelLayout, _ orientation: ImageOrientation
    ) -> [Int32] {
        var header: [Int32] = [
            Int32(layout.bytesPerSample), sampling.clips ? 1 : 0, orientation.isTransposed ? 1 : 0,
            orientation.flipsColumns ? 1 : 0, orientation.flipsRows ? 1 : 0,
        ]
        var spans: [Int32] = []
        let start = header.count + 5 * sampling.components.count + 12
        func append(_ axis: ImageAxis) -> Int32 {
            defer {
                for span in axis.spans {
                    spans += [Int32(span.low - axis.first), Int32(span.high - axis.first)]
                    spans += [span.head, span.tail].map { Int32(bitPattern: $0.bitPattern) }
                }
            }
            return Int32(start + spans.count)
        }
        for component in sampling.components {
            let (plane, samples) = (planes[component.samples.plane], component.samples)
            let first = (samples.offset + component.across.first * samples.step) * layout.bytesPerSample
            header += [Int32(plane.offset + first - plane.firstByte), Int32(plane.rowBytes)]
            header += [Int32(samples.step * layout.bytesPerSample), append(component.across), append(component.down)]
        }
        return header + sampling.matrix.joined().map { Int32(bitPattern: $0.bitPattern) } + spans
    }
}

extension OpenCLFrame.Plane {
    /// All pixels of a part, for the kernel's way that needs no tables.
    fileprivate init(packed frame: Image, _ part: ImageArea) {
        self.init(
            offset: 0, firstRow: frame.stored.y + part.y, rowCount: part.height, firstByte: (frame.stored.x + part.x) * 3,
            rowBytes: part.width * 3)
    }

    fileprivate func copy(_ source: ImagePlane, to target: UnsafeMutableRawPointer) {
        var from = source.base + firstRow * source.stride + firstByte
        var to = target + offset
        if source.stride == rowBytes { return to.copyMemory(from: from, byteCount: rowCount * rowBytes) }
        for _ in 0..<rowCount {
            to.copyMemory(from: from, byteCount: rowBytes)
            from += source.stride
            to += rowBytes
        }
    }
}
