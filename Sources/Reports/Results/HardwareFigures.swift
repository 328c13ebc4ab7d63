// What a study says of the hardware: its roofs, what stands beneath them, and its combinations. As in docs/json.md.

/// A study's "roofline".
package struct RooflineFigures: Decodable, Sendable {
    package struct Peak: Decodable, Sendable {
        package let format: String
        package let gflops: Double
    }

    package struct Bandwidth: Decodable, Sendable {
        /// "memory", or a cache's name.
        package let source: String
        package let triadGbs: Double
        package let readGbs: Double

        /// In GB/s: bytes come as fast as in the faster stream.
        var greatest: Double { max(triadGbs, readGbs) }

        private enum CodingKeys: String, CodingKey {
            case source
            case triadGbs = "triad_gbs"
            case readGbs = "read_gbs"
        }
    }

    package struct Device: Decodable, Sendable {
        package let device: String
        package let peaks: [Peak]
        package let bandwidths: [Bandwidth]
    }

    package struct Point: Decodable, Sendable {
        package let network: String
        package let device: String
        /// nil for the whole network.
        package let layer: String?
        package let format: String
        package let ms: Double
        package let gflops: Double
        package let flopPerByte: Double
        package let empiricalFlopPerByte: Double?
        package let empiricalBy: String
        package let bound: String
        package let share: Double
        package let lift: String

        private enum CodingKeys: String, CodingKey {
            case network, device, layer, format, ms, gflops, bound, share, lift
            case flopPerByte = "flop_per_byte"
            case empiricalFlopPerByte = "empirical_flop_per_byte"
            case empiricalBy = "empirical_by"
        }
    }

    package let devices: [Device]
    package let points: [Point]
}

/// One network's element of a study's "subsets".
package struct SubsetFigures: Decodable, Sendable {
    package struct Row: Decodable, Sendable {
        package let devices: [String]
        package let fps: Double
        package let ci95: Double?
        package let isBest: Bool

        private enum CodingKeys: String, CodingKey {
            case devices, fps, ci95
            case isBest = "is_best"
        }
    }

    package struct Promise: Decodable, Sendable {
        package let beside: [String]
        package let ratio: Double
        package let ci95: Double?
        package let verdict: String
    }

    package let network: String
    package let rows: [Row]
    package let promise: Promise?
}
