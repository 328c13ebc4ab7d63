// What the finders of the several kinds of meters gather. Used on the thread that discovers.

import Glibc

/// Sensors that work, and those that are there but don't.
struct PowerSensorFinding {
    /// Sensors can't be switched on, only read.
    var isDump = false
    private(set) var sensors: [any PowerSensor] = []
    private(set) var failures: [PowerSensorError] = []

    /// Takes a sensor if it can be started, read and stopped.
    /// - Returns: whether it works.
    @discardableResult
    mutating func tryOnce(_ sensor: any PowerSensor) -> Bool {
        do {
            if !isDump { try sensor.start() }
            defer { if !isDump { sensor.stop() } }
            try sensor.poll { _ in }
            sensors.append(sensor)
            return true
        } catch {
            fail("\(sensor.rail.meter) \(sensor.rail.name)", error)
            return false
        }
    }

    mutating func append(_ other: PowerSensorFinding) {
        sensors += other.sensors
        failures += other.failures
    }

    mutating func fail(_ sensor: String, _ error: any Error) {
        failures.append((error as? PowerSensorError) ?? PowerSensorError(sensor: sensor, cause: error))
    }
}

extension PowerSensorError {
    /// An error that says whose files may not be read, and what would help.
    init(sensor: String, cause: any Error) {
        var reason = "\(cause)"
        if let error = cause as? SystemFileError, case .system(EACCES) = error.problem {
            var status = stat()
            if stat(error.path, &status) == 0, status.st_uid == 0, status.st_mode & (S_IRGRP | S_IROTH) == 0 {
                reason += "; readable by root only: run as root, or let others read it (chmod a+r)"
            } else {
                reason += "; this user may not use it: run as root"
            }
        }
        self.init(sensor: sensor, reason: reason)
    }
}
