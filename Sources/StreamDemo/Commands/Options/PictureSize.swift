// The size of the pictures that `bench` runs: a camera's are resized in each run, those of the network's size not.

import ArgumentParser
import Kernels

/// What is asked for on the command line.
enum PictureSize: ExpressibleByArgument {
    case given(ImageSize)
    /// The network's own.
    case network

    /// As "320x240", or "network".
    init?(argument: String) {
        if argument == "network" {
            self = .network
            return
        }
        guard let size = ImageSize(parsing: argument) else { return nil }
        self = .given(size)
    }

    var defaultValueDescription: String {
        switch self {
        case .given(let size): size.text
        case .network: "network"
        }
    }

    /// - Parameter input: the network's.
    func size(for input: ImageInput) -> ImageSize {
        switch self {
        case .given(let size): size
        case .network: ImageSize(width: input.width, height: input.height)
        }
    }
}
