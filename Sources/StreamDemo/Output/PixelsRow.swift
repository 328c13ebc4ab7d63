// What frames became before a network saw them, and who said so.

import Devices
import Kernels

/// In JSON; `text` says the same in a line.
struct PixelsRow: Encodable {
    struct Origins: Encodable {
        let size: String
        let channels: String
        let normalization: String
        let fit: String
    }

    let width: Int
    let height: Int
    let channels: String
    /// Values are (byte − mean) ÷ scale.
    let mean: [Float]
    let scale: [Float]
    let fit: String
    /// "asked", "file" or "format"; null for built-in networks.
    let from: OrNull<Origins>
    private let line: String

    private enum CodingKeys: CodingKey { case width, height, channels, mean, scale, fit, from }

    init(_ opened: OpenedNetwork) { self.init(opened.image, opened.origins) }

    init(_ input: ImageInput, _ origins: ImageOrigins?) {
        (width, height, channels) = (input.width, input.height, input.channels.rawValue)
        (mean, scale, fit) = (input.mean, input.scale.map { 1 / $0 }, input.fit.text)
        from = OrNull(
            origins.map { origins in
                Origins(
                    size: "\(origins.size)", channels: "\(origins.channels)",
                    normalization: "\(origins.normalization)", fit: "\(origins.fit)")
            })
        line = input.text(origins)
    }

    var text: String { "pictures: \(line)" }
}
