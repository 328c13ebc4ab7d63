// How frames become a network's input. Part of the network, since its results depend on it.

/// Frames made the network's size and normalised: N×C×H×W of value = (byte − mean[c]) × scale[c], in the order of
/// `channels`.
///
/// `fit` says which part of a frame becomes which part of the input. Each axis is resized by its own rule. Where the
/// frame's part is larger, and `resampling` is `area`: the mean from x × sourceWidth ÷ width to
/// (x + 1) × sourceWidth ÷ width. Else bilinear: half-pixel centres, edges clamped, source
/// x = (x + 0.5) × sourceWidth ÷ width − 0.5.
///
/// Frames are resized as they are stored, each component (R, G, B, or Y, Cb, Cr) by itself: where one sample of chroma
/// stands for several pixels, it lies in their middle, and its axis is that much shorter. What comes out is converted to
/// R, G, B and clipped to 0 … 255.
public struct ImageInput: Hashable, Sendable {
    public let batch: Int
    public let height: Int
    public let width: Int
    public let channels: ImageChannels
    /// One a channel, in byte units (0…255).
    public let mean: [Float]
    public let scale: [Float]
    public let fit: ImageFit
    public let resampling: ImageResampling

    /// - Precondition: a mean and a scale for each channel, positive sizes.
    public init(
        batch: Int = 1, height: Int, width: Int, channels: ImageChannels = .rgb, mean: [Float], scale: [Float],
        fit: ImageFit = .stretch, resampling: ImageResampling = .area
    ) {
        precondition(batch > 0 && height > 0 && width > 0)
        precondition(mean.count == channels.count && scale.count == channels.count)
        (self.batch, self.height, self.width, self.mean, self.scale) = (batch, height, width, mean, scale)
        (self.channels, self.fit, self.resampling) = (channels, fit, resampling)
    }

    public var shape: Shape { [batch, channels.count, height, width] }
}

/// What a network's channels are, in order.
public enum ImageChannels: String, CaseIterable, Sendable {
    case rgb
    case bgr
    /// One channel, the luma of ITU-R BT.601 (section 2.5.1): 0.299 R + 0.587 G + 0.114 B.
    case grey
    /// With a fourth channel for opacity, of which frames have none: it is 255 everywhere.
    case rgba
    case bgra

    public var count: Int {
        switch self {
        case .grey: 1
        case .rgb, .bgr: 3
        case .rgba, .bgra: 4
        }
    }

    /// Each channel as shares of a frame's R, G and B, and what is added.
    fileprivate var mixture: [(shares: [Double], constant: Double)] {
        typealias Channel = (shares: [Double], constant: Double)
        let (red, green, blue): (Channel, Channel, Channel) = (([1, 0, 0], 0), ([0, 1, 0], 0), ([0, 0, 1], 0))
        let opacity: Channel = ([0, 0, 0], 255)
        return switch self {
        case .rgb: [red, green, blue]
        case .bgr: [blue, green, red]
        case .grey: [([0.299, 0.587, 0.114], 0)]
        case .rgba: [red, green, blue, opacity]
        case .bgra: [blue, green, red, opacity]
        }
    }
}

/// A network's numbers of a pixel: channel c is Σ factors[c][k] × byte k + offsets[c], over R, G and B.
package struct ImageColours: Sendable {
    package let factors: [[Double]]
    package let offsets: [Double]

    package init(_ input: ImageInput) {
        let mixture = input.channels.mixture
        factors = mixture.indices.map { channel in
            mixture[channel].shares.map { $0 * Double(input.scale[channel]) }
        }
        offsets = mixture.indices.map { channel in
            (mixture[channel].constant - Double(input.mean[channel])) * Double(input.scale[channel])
        }
    }

    /// A channel of a pixel.
    package func value(_ channel: Int, _ red: Double, _ green: Double, _ blue: Double) -> Double {
        let factors = factors[channel]
        return red * factors[0] + green * factors[1] + blue * factors[2] + offsets[channel]
    }

    /// The channels of a pixel with R = G = B.
    package func ofGrey(_ byte: UInt8) -> [Float] {
        factors.indices.map { Float(value($0, Double(byte), Double(byte), Double(byte))) }
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
            batch: batch, height: height, width: width, channels: channels, mean: mean, scale: scale, fit: fit,
            resampling: resampling)
    }
}

extension Network {
    /// What frames become; nil for a network that takes anything else, or more than that.
    package var frames: ImageInput? {
        guard inputs.count == 1, case .image(let input) = nodes[inputs[0]].operation else { return nil }
        return input
    }

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
