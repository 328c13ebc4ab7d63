// How frames become a network's input. Part of the network, since its results depend on it.

/// Resize of an RGB frame to `width`×`height`, aspect ratio not kept, then value = (byte − mean[c]) × scale[c], R, G, B
/// in order. Each axis by its own rule. Where the frame is larger, and `resampling` is `area`: the mean from
/// x × sourceWidth ÷ width to (x + 1) × sourceWidth ÷ width. Else bilinear: half-pixel centres, edges clamped, source
/// x = (x + 0.5) × sourceWidth ÷ width − 0.5.
public struct ImageInput: Hashable, Sendable {
    public let batch: Int
    public let height: Int
    public let width: Int
    /// One a channel, in byte units (0…255).
    public let mean: [Float]
    public let scale: [Float]
    public let resampling: ImageResampling

    /// - Precondition: three means and scales, positive sizes.
    public init(
        batch: Int = 1, height: Int, width: Int, mean: [Float], scale: [Float], resampling: ImageResampling = .area
    ) {
        precondition(batch > 0 && height > 0 && width > 0 && mean.count == 3 && scale.count == 3)
        (self.batch, self.height, self.width, self.mean, self.scale) = (batch, height, width, mean, scale)
        self.resampling = resampling
    }
}

/// How pictures get smaller. Along an axis along which they get larger, or stay, both are the same: bilinear, with
/// half-pixel centres.
public enum ImageResampling: String, CaseIterable, Sendable {
    /// The mean of the part of the picture that a pixel of the result covers; pixels at its edges count by their
    /// covered share. With a factor of 1, that is bilinear interpolation; with larger ones it drops no pixel, as
    /// `bilinear` does, and so makes no patterns out of fine detail. OpenCV calls it the same.
    case area
    /// Two taps along each axis however large the picture is: what TensorFlow's resize does unless told otherwise.
    case bilinear
}

extension ImageInput {
    /// The same with pictures shrunk so.
    public func resampled(by resampling: ImageResampling) -> ImageInput {
        ImageInput(
            batch: batch, height: height, width: width, mean: mean, scale: scale, resampling: resampling)
    }
}

extension Network {
    /// The same network with pictures shrunk so.
    public func resampled(by resampling: ImageResampling) -> Network {
        var result = Network(name: name)
        for node in nodes {
            var operation = node.operation
            if case .image(let input) = operation { operation = .image(input.resampled(by: resampling)) }
            do {
                try result.append(operation, node.inputs, name: node.name)
            } catch {
                preconditionFailure("the same network can't be built: \(error)")
            }
        }
        result.setOutputs(outputs)
        result.weightFiles = weightFiles
        return result
    }
}
