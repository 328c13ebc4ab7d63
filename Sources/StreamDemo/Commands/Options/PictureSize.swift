// Sizes of pictures on the command line: those that `bench` runs (a camera's are resized in each run, those of the
// network's size not), and the one at which a model runs.

import ArgumentParser
import Kernels

/// Pictures' width and height.
struct PictureSize: ExpressibleByArgument {
    let width: Int
    let height: Int

    var text: String { "\(width)x\(height)" }
    var imageSize: ImageSize { ImageSize(width: width, height: height) }

    init(width: Int, height: Int) { (self.width, self.height) = (width, height) }

    /// As "320x240", each from 1 to 8192.
    init?(argument: String) {
        let extents = argument.lowercased().split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard extents.count == 2, let width = extents[0], let height = extents[1],
            [width, height].allSatisfy((1...8192).contains)
        else { return nil }
        self.init(width: width, height: height)
    }

    /// What is asked for on the command line.
    enum Choice: ExpressibleByArgument {
        case given(PictureSize)
        /// The network's own.
        case network

        init?(argument: String) {
            if argument == "network" {
                self = .network
                return
            }
            guard let size = PictureSize(argument: argument) else { return nil }
            self = .given(size)
        }

        var defaultValueDescription: String {
            switch self {
            case .given(let size): size.text
            case .network: "network"
            }
        }

        /// - Precondition: a network whose input is frames.
        func size(for network: Network) -> PictureSize {
            switch self {
            case .given(let size): return size
            case .network:
                return PictureSize(width: network.frames.width, height: network.frames.height)
            }
        }
    }
}
