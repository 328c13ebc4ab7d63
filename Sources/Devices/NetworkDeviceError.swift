// What keeps a network from running on a device, told when the device is made. Values.

import Kernels

/// A device that can't be had for a network.
public enum NetworkDeviceError: Error, Equatable, CustomStringConvertible {
    /// A number of lanes or threads below one.
    case layout(device: String, lanes: Int, threads: Int)
    /// A relative speed that isn't in (0, 1].
    case speed(device: String, speed: Double)
    /// A frame is pictures, and nothing else; this network takes so many inputs, some of them tensors if it is one.
    case inputs(device: String, network: String, count: Int)
    /// Of pictures, those that a run of the network takes, and those that a frame has.
    case batch(device: String, network: String, batch: Int, pictures: Int)

    public var description: String {
        switch self {
        case .layout(let device, let lanes, let threads):
            "device '\(device)': \(lanes) lanes of \(threads) threads, where there must be one of each at least"
        case .speed(let device, let speed):
            "device '\(device)': a speed of \(speed), where 1 is the unit's own and 0 none"
        case .inputs(let device, let network, let count):
            count == 1
                ? "device '\(device)': network '\(network)' takes a tensor, and a frame is pictures"
                : "device '\(device)': network '\(network)' takes \(count) inputs, and a frame is one, of pictures"
        case .batch(let device, let network, let batch, let pictures):
            "device '\(device)': network '\(network)' takes \(batch) pictures a run, and a frame has \(pictures)"
        }
    }
}

extension Network {
    /// Whether frames of a type are what a run takes.
    func check<Frame: ImageFrame>(takes: Frame.Type, on device: String) throws(NetworkDeviceError) {
        guard let input = frames else { throw .inputs(device: device, network: name, count: inputs.count) }
        guard let count = Frame.imageCount, count != input.batch else { return }
        throw .batch(device: device, network: name, batch: input.batch, pictures: count)
    }
}
