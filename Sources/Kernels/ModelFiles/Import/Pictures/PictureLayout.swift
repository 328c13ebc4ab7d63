// Which inputs of a model are pictures, how they lie, and what makes them out of frames. Value types.
import NetworkGraph

/// How a model's pictures lie: N×C×H×W or N×H×W×C, with three channels, one (luma) or four (with opacity).
struct PictureLayout {
    let channels: Int
    let isPlanar: Bool
    /// Whether the model leaves height or width open.
    let isOpen: Bool

    /// - Parameters:
    ///   - extents: nil for those that the model leaves open.
    ///   - planesFirst: which order it is where both would fit.
    /// - Returns: nil for what is no picture.
    init?(_ extents: [Int?], planesFirst: Bool) {
        guard extents.count == 4 else { return nil }
        for channels in [3, 1, 4] {
            for isPlanar in [planesFirst, !planesFirst] where extents[isPlanar ? 1 : 3] == channels {
                (self.channels, self.isPlanar) = (channels, isPlanar)
                isOpen = (isPlanar ? extents[2...3] : extents[1...2]).contains(nil)
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
    /// An input's extents, with a number for each that the model leaves open.
    /// - Parameters:
    ///   - extents: nil for those that are open.
    ///   - layout: of pictures; nil for any other tensor.
    ///   - stated: the size that the file says elsewhere.
    /// - Throws: where one stays open, and where pictures are fixed to another size than is asked for.
    func closed(
        _ extents: [Int?], _ layout: PictureLayout?, _ stated: ImageSize? = nil
    ) throws(ImportFailure) -> [Int] {
        let size = asked.size ?? stated
        var known: [Int] = []
        var open: [Int] = []
        for (axis, extent) in extents.enumerated() {
            let wanted = axis == 0 ? asked.batch : size.flatMap { layout?.extent(axis, of: $0) }
            if extent == nil && wanted == nil { open.append(axis) }
            known.append(extent ?? wanted ?? 1)
        }
        let text = Self.text(extents)
        guard open.isEmpty else { throw .unsupported("it is \(text): \(Self.remedy(for: open, layout))") }
        if let size = asked.size, let layout {
            // Not as an `ImageSize`: a file may say anything, also 0.
            let (width, height) = (known[layout.widthAxis], known[layout.heightAxis])
            guard (width, height) == (size.width, size.height) else {
                throw .unsupported("its pictures are \(width)×\(height) (\(text)), not \(size) as asked for")
            }
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
