// Where a network comes from: a file, or the catalogue of built-in ones. Values.
import NetworkGraph

/// What a user names: a trained network, or one that is built in, with weights from a fixed seed.
package enum NetworkSource: Hashable, Sendable {
    case file(String)
    case builtIn(String)

    /// - Parameter options: of a built-in network, which knows its pictures, batch and resampling alone count.
    /// - Throws: `TFLiteError` or `ONNXError`; `UnknownNetworkError`.
    package func open(_ options: ModelOptions = ModelOptions()) throws -> OpenedNetwork {
        switch self {
        case .file(let path):
            let model = try TrainedModel(modelFile: path, options)
            return OpenedNetwork(network: model.network, image: model.image, origins: model.origins)
        case .builtIn(let name):
            var network = try NetworkCatalog.make(name, batch: options.batch)
            if let resampling = options.resampling { network = network.resampled(by: resampling) }
            guard let frames = network.frames else { preconditionFailure("built-in '\(name)' takes no frames") }
            return OpenedNetwork(network: network, image: frames, origins: nil)
        }
    }

    /// What a trained network's file says that it is for.
    package func statedTask() throws -> String? {
        if case .file(let path) = self { try Network.statedTask(modelFile: path) } else { nil }
    }

    /// The names of a trained network's classes, if its file holds them.
    package func packedLabels() throws -> [String]? {
        if case .file(let path) = self { try Network.labels(modelFile: path) } else { nil }
    }
}

/// A network that takes frames, and what is known of them.
package struct OpenedNetwork: Sendable {
    package let network: Network
    /// What frames become. The network's own input may be another: see `TrainedModel`.
    package let image: ImageInput
    /// Who said so; nil for a built-in network.
    package let origins: ImageOrigins?

    /// Whether nobody says what values are.
    package var isNormalizationAssumed: Bool { origins?.normalization == .format }
}
