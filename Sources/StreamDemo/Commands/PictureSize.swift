// The size of the pictures that `bench` runs: a camera's are resized in each run, those of the network's size not.

import ArgumentParser
import Kernels

/// Pictures' width and height.
struct PictureSize {
    let width: Int
    let height: Int

    var text: String { "\(width)x\(height)" }

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
            let extents = argument.lowercased().split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
            guard extents.count == 2, let width = extents[0], let height = extents[1],
                [width, height].allSatisfy((1...8192).contains)
            else { return nil }
            self = .given(PictureSize(width: width, height: height))
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
                guard case .image(let input) = network.nodes[network.inputs[0]].operation else {
                    preconditionFailure("network '\(network.name)' takes no frames")
                }
                return PictureSize(width: input.width, height: input.height)
            }
        }
    }
}
