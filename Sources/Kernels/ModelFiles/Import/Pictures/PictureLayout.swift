// Which inputs of a model are pictures, how they lie, and what makes them out of frames. Value types.
import NetworkGraph

/// How a model's pictures lie: N×C×H×W or N×H×W×C, with three channels, one (luma) or four (with opacity).
struct PictureLayout {
    let channels: Int
    let isPlanar: Bool

    /// - Parameters:
    ///   - extents: nil for those that the model leaves open.
    ///   - planesFirst: which order it is where both would fit.
    /// - Returns: nil for what is no picture.
    init?(_ extents: [Int?], planesFirst: Bool) {
        guard extents.count == 4 else { return nil }
        for channels in [3, 1, 4] {
            for isPlanar in [planesFirst, !planesFirst] where extents[isPlanar ? 1 : 3] == channels {
                (self.channels, self.isPlanar) = (channels, isPlanar)
                return
            }
        }
        return nil
    }

    var heightAxis: Int { isPlanar ? 2 : 1 }
    var widthAxis: Int { heightAxis + 1 }

    fileprivate func extent(_ axis: Int, of size: ImageSize) -> Int? {
        [heightAxis: size.height, widthAxis: size.width][axis]
    }
}

extension InputOptions {
    /// An input's extents, with a number for each that the model leaves open; of pictures the size asked for, whatever
    /// the model says: see `SizeChange`.
    /// - Parameters:
    ///   - extents: nil for those that are open.
    ///   - layout: of pictures; nil for any other tensor.
    ///   - stated: the size that the file says elsewhere.
    /// - Throws: where one stays open.
    func closed(
        _ extents: [Int?], _ layout: PictureLayout?, _ stated: ImageSize? = nil
    ) throws(ImportFailure) -> [Int] {
        var known: [Int] = []
        var open: [Int] = []
        for (axis, extent) in extents.enumerated() {
            let asked = asked.size.flatMap { layout?.extent(axis, of: $0) }
            let wanted = axis == 0 ? self.asked.batch : stated.flatMap { layout?.extent(axis, of: $0) }
            if extent == nil && wanted == nil && asked == nil { open.append(axis) }
            known.append(asked ?? extent ?? wanted ?? 1)
        }
        guard open.isEmpty else {
            throw .unsupported("it is \(Self.text(extents)): \(Self.remedy(for: open, layout))")
        }
        return known
    }

    private static func remedy(for open: [Int], _ layout: PictureLayout?) -> String {
        guard let layout, open.allSatisfy({ [layout.heightAxis, layout.widthAxis].contains($0) }) else {
            return "extents \(open.map(String.init).joined(separator: ", ")) are left open"
        }
        let names = open.map { $0 == layout.heightAxis ? "height" : "width" }.joined(separator: " and ")
        return "\(names) \(open.count == 1 ? "is" : "are") left open; a size must be given, as --size 320x240"
    }
}

extension NetworkDraft {
    /// Adds what frames become: N×C×H×W of a size.
    /// - Parameter extents: as `layout` orders them.
    mutating func appendFrames(
        _ extents: [Int], _ layout: PictureLayout, _ pixels: ImagePixels, name: String
    ) throws(ImportFailure) -> (id: Int, pictures: AssumedPictures) {
        let frames = ImageInput(
            batch: extents[0], height: extents[layout.heightAxis], width: extents[layout.widthAxis],
            channels: pixels.channels, mean: pixels.mean, scale: pixels.scale, fit: pixels.fit,
            resampling: pixels.resampling)
        let id = try append(.image(frames), [], name: name)
        return (id, AssumedPictures(image: frames, origins: pixels.origins))
    }
}
