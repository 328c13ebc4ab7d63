// How a device shares its cores out to frames, as every output says it.

import Devices

/// Lanes of a device, and the threads of each.
struct DeviceLayout: Encodable, Hashable {
    let lanes: Int
    let threads: Int

    var text: String {
        "\(lanes) lane\(lanes == 1 ? "" : "s") of \(threads) thread\(threads == 1 ? "" : "s")"
    }
}

extension DeviceLayout {
    init<Frame>(_ device: NetworkDevice<Frame>) {
        self.init(lanes: device.laneCount, threads: device.threadsPerLane)
    }
}
