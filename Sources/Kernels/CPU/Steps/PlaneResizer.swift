// Frames of any pixels to a network's input, row by row. Owned by a context, used on its thread.
import CVectors
import NetworkGraph

/// Resizes frames as they are stored, each component by itself, and turns, colours and normalises rows of the result.
/// Keeps its tables while frames keep their geometry.
struct PlaneResizer {
    private let input: ImageInput
    private let grid: QuantizationGrid?
    private var geometry: ImageGeometry?
    private var placement: ImagePlacement
    /// Of a row of the result as the frame is stored.
    private var rowLength = 0
    private var rowCount = 0
    private var components: [Component] = []
    private var planes: [Plane] = []
    private var bytesPerSample = 1
    private var colours = CVectors_Colours()
    /// Where the result's rows and their pixels go: in pixels, as `ImageOrientation.steps`.
    private var steps = (start: 0, along: 0, down: 0)
    /// Three rows of components, and as many of channels as the network has.
    private var componentRow: [Float] = []
    private var channelRow: [Float] = []
    private var byteRow: [UInt8] = []

    private struct Component {
        let plane: Int
        /// Of the first sample that is looked at, in what is summed of the plane.
        let offset: Int
        let columns: Columns
    }

    private enum Columns {
        /// Sums of few samples.
        case few(ColumnWeights)
        case many(ColumnSpans)
    }

    private struct Plane {
        let rows: [ImageSpan]
        /// Of the samples that are looked at: the first's place in a row, and how many.
        let start: Int
        let count: Int
        /// Zeros behind them, which vectors reach to.
        var summed: [Float]

        init(_ plane: ImageSampling.Plane) {
            (rows, start, count) = (plane.down.spans, plane.columns.lowerBound, plane.columns.count)
            summed = [Float](repeating: 0, count: count + ColumnWeights.mostLanes)
        }
    }

    init(_ input: ImageInput, on grid: QuantizationGrid?) {
        (self.input, self.grid) = (input, grid)
        placement = input.placement(frameWidth: 1, frameHeight: 1)
    }

    /// Writes what is inside the border: channels×height×width floats, or height×width×channels bytes.
    mutating func resize(_ frame: Image, into result: UnsafeMutableRawPointer) {
        prepare(frame)
        frame.withPlanes { source in
            for y in 0..<rowCount {
                sumRows(y, source)
                sumColumns()
                write(row: y, result)
            }
        }
    }

    private mutating func sumRows(_ y: Int, _ source: (ImagePlane, ImagePlane, ImagePlane)) {
        for index in planes.indices {
            let plane = index == 0 ? source.0 : index == 1 ? source.1 : source.2
            let (row, count) = (planes[index].rows[y], planes[index].count)
            let place = plane.base + row.low * plane.stride + planes[index].start * bytesPerSample
            let rows = row.high - row.low + 1
            planes[index].summed.withUnsafeMutableBufferPointer { summed in
                if bytesPerSample == 1 {
                    CVectors_sum_rows(
                        place.assumingMemoryBound(to: UInt8.self), plane.stride, rows, row.head, row.tail,
                        summed.baseAddress!, count)
                } else {
                    CVectors_sum_wide_rows(
                        place.assumingMemoryBound(to: UInt16.self), plane.stride / 2, rows, row.head, row.tail,
                        summed.baseAddress!, count)
                }
            }
        }
    }

    private mutating func sumColumns() {
        componentRow.withUnsafeMutableBufferPointer { result in
            for index in components.indices {
                let target = result.baseAddress! + index * rowLength
                let offset = components[index].offset
                planes[components[index].plane].summed.withUnsafeBufferPointer { summed in
                    let samples = summed.baseAddress! + offset
                    switch components[index].columns {
                    case .few(let weights): weights.sum(samples, target)
                    case .many(let spans): spans.sum(samples, target)
                    }
                }
            }
        }
    }

    private mutating func write(row y: Int, _ result: UnsafeMutableRawPointer) {
        let channels = input.channels.count
        let first = placement.target.y * input.width + placement.target.x + steps.start + y * steps.down
        let isUpright = steps.along == 1
        if let grid {
            writeChannels(to: nil, plane: rowLength)
            let bytes = result.assumingMemoryBound(to: UInt8.self)
            if isUpright {
                CVectors_pixels_of_planes(
                    channelRow, channels, rowLength, CVectors_Grid(grid), bytes + first * channels)
                return
            }
            CVectors_pixels_of_planes(channelRow, channels, rowLength, CVectors_Grid(grid), &byteRow)
            for x in 0..<rowLength {
                let pixel = bytes + (first + x * steps.along) * channels
                for channel in 0..<channels { pixel[channel] = byteRow[x * channels + channel] }
            }
            return
        }
        let planes = result.assumingMemoryBound(to: Float.self)
        let plane = input.width * input.height
        if isUpright {
            writeChannels(to: planes + first, plane: plane)
            return
        }
        writeChannels(to: nil, plane: rowLength)
        for channel in 0..<channels {
            let target = planes + channel * plane + first
            for x in 0..<rowLength { target[x * steps.along] = channelRow[channel * rowLength + x] }
        }
    }

    /// - Parameter target: nil for `channelRow`.
    private mutating func writeChannels(to target: UnsafeMutablePointer<Float>?, plane: Int) {
        let (channels, rowLength) = (input.channels.count, rowLength)
        channelRow.withUnsafeMutableBufferPointer { row in
            CVectors_colour_row(componentRow, &colours, channels, target ?? row.baseAddress!, plane, rowLength)
        }
    }

    private mutating func prepare(_ frame: Image) {
        guard frame.geometry != geometry else { return }
        geometry = frame.geometry
        let sampling = ImageSampling(frame, input)
        placement = sampling.placement
        (rowLength, rowCount) = (sampling.rowLength, sampling.rowCount)
        let target = placement.target
        steps = frame.orientation.steps(width: target.width, height: target.height, rowLength: input.width)
        bytesPerSample = frame.format.layout.bytesPerSample
        planes = sampling.planes.map { Plane($0) }
        components = sampling.components.map { component in
            let (samples, first) = (component.samples, component.across.first)
            let weights = ColumnWeights(component.across, step: samples.step)
            return Component(
                plane: samples.plane, offset: samples.offset + first * samples.step - planes[samples.plane].start,
                columns: weights.map { .few($0) } ?? .many(ColumnSpans(component.across, step: samples.step)))
        }
        colours = CVectors_Colours(sampling, ImageColours(input))
        componentRow = [Float](repeating: 0, count: 3 * rowLength)
        channelRow = [Float](repeating: 0, count: input.channels.count * rowLength)
        byteRow = [UInt8](repeating: 0, count: grid == nil ? 0 : input.channels.count * rowLength)
    }
}

extension CVectors_Colours {
    init(_ sampling: ImageSampling, _ channels: ImageColours) {
        self.init()
        clips = sampling.clips ? 1 : 0
        withUnsafeMutableBytes(of: &matrix) { bytes in
            let matrix = bytes.assumingMemoryBound(to: Float.self)
            for (index, factor) in sampling.matrix.joined().enumerated() { matrix[index] = factor }
        }
        withUnsafeMutableBytes(of: &factors) { bytes in
            let factors = bytes.assumingMemoryBound(to: Float.self)
            for channel in channels.offsets.indices {
                for k in 0..<3 { factors[channel * 4 + k] = Float(channels.factors[channel][k]) }
                factors[channel * 4 + 3] = Float(channels.offsets[channel])
            }
        }
    }
}
