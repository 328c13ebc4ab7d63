// The contract's "energy" of a study's row, and how it is modelled from a board's profile.

import Devices

/// Power and energy efficiency by device name, `combined` for all together. Empty where nothing is known of power.
struct StudyEnergy: Encodable {
    /// Where the figures are from: a meter, or `modelled`.
    let meter: String?
    /// Of each device running alone; `combined` is there only where the power of every device is known.
    let watts: [String: Double]?
    let framesPerJoule: [String: Double]?

    /// No power is known.
    static let unknown = StudyEnergy(meter: nil, watts: nil, framesPerJoule: nil)

    private init(meter: String?, watts: [String: Double]?, framesPerJoule: [String: Double]?) {
        (self.meter, self.watts, self.framesPerJoule) = (meter, watts, framesPerJoule)
    }

    /// Models power as idle plus what activity adds, in proportion to the time that a device's lanes are busy. What a
    /// host thread draws on an otherwise idle device is not in it.
    /// - Parameters:
    ///   - isolated: throughputs, in the order of the devices.
    ///   - combined: throughput of all together.
    ///   - busyShares: of each device while all run together.
    init(
        modelling configuration: BoardConfiguration, isolated: [Double], combined: Double, busyShares: [Double]
    ) {
        var watts: [String: Double] = [:]
        var framesPerJoule: [String: Double] = [:]
        var together = 0.0
        for (index, device) in configuration.devices.enumerated() {
            guard let power = device.power else { continue }
            let idle = power.idleWatts ?? 0
            watts[device.name] = power.activeWatts
            framesPerJoule[device.name] = isolated[index] / power.activeWatts
            together += idle + (power.activeWatts - idle) * min(busyShares[index], 1)
        }
        guard !watts.isEmpty else {
            self = .unknown
            return
        }
        if watts.count == configuration.devices.count {
            watts["combined"] = together
            framesPerJoule["combined"] = combined / together
        }
        self.init(meter: "modelled", watts: watts, framesPerJoule: framesPerJoule)
    }
}
