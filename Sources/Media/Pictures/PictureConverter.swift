// Makes pictures of decoded frames: views of those in a format that networks take, and copies as RGB of all others.
// Owned by a `VideoFileSource`, on its thread.

import CFFmpeg
import Kernels

/// Gives decoded frames as pictures.
final class PictureConverter {
    private let scaler = Scaler()
    private var converted = av_frame_alloc()

    deinit { av_frame_free(&converted) }

    /// - Parameters:
    ///   - frame: may be empty afterwards.
    ///   - orientation: how the stored picture is turned to stand upright.
    /// - Returns: nil when swscale can't convert the frame.
    func picture(of frame: UnsafeMutablePointer<AVFrame>, turned orientation: ImageOrientation) -> Image? {
        if let view = Image(moving: frame, turned: orientation) { return view }
        guard let converted else { return nil }
        av_frame_unref(converted)
        let (width, height) = (frame.pointee.width, frame.pointee.height)
        let vector = Int32(Scaler.pixelsPerVector)
        converted.pointee.format = AV_PIX_FMT_RGB24.rawValue
        converted.pointee.width = (width + vector - 1) / vector * vector
        converted.pointee.height = height
        guard av_frame_get_buffer(converted, 0) >= 0, convert(frame, into: converted) else { return nil }
        converted.pointee.width = width
        return Image(moving: converted, turned: orientation)
    }

    private func convert(_ frame: UnsafePointer<AVFrame>, into target: UnsafePointer<AVFrame>) -> Bool {
        let (data, strides) = (frame.pointee.data, frame.pointee.linesize)
        let planes: [UnsafePointer<UInt8>?] = [data.0, data.1, data.2, data.3].map { plane in
            plane.map { UnsafePointer($0) }
        }
        let colours = ColourEncoding(frame.pointee)
        let (width, height) = (Int(frame.pointee.width), Int(frame.pointee.height))
        let source = Scaler.Pixels(
            width: width, height: height, format: AVPixelFormat(frame.pointee.format),
            isFullRange: colours.isFullRange)
        let rgb = Scaler.Pixels(width: width, height: height, format: AV_PIX_FMT_RGB24, isFullRange: true)
        return scaler.convert(
            source, planes, [strides.0, strides.1, strides.2, strides.3],
            to: rgb, [target.pointee.data.0, nil, nil, nil], [target.pointee.linesize.0, 0, 0, 0],
            matrix: colours.matrix)
    }
}
